"""Where else a phone may stand: at the doors of other events, one gate or all of them."""

from typing import NamedTuple

from turnout.core.checkin.gates import list_gates
from turnout.core.events.programme import list_events
from turnout.core.ids import EventId, GateId
from turnout.errors import Missing
from turnout.web.console.page import Visit

MOST_EVENTS = 20
CHANGE = "door.change"


class Elsewhere(NamedTuple):
    """A door of another event; `gate` empty = all gates. `value` is what a form carries."""

    event_id: EventId
    gate_id: GateId | None
    event: str
    gate: str

    @property
    def value(self) -> str:
        return f"{self.event_id}:{self.gate_id or 0}"


def list_elsewhere(visit: Visit) -> list[Elsewhere]:
    """The doors of the next events at which the user may pair phones, without the event at
    hand."""
    if not visit.may(CHANGE):
        return []
    tx, org_id, now = visit.tx, visit.org_id, visit.tx.now
    coming = [
        event
        for event in list_events(tx, org_id, limit=1000)
        if event.ends_at > now
        and event.id != visit.at.id
        and visit.user.access.sees(event.id)
        and visit.user.may(CHANGE, event.id)
    ]
    found = []
    for event in sorted(coming, key=lambda event: event.starts_at)[:MOST_EVENTS]:
        found.append(Elsewhere(event.id, None, event.title, ""))
        gates = list_gates(tx, org_id, event.id)
        found += [Elsewhere(event.id, gate.id, event.title, gate.name) for gate in gates]
    return found


def pick_elsewhere(visit: Visit, values: list[str]) -> list[Elsewhere]:
    """Those that a form names. Raises Missing for one that the user does not see."""
    known = {one.value: one for one in list_elsewhere(visit)}
    for value in values:
        if value not in known:
            raise Missing("event.missing", event_id=value.partition(":")[0])
    return [known[value] for value in values]
