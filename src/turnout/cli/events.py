"""`turnout event` and `channel`: the programme."""

import secrets
from collections.abc import Iterator
from contextlib import suppress

from cyclopts import App

from turnout.cli.app import Count, actor, base_url, console, database, show_table, tell_twice
from turnout.cli.exams import cancel_exam
from turnout.cli.identity import read_password
from turnout.cli.numbers import EventNumber, SessionNumber
from turnout.core.events.model import Channel, Event, EventState, Session, Span, span
from turnout.core.events.passwords import clear_registration_password, set_registration_password
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    create_event,
    create_session,
    get_event,
    list_channels,
    list_events,
    list_sessions,
)
from turnout.core.exams.planning import is_exam
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.short_names import page_path
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.places import (
    set_event_capacity,
    set_event_state,
    set_session_capacity,
)
from turnout.core.tickets.event_news import tell_registered
from turnout.core.times import stamp
from turnout.errors import Invalid, Missing, Unavailable
from turnout.formats.calendar import load
from turnout.store import Database, Tx

PAGE = 100

event = App(name="event")
channel = App(name="channel")


@event.command
def create(
    org: str,
    title: str,
    /,
    *,
    starts: str,
    ends: str,
    timezone: str | None = None,
    capacity: Count | None = None,
    session: list[str] | None = None,
) -> None:
    """Make an event, open for registration, with its sessions.

    Args:
        org: Short name of the organization.
        title: What the event is called.
        starts: Local time, such as 2027-03-01T09:00. One that comes twice is the first, unless
            its offset says otherwise: 2027-10-31T02:30+01:00.
        ends: Local time, after the start.
        timezone: IANA name such as Europe/Berlin; without it, the organization's.
        capacity: How many people it holds; without it, any number.
        session: Title of a session that lasts as long as the event; may be repeated. Without it,
            there is one session with the title of the event.
    """
    url = ""
    with database() as db:
        organization = db.call(get_organization, org)
        when = span(starts, ends, timezone or organization.timezone)
        tell_twice(when.timezone, starts, ends)
        made, sessions = db.call(
            _create_event, organization.org_id, title, when, capacity, session or [title]
        )
        with suppress(Unavailable):  # no server has stored its address yet
            url = base_url(db)
    page = f"{page_path(organization.slug)}/{made.id}"
    console.print(f"Event {made.id}, pak {made.pak}: {made.title}")
    console.print(f"Page to register on: {url}{page}")
    for other in sessions:
        _say_session(other)


@event.command
def add_session(
    org: str,
    event: EventNumber,
    title: str,
    /,
    *,
    starts: str | None = None,
    ends: str | None = None,
    capacity: Count | None = None,
) -> None:
    """Add a session to an event.

    Args:
        org: Short name of the organization.
        event: Number of the event in `turnout event list`.
        title: What the session is called.
        starts: Local time at the event; without it, the event's start.
        ends: Local time at the event; without it, the event's end.
        capacity: How many people it holds; without it, any number.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        of = db.call(get_event, org_id, event)
        when = span(starts or of.starts_local, ends or of.ends_local, of.timezone)
        tell_twice(of.timezone, starts, ends)
        made = db.call(create_session, org_id, of.id, title, when, capacity=capacity, actor=actor())
    _say_session(made)


@event.command(name="set")
def set_event(
    org: str,
    event: EventNumber,
    /,
    *,
    state: EventState | None = None,
    capacity: Count | None = None,
    unlimited: bool = False,
    message: str = "",
    quiet: bool = False,
) -> None:
    """Open, close or cancel an event, or set how many people it holds.

    When it is cancelled, everybody who is registered gets a mail with a file that takes it out of
    their calendar.

    Example: turnout event set acme 1000001 --state cancelled --message "The speaker is ill."

    Args:
        org: Short name of the organization.
        event: Number of the event in `turnout event list`.
        state: What it is from now on; only an open one takes registrations.
        capacity: How many people it holds; not below those who are registered.
        unlimited: It holds any number of people.
        message: What those who are registered are told when it is cancelled.
        quiet: Write to nobody.
    """
    if state is None and capacity is None and not unlimited:
        raise Invalid("event.unchanged")
    if capacity is not None and unlimited:
        raise Invalid("event.capacity")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if capacity is not None or unlimited:
            db.call(set_event_capacity, org_id, event, capacity, actor=actor())
        if state is not None:
            url = ""
            with suppress(Unavailable):  # no server has stored its address yet
                url = base_url(db)
            load()
            db.call(_set_state, org_id, event, state, url, message, is_quiet=quiet)
            if state is EventState.CANCELLED and db.call(is_exam, org_id, event):
                cancel_exam(db, org_id, event)
        now = db.call(get_event, org_id, event)
    console.print(f"Event {now.id} ({now.title}) is {now.state} and holds {_capacity(now)}.")


@event.command
def set_session(
    org: str,
    event: EventNumber,
    session: SessionNumber,
    /,
    *,
    capacity: Count | None = None,
    unlimited: bool = False,
) -> None:
    """Set how many people a session of an event holds.

    Args:
        org: Short name of the organization.
        event: Number of the event in `turnout event list`.
        session: Number of the session in `turnout event list --sessions`.
        capacity: How many people it holds; not below those who booked it.
        unlimited: It holds any number of people.
    """
    if (capacity is None) != unlimited:
        raise Invalid("session.capacity")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known = {found.id for found in db.call(list_sessions, org_id, event)}
        if session not in known:
            raise Missing("session.missing", session_id=session)
        db.call(set_session_capacity, org_id, session, capacity, actor=actor())
    holds = "any number" if capacity is None else capacity
    console.print(f"Session {session} holds {holds}.")


@event.command
def password(org: str, event: EventNumber, /, *, stdin: bool = False, clear: bool = False) -> None:
    """Give an event a registration password, with which other programs register people for it
    (`/viewer/regserver.jsp`); it takes the place of an earlier one.

    It is made and shown, this once, as the last line.

    Args:
        org: Short name of the organization.
        event: Number of the event.
        stdin: Read the password from standard input instead; it needs 10 characters.
        clear: Take the password away: nobody registers people that way any more.
    """
    if stdin and clear:
        raise Invalid("password.options")
    chosen = read_password() if stdin else secrets.token_urlsafe(18)
    hashed = "" if clear else hash_password(chosen)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if clear:
            db.call(clear_registration_password, org_id, event, actor=actor())
        else:
            db.call(set_registration_password, org_id, event, hashed, actor=actor())
    what = "has no registration password any more" if clear else "has a registration password"
    console.print(f"Event {event} {what}{'.' if clear or stdin else ':'}")
    if not (clear or stdin):
        console.print(chosen)


@event.command(name="list")
def list_all(org: str, /, *, sessions: bool = False) -> None:
    """List an organization's events.

    Args:
        org: Short name of the organization.
        sessions: Show the sessions of each event below it.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        rows = [_row(*found) for found in _list_things(db, org_id, with_sessions=sessions)]
    show_table("Id", "Pak", "Title", "State", "Starts", "Time zone", "Held", "Capacity", rows=rows)


@channel.command(name="create")
def create_series(org: str, title: str, /, *, event: list[EventNumber] | None = None) -> None:
    """Make a channel of events.

    Args:
        org: Short name of the organization.
        title: What the channel is called.
        event: Number of an event that belongs to it; may be repeated.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        made = db.call(_create_channel, org_id, title, event or [])
    console.print(f"Channel {made.id}, pak {made.pak}: {made.title}")


@channel.command(name="list")
def list_series(org: str, /) -> None:
    """List an organization's channels.

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        channels = db.call(list_channels, org_id)
    show_table("Id", "Pak", "Title", rows=[(str(c.id), c.pak, c.title) for c in channels])


def _set_state(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    state: EventState,
    url: str,
    message: str,
    *,
    is_quiet: bool,
) -> None:
    before = get_event(tx, org_id, event_id).state
    set_event_state(tx, org_id, event_id, state, actor=actor())
    if state is EventState.CANCELLED and before is not state and not is_quiet:
        tell_registered(tx, org_id, event_id, base_url=url, message=message, actor=actor())


def _create_event(
    tx: Tx, org_id: OrgId, title: str, when: Span, capacity: int | None, sessions: list[str]
) -> tuple[Event, list[Session]]:
    by = actor()
    made = create_event(tx, org_id, title, when, capacity=capacity, actor=by)
    return made, [create_session(tx, org_id, made.id, name, when, actor=by) for name in sessions]


def _create_channel(tx: Tx, org_id: OrgId, title: str, events: list[EventId]) -> Channel:
    made = create_channel(tx, org_id, title, actor=actor())
    for number in events:
        add_to_channel(tx, org_id, made.id, get_event(tx, org_id, number).id, actor=actor())
    return made


def _list_things(
    db: Database, org_id: OrgId, *, with_sessions: bool
) -> Iterator[tuple[Event | Session, str]]:
    """Events, and their sessions behind each, with the time zone."""
    after = 0
    while page := db.call(list_events, org_id, after=after, limit=PAGE):
        for event in page:
            yield event, event.timezone
            if with_sessions:
                sessions = db.call(list_sessions, org_id, event.id)
                yield from ((session, event.timezone) for session in sessions)
        after = page[-1].id


def _row(thing: Event | Session, timezone: str) -> tuple[str, ...]:
    return (
        str(thing.id),
        thing.pak,
        thing.title if isinstance(thing, Event) else f"  {thing.title}",
        thing.state,
        stamp(thing.starts_at, timezone),
        timezone if isinstance(thing, Event) else "",
        str(thing.held),
        _capacity(thing),
    )


def _capacity(thing: Event | Session) -> str:
    return "any number" if thing.capacity is None else str(thing.capacity)


def _say_session(session: Session) -> None:
    console.print(f"  Session {session.id}, pak {session.pak}: {session.title}")
