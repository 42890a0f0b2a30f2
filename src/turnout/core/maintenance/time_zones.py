"""Instants of local times that lie ahead, derived again when the rules of time zones change.

Theory. What is planned in local time keeps the local time and the zone as its source; the instant
beside them was right by the zone data of its day. With a newer release of it, an instant that lies
ahead may be wrong by an hour. `derive_again` goes through events, sessions, scheduled jobs, sales,
ends of registration and planned invitations a slice a transaction, and corrects what differs;
idempotent. What is past stays as it was. The release that was followed last is a fact of the
installation, written once all is done, so that a node which stops in between begins again. Data
older than that is never followed.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol

from turnout.core.audit.recording import record
from turnout.core.ids import NO_ORG, CampaignId, EventId, JobId, OrgId, SessionId, TicketTypeId
from turnout.core.maintenance.sql import sql
from turnout.core.messaging.staging import SCHEDULE
from turnout.core.times import derive
from turnout.store import Tx
from turnout.store.installation import find_fact, set_fact

FACT = "zone data"
MOVED_FACT = "zone data moved"
NOUNS = (
    *("event", "session", "job", "ticket_type", "registration end"),
    *("invitation", "invitation reminder"),
)
AUDITED = {
    "registration end": "event",
    "invitation": "campaign",
    "invitation reminder": "campaign",
}

SLICE = 200


class Place(NamedTuple):
    """Where to go on: the noun, and the last of it that was looked at."""

    noun: str = NOUNS[0]
    org_id: OrgId = NO_ORG
    id: int = 0


class Move(NamedTuple):
    """What a thing's instants (epoch ms) are by the rules of now; `before` is what is stored."""

    noun: str
    org_id: OrgId
    id: int
    timezone: str
    before: tuple[int, int]
    after: tuple[int, int]


def is_due(tx: Tx, version: str) -> bool:
    """Whether `version` of the zone data is newer than what the database goes by."""
    followed = find_fact(tx, FACT)
    return followed is None or version > followed


def find_moves(tx: Tx) -> Iterator[Move]:
    """Everything that lies ahead and would move."""
    for noun in NOUNS:
        place: Place | None = Place(noun)
        while place is not None and place.noun == noun:
            moves, place = _look(tx, place)
            yield from moves


def derive_again(tx: Tx, place: Place, version: str) -> tuple[int, Place | None]:
    """Correct a slice from `place` on; returns how many things moved, and where to go on."""
    moves, following = _look(tx, place)
    for move in moves:
        _move(tx, move, version)
    return len(moves), following


def note_followed(tx: Tx, version: str, moved: int) -> None:
    """The database goes by `version` from now on."""
    set_fact(tx, FACT, version)
    set_fact(tx, MOVED_FACT, str(moved))


def find_followed(tx: Tx) -> tuple[str | None, int]:
    """The release that the database goes by, and how many things it moved."""
    return find_fact(tx, FACT), int(find_fact(tx, MOVED_FACT) or 0)


class _List(Protocol):
    def __call__(
        self, tx: Tx, *, now: int, after_org: OrgId, after_id: int, limit: int
    ) -> Sequence[tuple[Any, ...]]: ...


def _look(tx: Tx, place: Place) -> tuple[list[Move], Place | None]:
    lists: dict[str, _List] = {
        "event": sql.list_events_ahead,
        "session": sql.list_sessions_ahead,
        "job": sql.list_jobs_ahead,
        "ticket_type": sql.list_sales_ahead,
        "registration end": sql.list_registration_ends_ahead,
        "invitation": sql.list_send_plans_ahead,
        "invitation reminder": sql.list_remind_plans_ahead,
    }
    rows = lists[place.noun](tx, now=tx.now, after_org=place.org_id, after_id=place.id, limit=SLICE)
    moves = [move for row in rows if (move := _judge(tx, place.noun, row))]
    if len(rows) == SLICE:
        org_id, id_, *_ = rows[-1]
        return moves, Place(place.noun, org_id, id_)
    following = dict(zip(NOUNS, chain(NOUNS[1:], [None]), strict=True))[place.noun]
    return moves, Place(following) if following else None


def _judge(tx: Tx, noun: str, row: tuple[OrgId, int, str, str, str, int, int]) -> Move | None:
    org_id, id_, timezone, starts_local, ends_local, starts_at, ends_at = row
    after = (
        derive(starts_local, timezone) if starts_at > tx.now else starts_at,
        derive(ends_local, timezone),
    )
    if after == (starts_at, ends_at) or after[0] > after[1]:
        return None
    return Move(noun, org_id, id_, timezone, (starts_at, ends_at), after)


def _move(tx: Tx, move: Move, version: str) -> None:
    _WRITERS[move.noun](tx, move)
    record(
        tx,
        move.org_id,
        "system",
        "moved",
        AUDITED.get(move.noun, move.noun),
        move.id,
        zone_data=version,
        timezone=move.timezone,
        before=move.before,
        after=move.after,
    )


def _move_event(tx: Tx, move: Move) -> None:
    starts_at, ends_at = move.after
    sql.move_event(
        tx,
        org_id=move.org_id,
        id=EventId(move.id),
        starts_at=starts_at,
        ends_at=ends_at,
        now=tx.now,
    )


def _move_session(tx: Tx, move: Move) -> None:
    starts_at, ends_at = move.after
    sql.move_session(
        tx,
        org_id=move.org_id,
        id=SessionId(move.id),
        starts_at=starts_at,
        ends_at=ends_at,
        now=tx.now,
    )


def _move_job(tx: Tx, move: Move) -> None:
    sql.move_job(tx, org_id=move.org_id, id=JobId(move.id), starts_at=move.after[0])
    tx.wake(SCHEDULE)


def _move_sale(tx: Tx, move: Move) -> None:
    starts_at, ends_at = move.after
    sql.move_sale(
        tx,
        org_id=move.org_id,
        id=TicketTypeId(move.id),
        starts_at=starts_at,
        ends_at=ends_at,
        now=tx.now,
    )


def _move_registration_end(tx: Tx, move: Move) -> None:
    id_ = EventId(move.id)
    sql.move_registration_end(tx, org_id=move.org_id, id=id_, ends_at=move.after[1], now=tx.now)


def _move_send_plan(tx: Tx, move: Move) -> None:
    sql.move_send_plan(tx, org_id=move.org_id, id=CampaignId(move.id), at=move.after[0])


def _move_remind_plan(tx: Tx, move: Move) -> None:
    sql.move_remind_plan(tx, org_id=move.org_id, id=CampaignId(move.id), at=move.after[0])


_WRITERS: dict[str, Callable[[Tx, Move], None]] = {
    "event": _move_event,
    "session": _move_session,
    "job": _move_job,
    "ticket_type": _move_sale,
    "registration end": _move_registration_end,
    "invitation": _move_send_plan,
    "invitation reminder": _move_remind_plan,
}
