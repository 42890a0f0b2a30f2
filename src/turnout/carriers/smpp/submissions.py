"""What waits to be submitted, and the outcome.

A call of `send` is a batch of messages, a message one or more parts, a part one submit_sm. Parts
wait in one line for all binds. A bind *takes* a part, writes it, and then says how it ended:
`accept`, `fail`, or `give_back` when it is certain that the network does not have it. The last
part that ends decides on its message, the last message ends its batch.

A message of which some parts were accepted and others cannot be sent is Unknown, never Retry:
that would send the accepted parts twice. Once a part has failed, the parts that still wait are
not sent any more. Nobody waits in line longer than the patience of the settings.

A message that is not ours any more (its lease is over) when its first part would be taken is not
begun. One of which the network has a part, or may have, goes on: half of it would help nobody.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from turnout.carriers import Accepted, Lapsed, Misconfigured, Outcome, Rejected, Retry, Unknown
from turnout.core.messaging.spellings import list_spellings

RETRY_S = 15.0
"""When a message that could not be submitted in time is worth another try."""

ANSWERED_IDS = 20_000

_OPEN = Unknown("nobody waited for the outcome")

# Which of two failures tells more about a message.
_WEIGHT = {Lapsed: 0, Retry: 0, Misconfigured: 1, Unknown: 2, Rejected: 3}


class Batch:
    """The outcomes of one `send`, in order; `done` when there is one for each. `tell(place,
    outcome)` is called with each."""

    def __init__(
        self, size: int, tell: Callable[[int, Outcome], object] = lambda _place, _outcome: None
    ) -> None:
        self._tell = tell
        self.outcomes: list[Outcome] = [_OPEN] * size
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = size

    def settle(self, place: int, outcome: Outcome) -> None:
        """Say the outcome of the message in this place."""
        self.outcomes[place] = outcome
        self._tell(place, outcome)
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)


class Submission:
    """One message on its way: what its parts came to so far."""

    __slots__ = (
        "batch", "deadline", "failure", "is_begun", "is_ours", "is_yielding", "network_ids", "open",
        "place", "under_way",
    )  # fmt: skip

    def __init__(
        self,
        batch: Batch,
        place: int,
        parts: int,
        deadline: float,
        is_ours: Callable[[], bool],
        *,
        is_yielding: bool,
    ) -> None:
        self.batch = batch
        self.place = place
        self.deadline = deadline
        self.is_ours = is_ours
        self.is_yielding = is_yielding
        self.under_way = 0
        self.open = parts
        self.network_ids: list[str | None] = [None] * parts
        self.failure: Outcome | None = None
        self.is_begun = False

    @property
    def is_with_network(self) -> bool:
        """Whether the network has a part of it, or may have."""
        return self.under_way > 0 or any(network_id is not None for network_id in self.network_ids)


class Part:
    """One submit_sm. `turn` is its place in the order of submissions, 0 before."""

    __slots__ = ("body", "number", "submission", "turn")

    def __init__(self, submission: Submission, number: int, body: bytes) -> None:
        self.submission = submission
        self.number = number
        self.body = body
        self.turn = 0


class Submissions:
    """The line, and what is under way. Times are the event loop's, in seconds."""

    def __init__(self, *, expects_receipts: bool) -> None:
        self.trouble = ""
        """Why there is no connection at present, for people."""
        self._expects_receipts = expects_receipts
        self._line: deque[Part] = deque()
        self._open = 0
        self._all_ended = asyncio.Event()
        self._all_ended.set()
        self._last_turn = 0
        self._under_way: dict[int, None] = {}
        self._answered: dict[str, None] = {}
        self._spelled: dict[str, str] = {}

    def add(
        self,
        batch: Batch,
        place: int,
        bodies: Sequence[bytes],
        deadline: float,
        is_ours: Callable[[], bool] = lambda: True,
        *,
        is_yielding: bool = False,
    ) -> None:
        """Put a message in line, as the bodies of its parts, to be begun while it `is_ours`;
        `is_yielding`: others take it when this line stands still."""
        submission = Submission(
            batch, place, len(bodies), deadline, is_ours, is_yielding=is_yielding
        )
        self._open += 1
        self._all_ended.clear()
        for number, body in enumerate(bodies):
            self._line.append(Part(submission, number, body))

    def take(self) -> Part | None:
        """The next part to be written, or None."""
        while self._line:
            part = self._line.popleft()
            submission = part.submission
            if not submission.is_with_network and not submission.is_ours():
                submission.failure = submission.failure or Lapsed()
            if self._is_wanted(submission):
                submission.is_begun = True
                submission.under_way += 1
                self._last_turn = part.turn = self._last_turn + 1
                self._under_way[part.turn] = None
                return part
            self._end(part)
        return None

    def give_back(self, part: Part) -> None:
        """It was not taken by the network: it is the next in line."""
        self._settle(part)
        self._line.appendleft(part)

    def accept(self, part: Part, network_id: str) -> None:
        """The network took it, and will call it so."""
        self._settle(part)
        part.submission.network_ids[part.number] = network_id
        self._answered[network_id] = None
        self._spelled |= dict.fromkeys(list_spellings(network_id), network_id)
        if len(self._answered) > ANSWERED_IDS:
            oldest = next(iter(self._answered))
            del self._answered[oldest]
            for spelling in list_spellings(oldest):
                if self._spelled.get(spelling) == oldest:
                    del self._spelled[spelling]
        self._end(part)

    def fail(self, part: Part, outcome: Outcome) -> None:
        """The network refused it, or its fate is unknown."""
        self._settle(part)
        self._fail(part, outcome)

    def expire(self, now: float) -> None:
        """Give up what has waited too long."""
        reason = self.trouble or "the network takes messages too slowly"
        while self._line and self._line[0].submission.deadline <= now:
            self._fail(self._line.popleft(), Retry(RETRY_S, reason))

    def give_up(self, outcome: Outcome) -> None:
        """Give up what waits, except messages of which the network may have a part."""
        line, self._line = self._line, deque()
        for part in line:
            if part.submission.is_begun:
                self._line.append(part)
            else:
                self._fail(part, outcome)

    def give_way(self, outcome: Outcome) -> None:
        """Give up those that yield, except messages of which the network may have a part."""
        line, self._line = self._line, deque()
        for part in line:
            if part.submission.is_yielding and not part.submission.is_with_network:
                self._fail(part, outcome)
            else:
                self._line.append(part)

    async def wait_until_all_ended(self) -> None:
        """Return when nothing waits and nothing is under way."""
        await self._all_ended.wait()

    @property
    def last_turn(self) -> int:
        """The newest part that was taken."""
        return self._last_turn

    def is_under_way(self, last_turn: int) -> bool:
        """Whether any of the parts up to this one still waits for its answer."""
        oldest = next(iter(self._under_way), None)
        return oldest is not None and oldest <= last_turn

    def is_answered(self, network_id: str) -> bool:
        """Whether this is the name of a part that the network took lately."""
        return network_id in self._answered

    def find_answered(self, network_id: str) -> str:
        """The name of a part that the network took lately, as it was answered, however a receipt
        writes it; the same if there is none."""
        if network_id in self._answered:
            return network_id
        known = {
            self._spelled[spelling]
            for spelling in list_spellings(network_id)
            if spelling in self._spelled
        }
        return known.pop() if len(known) == 1 else network_id

    def _is_wanted(self, submission: Submission) -> bool:
        """Not when another part has failed, or when nobody waits for the outcome any more."""
        return not submission.failure and (submission.is_begun or not submission.batch.done.done())

    def _settle(self, part: Part) -> None:
        """It is under way no more."""
        del self._under_way[part.turn]
        part.submission.under_way -= 1

    def _fail(self, part: Part, outcome: Outcome) -> None:
        submission = part.submission
        known = submission.failure
        if known is None or _WEIGHT[type(known)] < _WEIGHT[type(outcome)]:
            submission.failure = outcome
        self._end(part)

    def _end(self, part: Part) -> None:
        submission = part.submission
        submission.open -= 1
        if submission.open:
            return
        submission.batch.settle(submission.place, self._decide(submission))
        self._open -= 1
        if not self._open:
            self._all_ended.set()

    def _decide(self, submission: Submission) -> Outcome:
        ids = [network_id for network_id in submission.network_ids if network_id is not None]
        failure = submission.failure
        if len(ids) == len(submission.network_ids) and not failure:
            named = tuple(filter(None, ids))
            return Accepted(named, len(ids), is_final=not (named and self._expects_receipts))
        if ids and isinstance(failure, Retry | Misconfigured):
            parts = f"{len(ids)} of {len(submission.network_ids)} parts"
            return Unknown(f"only {parts} were taken: {failure.reason}")
        return failure or _OPEN
