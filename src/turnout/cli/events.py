"""`turnout event` and `channel`: the programme."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress

from cyclopts import App

from turnout.cli import (
    event_changes,
    event_facts,
    event_files,
    event_parts,
    mails,
    page_names,
    pictures,
)
from turnout.cli.app import (
    Count,
    actor,
    base_url,
    console,
    database,
    errors,
    show_table,
    tell_outside,
    tell_twice,
)
from turnout.cli.event_changes import say_capacity
from turnout.cli.numbers import EventNumber
from turnout.cli.users import read_password
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
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.short_names import page_path
from turnout.core.ids import EventId, OrgId
from turnout.core.times import stamp
from turnout.errors import Invalid, Unavailable
from turnout.store import Database, Tx, system_clock

PAGE = 100

event = App(name="event")
channel = App(name="channel")
for verb in (
    event_changes.set_event,
    event_changes.publish,
    event_changes.close,
    event_changes.reopen,
    event_changes.delete,
    event_facts.show,
):
    event.command(verb, name=verb.__name__.partition("_")[0])
PARTS: dict[str, Callable[..., None]] = {
    "copy": event_parts.copy,
    "postpone": event_parts.postpone,
    "cancel": event_parts.cancel,
    "name": page_names.name_event,
    "remind": mails.remind,
    "export": event_files.export_event,
    "import": event_files.import_event,
    "set-cover": pictures.set_cover,
    "show-pictures": pictures.show_pictures,
    "set-session": event_parts.set_session,
    "cancel-session": event_parts.cancel_a_session,
    "remove-session": event_parts.remove_a_session,
}
for name, part in PARTS.items():
    event.command(part, name=name)
channel.command(page_names.name_series, name="name")
channel.command(page_names.add_event, name="add")


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
    publish: bool = False,
) -> None:
    """Make an event with its sessions, as a draft.

    A draft has no page, and the form, the registration API, invitations and offers refuse it;
    staff may add people. `--publish` opens it at once, `turnout event publish` later.

    Example: `turnout event create acme "Rail Summit" --starts 2027-03-01T09:00 --ends
    2027-03-01T17:00 --publish`

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
        publish: Open it for registration at once.
    """
    url = ""
    with database() as db:
        organization = db.call(get_organization, org)
        when = span(starts, ends, timezone or organization.timezone)
        tell_twice(when.timezone, starts, ends)
        state = EventState.OPEN if publish else EventState.DRAFT
        made, sessions = db.call(
            _create_event, organization.org_id, title, when, state, capacity, session or [title]
        )
        with suppress(Unavailable):  # no server has stored its address yet
            url = base_url(db)
    if made.ends_at <= system_clock():
        errors.print(f"Its end, {ends}, is in the past: only the registration API takes people.")
    page = f"{page_path(organization.slug)}/{made.id}"
    console.print(f"Event {made.id}, pak {made.pak}: {made.title}")
    if publish:
        console.print(f"Page to register on: {url}{page}")
    else:
        console.print(f"It is a draft: `turnout event publish {org} {made.id}` opens it.")
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

    Example:
    `turnout event add-session acme 1000001 Workshop --starts 2027-03-01T10:00
    --ends 2027-03-01T11:00`

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
    tell_outside(of, made)


@event.command
def password(org: str, event: EventNumber, /, *, stdin: bool = False, clear: bool = False) -> None:
    """Give an event a registration password, with which other programs register people for it
    (`/viewer/regserver.jsp`); it takes the place of an earlier one.

    It is made and shown, this once, as the last line.

    Example: `turnout event password acme 1000001`

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

    Example: `turnout event list acme --sessions`

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

    Example: `turnout channel create acme Webinars`

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

    Example: `turnout channel list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        channels = db.call(list_channels, org_id)
    show_table("Id", "Pak", "Title", rows=[(str(c.id), c.pak, c.title) for c in channels])


def _create_event(
    tx: Tx,
    org_id: OrgId,
    title: str,
    when: Span,
    state: EventState,
    capacity: int | None,
    sessions: list[str],
) -> tuple[Event, list[Session]]:
    by = actor()
    made = create_event(tx, org_id, title, when, state=state, capacity=capacity, actor=by)
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
        say_capacity(thing.capacity),
    )


def _say_session(session: Session) -> None:
    console.print(f"  Session {session.id}, pak {session.pak}: {session.title}")
