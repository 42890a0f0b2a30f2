"""`turnout waiting`: the waiting list of an event."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.cli.numbers import EntryNumber, EventNumber, TicketTypeNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.people.model import Contact
from turnout.core.registrations.offers import join_list, leave_list
from turnout.core.waiting_list.entries import list_entries, set_waiting_hours

waiting = App(name="waiting")


@waiting.command
def add(
    org: str,
    event: EventNumber,
    ticket_type: TicketTypeNumber,
    /,
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
) -> None:
    """Put somebody on an event's waiting list, and write to them.

    Args:
        org: Short name of the organization.
        event: Number of the event.
        ticket_type: Number of the ticket type that they wait for.
        email: Their address.
        first_name: Their first name.
        last_name: Their last name.
    """
    contact = Contact(email=email, first_name=first_name, last_name=last_name)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        entry = db.call(join_list, org_id, event, ticket_type, contact)
    console.print(f"{email} is on the waiting list: entry {entry.id}.")


@waiting.command
def remove(org: str, entry: EntryNumber, /) -> None:
    """Take somebody off a waiting list; a place that is held for them goes to the next.

    Args:
        org: Short name of the organization.
        entry: Number of the entry in `turnout waiting list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(leave_list, org_id, entry, actor=actor())
    console.print(f"Entry {entry} is off the list.")


@waiting.command(name="set")
def set_hours(org: str, event: EventNumber, /, *, hours: Number) -> None:
    """Say for how long an offered place is held, for offers from now on.

    Args:
        org: Short name of the organization.
        event: Number of the event.
        hours: For how many hours; never beyond the start of the event.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_waiting_hours, org_id, event, hours, actor=actor())
    console.print(f"Places of event {event} are held for {hours} hours from now on.")


@waiting.command(name="list")
def list_all(
    org: str, event: EventNumber, /, *, everybody: bool = False, limit: Number = 100
) -> None:
    """List who waits for a place, in order.

    Args:
        org: Short name of the organization.
        event: Number of the event.
        everybody: Those who took a place, left or were too late as well.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_entries, org_id, event, is_all=everybody, limit=limit)
    if not found:
        console.print("Nobody waits.")
        return
    rows = (
        (
            str(entry.id),
            entry.state.value,
            say_time(entry.deadline_at) if entry.deadline_at else "",
            entry.type_name,
            entry.email,
        )
        for entry in found
    )
    show_table("NUMBER", "STATE", "HELD UNTIL", "TICKET TYPE", "E-MAIL", rows=rows)
