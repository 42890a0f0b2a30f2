"""`turnout gate` and `turnout scans`: check-in lists, and what was scanned."""

from cyclopts import App

from turnout.cli.app import (
    Number,
    actor,
    console,
    database,
    say_time,
    show_table,
)
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber, SessionNumber, TicketTypeNumber
from turnout.core.checkin.gates import create_gate, list_gates
from turnout.core.checkin.scans import list_scans
from turnout.core.identity.organizations import get_organization

gates = App(name="gate")


@gates.command(name="create")
def create_list(
    org: str,
    event: EventNumber,
    name: str,
    /,
    *,
    ticket_type: list[TicketTypeNumber] | None = None,
    session: list[SessionNumber] | None = None,
    day: str = "",
    exit: bool = False,  # noqa: A002 - the option is called --exit
) -> None:
    """Make a check-in list; without ticket types and sessions it lets everybody in.

    Example: `turnout gate create acme 1000001 Dinner --ticket-type 3`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        name: What the gate is called.
        ticket_type: Number of a ticket type that it lets in; may be repeated.
        session: Number of a session whose bookings it lets in; may be repeated.
        day: The day on which it is open (YYYY-MM-DD); without it, every day.
        exit: People who go out there are noted by phones at the door, and may come back.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        gate = db.call(
            create_gate,
            org_id,
            event,
            name,
            ticket_type or [],
            session or [],
            has_exit=exit,
            day=day,
            actor=actor(),
        )
    console.print(f"Gate {gate.id} is made: doors send it as `gate={gate.id}`.")


@gates.command(name="list")
def list_lists(org: str, event: EventNumber, /) -> None:
    """List the check-in lists of an event.

    Example: `turnout gate list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_gates, org_id, event)
    if not found:
        console.print("The event has no gates: every door lets everybody with a ticket in.")
        return
    rows = (
        (
            str(gate.id),
            ", ".join(map(str, gate.ticket_type_ids)) or "any",
            ", ".join(map(str, gate.session_ids)) or "any",
            gate.name,
        )
        for gate in found
    )
    show_table("NUMBER", "TICKET TYPES", "SESSIONS", "NAME", rows=rows)


def scans(org: str, event: EventNumber, /, *, limit: Number = 50) -> None:
    """List what was scanned at an event's doors, newest first, refused codes too.

    Example: `turnout scans acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        limit: How many at most.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_scans, org_id, event, limit)
    if not found:
        console.print("Nothing was scanned.")
        return
    rows = (
        (
            say_time(scan.recorded_at),
            say_time(scan.at),
            scan.result.value,
            scan.code,
            str(scan.gate_id or ""),
            scan.device,
        )
        for scan in found
    )
    show_table("RECORDED", "ON THE DEVICE", "RESULT", "CODE", "GATE", "DEVICE", rows=rows)
