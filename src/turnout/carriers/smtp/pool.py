"""The connections to the relay, and the messages that wait for one.

A message waits in `_ready`; when as many as allowed are under way to its domain, in `_held` until
one of those is done. Connections come and go with the work: one is opened when messages wait,
nobody rests and fewer than allowed are open.

Nothing waits for a relay that cannot be reached: when a connection fails and there is no other,
everything that waits gets that outcome, and the sender decides when to try again.
"""

import asyncio
import ssl
from collections import Counter, defaultdict, deque
from collections.abc import Callable

import structlog

from turnout.carriers import Outcome, Retry
from turnout.carriers.mails.mime import Mail
from turnout.carriers.smtp.opening import OpeningFailed, TlsFailed
from turnout.carriers.smtp.session import Delivery, Session
from turnout.carriers.smtp.settings import SmtpSettings

log = structlog.get_logger()

# Messages that wait, for each connection: enough to keep it busy while more are being made.
_WAITING = 8
# After a connection failed while others work, the next is opened no sooner than this.
_PAUSE_S = 1.0
_STOPPED = Retry(1.0, "Turnout is stopping")


class Pool:
    """Delivers mails over connections of its own. All calls from one event loop.

    Raises ValueError when the authorities to trust cannot be read.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._context = _tls_context(settings)
        self._ready: deque[Delivery] = deque()
        self._held: defaultdict[str, deque[Delivery]] = defaultdict(deque)
        self._under_way: Counter[str] = Counter()
        self._waiting = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._openings: set[asyncio.Task[None]] = set()
        self._working: set[Session] = set()
        self._resting: list[Session] = []
        self._unclosed: set[Session] = set()
        self._no_opening_before = 0.0
        self._is_stopping = False

    async def room(self) -> None:
        """Wait until a few more mails may wait."""
        await self._has_room.wait()

    def put(
        self,
        mail: Mail,
        is_ours: Callable[[], bool],
        tell: Callable[[Outcome], object] | None = None,
    ) -> "asyncio.Future[Outcome]":
        """Deliver a mail while it `is_ours`; its outcome comes by the future, and is told at once.
        One that is cancelled while it waits is dropped."""
        delivery = Delivery(mail, is_ours, asyncio.get_running_loop().create_future(), tell)
        if self._is_stopping:
            delivery.settle(_STOPPED)
        else:
            self._ready.append(delivery)
            self._count(1)
            self._pump()
        return delivery.future

    async def stop(self) -> None:
        """Finish what a connection has begun, put off the rest, and disconnect."""
        self._is_stopping = True
        self._fail_waiting(_STOPPED)
        for task in self._openings:
            task.cancel()
        for session in self._resting.copy():
            session.quit()
        try:
            await asyncio.gather(*self._openings, return_exceptions=True)
            if self._unclosed:
                await asyncio.wait([session.closed for session in self._unclosed])
        finally:
            for session in self._unclosed.copy():
                session.abort("Turnout stopped")

    # What a session calls

    def take(self) -> Delivery | None:
        limit = self._settings.domain_connections
        while self._ready:
            delivery = self._ready.popleft()
            domain = delivery.mail.domain
            if delivery.future.done():
                self._count(-1)
            elif limit and self._under_way[domain] >= limit:
                self._held[domain].append(delivery)
            else:
                self._count(-1)
                self._under_way[domain] += 1
                return delivery
        return None

    def settle(self, delivery: Delivery, outcome: Outcome) -> None:
        delivery.settle(outcome)
        self._release(delivery.mail.domain)

    def give_back(self, delivery: Delivery) -> None:
        if self._is_stopping:
            return self.settle(delivery, _STOPPED)
        self._ready.appendleft(delivery)
        self._count(1)
        self._release(delivery.mail.domain)
        return self._pump()

    def rest(self, session: Session) -> None:
        if self._is_stopping:
            session.quit()
        else:
            self._resting.append(session)

    def leave(self, session: Session) -> None:
        if session in self._resting:
            self._resting.remove(session)
        if session in self._working:
            self._working.discard(session)
            self._pump()

    # How messages and connections meet

    def _pump(self) -> None:
        """Give what is ready to who rests; if nobody does, open connections."""
        while self._ready and self._resting:
            self._resting.pop().work()
        loop = asyncio.get_running_loop()
        if self._working and loop.time() < self._no_opening_before:
            return
        free = self._settings.connections - len(self._working)
        while len(self._openings) < min(free, len(self._ready)):
            task = loop.create_task(self._open())
            self._openings.add(task)

    def _release(self, domain: str) -> None:
        self._under_way[domain] -= 1
        if not self._under_way[domain]:
            del self._under_way[domain]
        if held := self._held.get(domain):
            self._ready.appendleft(held.popleft())
            if not held:
                del self._held[domain]
            self._pump()

    async def _open(self) -> None:
        try:
            session = await self._connect()
        except OpeningFailed as failure:
            self._forget_opening()
            log.warning("no connection to the mail relay", reason=failure.outcome.reason)
            self._no_opening_before = asyncio.get_running_loop().time() + _PAUSE_S
            if not self._working and not self._openings:
                self._fail_waiting(failure.outcome)
        else:
            self._forget_opening()
            self._working.add(session)
            session.work()

    def _forget_opening(self) -> None:
        if task := asyncio.current_task():
            self._openings.discard(task)

    async def _connect(self) -> Session:
        try:
            return await self._open_session(self._context)
        except TlsFailed:
            if self._settings.tls == "required":
                raise
            return await self._open_session(None)

    async def _open_session(self, context: ssl.SSLContext | None) -> Session:
        session = Session(self._settings, self)
        self._unclosed.add(session)
        session.closed.add_done_callback(lambda _: self._unclosed.discard(session))
        await session.open(context)
        return session

    def _fail_waiting(self, outcome: Outcome) -> None:
        for delivery in [
            *self._ready,
            *(delivery for held in self._held.values() for delivery in held),
        ]:
            self._count(-1)
            delivery.settle(outcome)
        self._ready.clear()
        self._held.clear()

    def _count(self, more: int) -> None:
        self._waiting += more
        if self._waiting < _WAITING * self._settings.connections:
            self._has_room.set()
        else:
            self._has_room.clear()


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    if settings.tls == "off":
        return None
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file or None)
    except OSError as error:
        raise ValueError(f"tls_ca_file {settings.tls_ca_file} cannot be read: {error}") from error
    if settings.tls == "opportunistic":
        # Nobody is told apart from the relay by this; it is better than no encryption at all.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
