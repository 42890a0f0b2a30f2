"""`turnout waiting`: the waiting list of an event."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from turnout.catalogue import say
from turnout.cli.app import Number, actor, console, counted, database, say_time, show_table
from turnout.cli.files import open_text
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EntryNumber, EventNumber, TicketTypeNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EntryId
from turnout.core.people.model import Contact
from turnout.core.registrations.offers import join_list, leave_list, offer_by_hand
from turnout.core.waiting_list.entries import list_entries, set_waiting_hours
from turnout.core.waiting_list.steering import set_closed, set_priority, write_to_waiting

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
    """Put somebody on an event's waiting list, and write to them; also for a locked ticket type.

    They go behind those who wait already, even where places are free.

    Example: `turnout waiting add acme 1000001 3 --email ann@example.com`

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
        entry = db.call(join_list, org_id, event, ticket_type, contact, is_staff=True)
    console.print(f"{email} is on the waiting list: entry {entry.id}.")


@waiting.command
def remove(org: str, entry: EntryNumber, /) -> None:
    """Take somebody off a waiting list; a place that is held for them goes to the next.

    Example: `turnout waiting remove acme 7`

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

    Example: `turnout waiting set acme 1000001 --hours 24`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        hours: For how many hours; never beyond the start of the event.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_waiting_hours, org_id, event, hours, actor=actor())
    console.print(f"Places of event {event} are held for {counted(hours, 'hour')} from now on.")


@waiting.command(name="priority")
def prioritize(
    org: str,
    entry: EntryNumber,
    priority: Annotated[int, Parameter(allow_leading_hyphen=True)],
    /,
) -> None:
    """Let somebody go before all who wait with a lower priority.

    Example: turnout waiting priority acme 7 10

    Args:
        org: Short name of the organization.
        entry: Number of the entry in `turnout waiting list`.
        priority: From -1000 to 1000; everybody begins with 0.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_priority, org_id, entry, priority, actor=actor())
    console.print(f"Entry {entry} has priority {priority}.")


@waiting.command
def offer(org: str, entry: EntryNumber, /) -> None:
    """Offer a free place to somebody who waits, out of turn.

    Places are offered in order by themselves.

    Example: turnout waiting offer acme 7

    Args:
        org: Short name of the organization.
        entry: Number of the entry in `turnout waiting list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(offer_by_hand, org_id, entry, actor=actor())
    console.print(f"A place is held for entry {entry}, who is told by mail.")


@waiting.command
def close(org: str, event: EventNumber, /) -> None:
    """Close an event's waiting list for more people; those on it are still offered places.

    Example: turnout waiting close acme 1000001

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    _set_closed(org, event, is_closed=True)
    console.print(f"The waiting list of event {event} is closed.")


@waiting.command(name="open")
def reopen(org: str, event: EventNumber, /) -> None:
    """Open a waiting list again that was closed.

    Example: turnout waiting open acme 1000001

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    _set_closed(org, event, is_closed=False)
    console.print(f"The waiting list of event {event} is open.")


@waiting.command
def message(org: str, event: EventNumber, subject: str, file: Path, /) -> None:
    """Write a mail to everybody on an event's waiting list, from the organization.

    Example: turnout waiting message acme 1000001 "A second date" text.txt

    Args:
        org: Short name of the organization.
        event: Number of the event.
        subject: The subject.
        file: The text, in UTF-8.
    """
    with open_text(file) as lines:
        text = lines.read()
    count = 0
    after: EntryId | None = EntryId(0)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        while after is not None:
            written, after = db.call(
                write_to_waiting, org_id, event, subject, text, after=after, actor=actor()
            )
            count += written
    console.print(f"Mails to the waiting list of event {event}: {count}.")


def _set_closed(org: str, event: EventNumber, *, is_closed: bool) -> None:
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_closed, org_id, event, is_closed=is_closed, actor=actor())


@waiting.command(name="list")
def list_all(
    org: str, event: EventNumber, /, *, everybody: bool = False, limit: Number = 100
) -> None:
    """List who waits for a place, in order.

    Example: `turnout waiting list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        everybody: Those who took a place, left or were too late as well.
        limit: How many at most.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_entries, org_id, event, is_all=everybody, limit=limit)
    if not found:
        console.print("Nobody waits.")
        return
    rows = (
        (
            str(entry.id),
            entry.state.value,
            say_time(entry.deadline_at) if entry.deadline_at else "",
            str(entry.priority or ""),
            entry.type_name,
            entry.email,
            say(entry.reason, {}) if entry.reason else "",
        )
        for entry in found
    )
    show_table(
        "NUMBER", "STATE", "HELD UNTIL", "PRIORITY", "TICKET TYPE", "E-MAIL", "WHY", rows=rows
    )
