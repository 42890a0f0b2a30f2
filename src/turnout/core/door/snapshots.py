"""What a phone holds to go on without a network: names, types and states, and no code.

Theory. A code is there as the first eight bytes of its HMAC with a key of the device and event, so
that what is on a lost phone lets nobody in. A phone gets everything once and then what has changed
since; whatever was committed late is sent again (store/late.py). A signed code proves itself with
the organization's public keys, so a ticket that is newer than the snapshot is let in provisionally.
Only tickets that the device's gate lets in are there; there are no addresses.
"""

import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from turnout.core.checkin.gates import BookedSession, Gate, days_of_session, list_gates
from turnout.core.door.at_scan import AtDoor, DoorReader, list_asked
from turnout.core.door.decisions import ShownAnswer, WantedAgreement
from turnout.core.door.endings import Ending, find_ending, list_endings
from turnout.core.door.model import DAY_MS, Post, Standing
from turnout.core.door.sql import sql
from turnout.core.door.telling import find_gate
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketId, TicketTypeId
from turnout.core.tickets.signing import list_ticket_keys
from turnout.store import Tx, to_json
from turnout.store.late import reach_back

if TYPE_CHECKING:
    from turnout.core.door.sql import ListOutsideRow

DIGEST_BYTES, DIGEST_LENGTH = 8, 11
RULES_LENGTH = 12
VALID, CANCELLED, UNPAID = 0, 1, 2
# Beyond that many, one statement is quicker.
MOST_ENDINGS = 50

Row = tuple[Any, ...]
"""Ticket, digest of its code, first and last name, type, state, check-in (epoch ms, 0 = none), and
a number that those who come together share; then, where there is something, what is shown at the
door (Beside)."""


class Beside(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a phone shows beside a ticket. `days` (YYYY-MM-DD) are those on which the gate lets it
    in, where that is not every day; `is_out`: its holder went out then and there (`left_…`), and
    may come back; `open_minor` is still to be paid; `cancelled_…` tell when and by whom it was
    cancelled."""

    days: list[str] = []
    answers: list[ShownAnswer] = []
    notes: list[str] = []
    agreements: list[WantedAgreement] = []
    is_out: bool = False
    left_at: int = 0
    left_device: str = ""
    open_minor: int = 0
    currency: str = ""
    cancelled_at: int = 0
    cancelled_by: str = ""
    cancelled_name: str = ""


class GateWay(msgspec.Struct, frozen=True):
    """A gate, for saying where to go: `day` empty = every day."""

    name: str
    day: str
    ticket_types: list[TicketTypeId]


class Key(msgspec.Struct, frozen=True):
    """A public key (Ed25519, raw in base64url) that proves signed codes."""

    kid: str
    public_key: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone holds of an event. Instants in epoch ms: `at` is where the next difference
    begins, `deleted_at` when the phone forgets it all. `digest_key` makes digests of codes;
    `rules` is another text when gates or questions are others, and all is to be taken again."""

    at: int
    event: EventId
    title: str
    state: str
    timezone: str
    deleted_at: int
    gate: str
    digest_key: str
    organization: int
    ticket_types: dict[str, str]
    gate_ticket_types: list[int]
    is_gate_open: bool
    gate_day: str
    has_exit: bool
    gates: list[GateWay]
    rules: str
    keys: list[Key]
    tickets: list[Row]


def take_snapshot(tx: Tx, standing: Standing, post: Post) -> Snapshot:
    """Everything that a phone needs of an event."""
    org_id = standing.org_id
    event = get_event(tx, org_id, post.event_id)
    gate = find_gate(tx, standing, post)
    types = list_ticket_types(tx, org_id, post.event_id)
    return Snapshot(
        at=tx.now,
        event=event.id,
        title=event.title,
        state=event.state.value,
        timezone=event.timezone,
        deleted_at=event.ends_at + DAY_MS,
        gate=gate.name if gate else "",
        digest_key=post.snapshot_key,
        organization=org_id,
        ticket_types={str(one.id): one.name for one in types},
        gate_ticket_types=[*gate.ticket_type_ids] if gate else [],
        is_gate_open=gate is None or _is_for_all(gate),
        gate_day=gate.day if gate else "",
        has_exit=gate is not None and bool(gate.has_exit),
        gates=[
            GateWay(one.name, one.day, [*one.ticket_type_ids])
            for one in list_gates(tx, org_id, post.event_id)
        ],
        rules=find_rules(tx, standing, post),
        keys=[Key(key.kid, key.public_key) for key in list_ticket_keys(tx, org_id)],
        tickets=list_snapshot_tickets(tx, standing, post),
    )


def find_rules(tx: Tx, standing: Standing, post: Post) -> str:
    """A short text that is another one when what a phone goes by is: gates, types, questions."""
    org_id, event_id = standing.org_id, post.event_id
    types = [(one.id, one.name) for one in list_ticket_types(tx, org_id, event_id)]
    gates, asked = list_gates(tx, org_id, event_id), list_asked(tx, org_id, event_id)
    known = msgspec.json.encode([types, gates, asked])
    return hashlib.sha256(known).hexdigest()[:RULES_LENGTH]


def list_snapshot_tickets(tx: Tx, standing: Standing, post: Post, since: int = 0) -> list[Row]:
    """The tickets that a phone holds, or those of which something changed since an instant (epoch
    ms)."""
    where: dict[str, Any] = {"org_id": standing.org_id, "event_id": post.event_id}
    rows: Sequence[Any]
    if since:
        since = max(1, reach_back(tx, since))
        changed = [row.id for row in sql.list_changed_ids(tx, since=since, **where)]
        rows = sql.list_tickets_of(tx, ids=to_json(changed), **where)
    else:
        rows = sql.list_all_tickets(tx, **where)
    departed = sql.list_departed_codes(tx, since=since, **where)
    find_beside = _make_reader(tx, standing, post, rows if since else None)
    outside = _find_outside(tx, standing, post)
    owed = {row.ticket_id: row for row in sql.list_owed(tx, **where)} if rows else {}
    endings = _list_endings(tx, standing.org_id, post, rows, is_whole=not since)
    digest = _make_digest(post.snapshot_key)
    found: list[Row] = []
    for ticket, code, first, last, type_id, state, came_at, registration, group in rows:
        beside = find_beside(type_id, registration) if find_beside else ()
        if beside is not None:
            if (left := outside.get(ticket)) is not None:
                known = beside[0] if beside else Beside()
                told = {"is_out": True, "left_at": left.at, "left_device": left.device}
                beside = (msgspec.structs.replace(known, **told),)
            if (open_ := owed.get(ticket)) is not None:
                known = beside[0] if beside else Beside()
                amount = {"open_minor": open_.amount_minor, "currency": open_.currency}
                beside = (msgspec.structs.replace(known, **amount),)
            if state == CANCELLED and (ending := endings.get(registration)) is not None:
                known = beside[0] if beside else Beside()
                beside = (_with_ending(known, ending),)
            row = (ticket, digest(code), first, last, type_id, state, came_at or 0, group, *beside)
            found.append(row)
    found.extend(
        (TicketId(0), digest(row.code), "", "", row.ticket_type_id, CANCELLED, 0, 0)
        for row in departed
    )
    return found


def find_last_change(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """When the event or a ticket of the organization was changed last (epoch ms), by a check-in or
    otherwise; 0 where there is none."""
    return sql.find_last_change(tx, org_id=org_id, event_id=event_id) or 0


def _list_endings(
    tx: Tx, org_id: OrgId, post: Post, rows: Sequence[Any], *, is_whole: bool
) -> dict[RegistrationId, Ending]:
    ended = {id_: code for _, code, *_, state, _, id_, _ in rows if state == CANCELLED}
    if not ended:
        return {}
    if is_whole or len(ended) > MOST_ENDINGS:
        return list_endings(tx, org_id, post.event_id, None if is_whole else [*ended])
    found = {id_: find_ending(tx, org_id, post.event_id, id_, code) for id_, code in ended.items()}
    return {id_: ending for id_, ending in found.items() if ending is not None}


def _with_ending(known: Beside, ending: Ending) -> Beside:
    told = {"cancelled_by": ending.by.value, "cancelled_name": ending.name}
    return msgspec.structs.replace(known, cancelled_at=ending.at, **told)


def _find_outside(tx: Tx, standing: Standing, post: Post) -> "dict[TicketId, ListOutsideRow]":
    """The tickets whose holders went out; a gate without an exit has nothing to do with that."""
    gate = find_gate(tx, standing, post)
    if gate is None or not gate.has_exit:
        return {}
    rows = sql.list_outside(tx, org_id=standing.org_id, event_id=post.event_id)
    return {row.ticket_id: row for row in rows}


def _make_digest(key: str) -> Callable[[str], str]:
    """The digest of a code: HMAC-SHA-256 as RFC 2104 has it. Its two hashes have taken in the key
    already and are copied for each code, which is half the work."""
    secret = key.encode().ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in secret)) for pad in (0x36, 0x5C))
    encode, url = binascii.b2a_base64, bytes.maketrans(b"+/", b"-_")

    def digest(code: str) -> str:
        first, second = inner.copy(), outer.copy()
        first.update(code.encode())
        second.update(first.digest())
        text = encode(second.digest()[:DIGEST_BYTES], newline=False)[:DIGEST_LENGTH]
        return text.translate(url).decode()

    return digest


FindBeside = Callable[[TicketTypeId, RegistrationId], tuple[Beside, ...] | None]


def _make_reader(
    tx: Tx, standing: Standing, post: Post, changed: Sequence[Any] | None
) -> FindBeside | None:
    """What is shown beside a ticket of a type and registration; nothing at all where the gate does
    not let it in. None = everybody is let in, and nothing is ever shown."""
    org_id, event_id = standing.org_id, post.event_id
    only = None if changed is None else sorted({registration for *_, registration, _ in changed})
    reader = DoorReader(tx, org_id, event_id, only)
    gate = find_gate(tx, standing, post)
    if gate is None or _is_for_all(gate):
        if reader.is_silent:
            return None
        return lambda type_id, registration: _beside(reader.read(registration, type_id), [])
    types, booked = set(gate.ticket_type_ids), dict[RegistrationId, list[str]]()
    timezone = get_event(tx, org_id, event_id).timezone
    for session_id in gate.session_ids:
        for row in sql.list_booked_by(tx, org_id=org_id, session_id=session_id):
            session = BookedSession(session_id, row.starts_at, row.ends_at)
            booked.setdefault(row.registration_id, []).extend(days_of_session(session, timezone))

    def read(type_id: TicketTypeId, registration: RegistrationId) -> tuple[Beside, ...] | None:
        if type_id not in types and registration not in booked:
            return None
        days = [] if type_id in types else booked[registration]
        return _beside(reader.read(registration, type_id), days)

    return read


def _beside(shown: AtDoor, days: list[str]) -> tuple[Beside, ...]:
    if shown.is_empty and not days:
        return ()
    return (Beside(days, shown.answers, shown.notes, shown.agreements),)


def _is_for_all(gate: Gate) -> bool:
    return not (gate.ticket_type_ids or gate.session_ids)
