"""How many have come: in all, and through each gate."""

import msgspec

from turnout.core.checkin.gates import list_gates
from turnout.core.door.sql import sql
from turnout.core.ids import EventId, GateId, OrgId
from turnout.store import Tx


class GateCount(msgspec.Struct, frozen=True):
    """Through a gate; None = doors that stand at no gate in particular."""

    gate: GateId | None
    name: str
    checked_in: int


class Counters(msgspec.Struct, frozen=True):
    """Tickets of the event that are checked in, of those that are valid, as of `at` (epoch ms)."""

    checked_in: int
    expected: int
    gates: list[GateCount]
    at: int


def count_door(tx: Tx, org_id: OrgId, event_id: EventId) -> Counters:
    """The counters of an event's doors."""
    row = sql.count_tickets(tx, org_id=org_id, event_id=event_id)
    names = {gate.id: gate.name for gate in list_gates(tx, org_id, event_id)}
    if not names:
        return Counters(row.checked_in, row.expected, _count_all(row.checked_in), tx.now)
    gates = [
        GateCount(one.gate_id, names.get(one.gate_id, "") if one.gate_id else "", one.total)
        for one in sql.count_by_gate(tx, org_id=org_id, event_id=event_id)
    ]
    return Counters(row.checked_in, row.expected, gates, tx.now)


def _count_all(checked_in: int) -> list[GateCount]:
    """Of an event without gates: nobody has to look through its scans."""
    return [GateCount(None, "", checked_in)] if checked_in else []
