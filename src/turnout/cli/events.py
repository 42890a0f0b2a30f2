"""`turnout event`."""

from cyclopts import App
from rich.table import Table

from turnout.cli.app import actor, app, console, database
from turnout.core.events.model import Event, Session, span
from turnout.core.events.programme import (
    create_event,
    create_session,
    list_events,
    list_sessions,
)
from turnout.core.identity.organizations import get_organization

PAGE = 100

event = App(name="event", help="Events and their sessions.")
app.command(event)


@event.command
def create(
    org: str,
    title: str,
    *,
    starts: str,
    ends: str,
    timezone: str | None = None,
    capacity: int | None = None,
    session: list[str] | None = None,
) -> None:
    """Make an event, open for registration, with its sessions.

    Parameters
    ----------
    org: short name of the organization
    title: what the event is called
    starts: local time, such as 2027-03-01T09:00
    ends: local time
    timezone: IANA name (default: the organization's)
    capacity: how many people it holds (default: no limit)
    session: title of a session that lasts as long as the event; may be repeated. Without one,
        the event gets a session of its own name, so that it can be registered for.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        when = span(starts, ends, timezone or organization.timezone)
        made = db.call(
            create_event, organization.org_id, title, when, capacity=capacity, actor=actor()
        )
        console.print(f"Event {made.id}, eventPak {made.pak}: {title}", highlight=False)
        for name in session or [title]:
            part = db.call(create_session, organization.org_id, made.id, name, when, actor=actor())
            console.print(f"  Session {part.id}, sessionPak {part.pak}: {name}", highlight=False)


@event.command(name="list")
def list_(org: str, *, sessions: bool = False) -> None:
    """List an organization's events.

    Parameters
    ----------
    org: short name of the organization
    sessions: show their sessions too
    """
    table = Table("Id", "Pak", "Title", "State", "Starts", "Held", "Capacity", box=None)
    with database() as db:
        organization = db.call(get_organization, org)
        after = 0
        while page := db.call(list_events, organization.org_id, after=after, most=PAGE):
            for each in page:
                table.add_row(*_row(each))
                if not sessions:
                    continue
                for part in db.call(list_sessions, organization.org_id, each.id):
                    table.add_row(*_row(part))
            after = page[-1].id
    console.print(table, highlight=False)


def _row(thing: Event | Session) -> tuple[str, ...]:
    capacity = "no limit" if thing.capacity is None else str(thing.capacity)
    starts = thing.starts_local.replace("T", " ")
    return str(thing.id), thing.pak, thing.title, thing.state, starts, str(thing.held), capacity
