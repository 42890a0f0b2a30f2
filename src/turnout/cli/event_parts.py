"""`turnout event copy`, `postpone`, `cancel`, and the sessions of an event; `turnout speaker`."""

from cyclopts import App

from turnout.cli.app import Count, actor, console, database, show_table, tell_outside, tell_twice
from turnout.cli.event_changes import known_url, say_capacity, set_event
from turnout.cli.numbers import EventNumber, SessionNumber, SpeakerNumber, TicketTypeNumber
from turnout.cli.pictures import set_picture
from turnout.core.events.copying import copy_event
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.programme import get_event, list_sessions, set_session_state
from turnout.core.events.sessions import SessionChange, change_session, remove_session
from turnout.core.events.speakers import (
    SpeakerChange,
    add_speaker,
    change_speaker,
    list_speakers,
    remove_speaker,
)
from turnout.core.fields import changed_fields
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, SessionId
from turnout.core.registrations.announcing import (
    cancel_session,
    postpone_event,
    postpone_without_date,
)
from turnout.core.registrations.places import set_session_capacity
from turnout.errors import Invalid, Missing
from turnout.formats.calendar import load
from turnout.store import Tx

speakers = App(name="speaker")
speakers.command(set_picture, name="set-picture")


def copy(org: str, event: EventNumber, /, *, starts: str, title: str = "") -> None:
    """Make a draft like an event, at another date: with its texts, place, sessions, ticket types,
    speakers, gates and channels, and without people. All times move with the start.

    Example: `turnout event copy acme 1000001 --starts 2028-03-01T09:00`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        starts: Local time at which the copy starts.
        title: What the copy is called; without it, the same.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        tell_twice(db.call(get_event, org_id, event).timezone, starts)
        made = db.call(copy_event, org_id, event, starts, title=title, actor=actor())
    console.print(f"Event {made.id}, pak {made.pak}: {made.title}")
    console.print(f"It is a draft: `turnout event publish {org} {made.id}` opens it.")


def postpone(
    org: str,
    event: EventNumber,
    /,
    *,
    starts: str | None = None,
    without_date: bool = False,
    message: str = "",
    quiet: bool = False,
) -> None:
    """Move an event with its sessions; tickets stay. Everybody who is registered gets a mail with
    a file that corrects their calendar.

    Without a new date, registration is closed until there is one, and nobody is reminded. The
    command again, with --starts, says it; `turnout event reopen` opens registration.

    Example: `turnout event postpone acme 1000001 --starts 2027-04-05T09:00 --message "Snow."`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        starts: Local time at which it starts; it lasts as long as before.
        without_date: The new date is not known yet.
        message: What people are told.
        quiet: Write to nobody.
    """
    if (starts is None) is not without_date:
        raise Invalid("event.new_date")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        load()
        url, by = known_url(db), actor()
        if starts is None:
            now = db.call(
                postpone_without_date,
                org_id,
                event,
                base_url=url,
                message=message,
                is_quiet=quiet,
                actor=by,
            )
            console.print(f"Event {now.id} ({now.title}) is postponed without a date.")
            return
        tell_twice(db.call(get_event, org_id, event).timezone, starts)
        now = db.call(
            postpone_event,
            org_id,
            event,
            starts,
            base_url=url,
            message=message,
            is_quiet=quiet,
            actor=by,
        )
    console.print(f"Event {now.id} ({now.title}) starts {now.starts_local} ({now.timezone}).")


def set_session(
    org: str,
    event: EventNumber,
    session: SessionNumber,
    /,
    *,
    title: str | None = None,
    description: str | None = None,
    track: str | None = None,
    room: str | None = None,
    position: Count | None = None,
    speaker: list[SpeakerNumber] | None = None,
    no_speakers: bool = False,
    ticket_type: list[TicketTypeNumber] | None = None,
    every_type: bool = False,
    starts: str | None = None,
    ends: str | None = None,
    state: SessionState | None = None,
    capacity: Count | None = None,
    unlimited: bool = False,
) -> None:
    """Change a session of an event.

    Only what is named changes; an empty text takes a value away. `turnout event cancel-session`
    cancels one and tells those who booked it.

    Example: `turnout event set-session acme 1000001 7 --room "Hall 2" --capacity 80`

    Args:
        org: Short name of the organization.
        event: Number of the event in `turnout event list`.
        session: Number of the session in `turnout event list --sessions`.
        title: What it is called.
        description: What it is about, in Markdown.
        track: The track that it belongs to.
        room: Where it is.
        position: Its place in the programme; those with the same are in the order of their start.
        speaker: Number of somebody who speaks, in `turnout speaker list`; may be repeated.
        no_speakers: Nobody speaks.
        ticket_type: Number of a ticket type that may book it; may be repeated.
        every_type: Every ticket type may book it.
        starts: Local time at the event.
        ends: Local time at the event.
        state: Open or closed for bookings, or cancelled without telling anybody.
        capacity: How many people it holds; not below those who booked it.
        unlimited: It holds any number of people.
    """
    if capacity is not None and unlimited:
        raise Invalid("session.capacity")
    change = SessionChange(
        title=title,
        description=description,
        track=track,
        room=room,
        position=position,
        speaker_ids=[] if no_speakers else speaker,
        ticket_type_ids=[] if every_type else ticket_type,
        starts_local=starts,
        ends_local=ends,
    )
    is_sized = capacity is not None or unlimited
    if not changed_fields(change) and not is_sized and state is None:
        raise Invalid("session.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        of = db.call(get_event, org_id, event)
        tell_twice(of.timezone, starts, ends)
        sizes = (capacity, is_sized)
        db.call(_change_session, org_id, event, session, change, sizes, state)
        sessions = {found.id: found for found in db.call(list_sessions, org_id, event)}
    if starts or ends:
        tell_outside(of, sessions[session])
    if is_sized:
        console.print(f"Session {session} holds {say_capacity(capacity)}.")
    if changed_fields(change) or state is not None:
        console.print(f"Session {session} is changed.")


def cancel_a_session(
    org: str, event: EventNumber, session: SessionNumber, /, *, message: str = ""
) -> None:
    """Cancel a session of an event; those who booked it are told by mail.

    Example: `turnout event cancel-session acme 1000001 7 --message "The speaker is ill."`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        session: Number of the session in `turnout event list --sessions`.
        message: What people are told.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        told = db.call(cancel_session, org_id, event, session, message=message, actor=actor())
    console.print(f"Session {session} is cancelled; {told} {'is' if told == 1 else 'are'} told.")


def remove_a_session(org: str, event: EventNumber, session: SessionNumber, /) -> None:
    """Remove a session that nobody booked.

    Example: `turnout event remove-session acme 1000001 7`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        session: Number of the session in `turnout event list --sessions`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_session, org_id, event, session, actor=actor())
    console.print(f"Session {session} is removed.")


# -- speakers ------------------------------------------------------------------------------


@speakers.command
def add(
    org: str,
    event: EventNumber,
    name: str,
    /,
    *,
    headline: str = "",
    description: str = "",
    position: Count = 0,
) -> None:
    """Add somebody who speaks at an event.

    Example: `turnout speaker add acme 1000001 "Grace Hopper" --headline "Rear Admiral, US Navy"`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        name: The whole name.
        headline: Role and company, or the like.
        description: Who this is, in Markdown.
        position: Place in the order; those with the same are in the order in which they were added.
    """
    change = SpeakerChange(name=name, headline=headline, description=description, position=position)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        made = db.call(add_speaker, org_id, event, change, actor=actor())
    console.print(f"Speaker {made.id} is added: {made.name}.")


@speakers.command(name="set")
def set_speaker(
    org: str,
    event: EventNumber,
    speaker: SpeakerNumber,
    /,
    *,
    name: str | None = None,
    headline: str | None = None,
    description: str | None = None,
    position: Count | None = None,
) -> None:
    """Change a speaker; an empty text takes a value away.

    Example: `turnout speaker set acme 1000001 12 --headline "Chief engineer"`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        speaker: Number of the speaker in `turnout speaker list`.
        name: The whole name.
        headline: Role and company, or the like.
        description: Who this is, in Markdown.
        position: Place in the order.
    """
    change = SpeakerChange(name=name, headline=headline, description=description, position=position)
    if not changed_fields(change):
        raise Invalid("speaker.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        now = db.call(change_speaker, org_id, event, speaker, change, actor=actor())
    console.print(f"Speaker {now.id} is changed: {now.name}.")


@speakers.command
def remove(org: str, event: EventNumber, speaker: SpeakerNumber, /) -> None:
    """Remove a speaker; sessions go on without them.

    Example: `turnout speaker remove acme 1000001 12`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        speaker: Number of the speaker in `turnout speaker list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_speaker, org_id, event, speaker, actor=actor())
    console.print(f"Speaker {speaker} is removed.")


@speakers.command(name="list")
def list_all(org: str, event: EventNumber, /) -> None:
    """List who speaks at an event, in order.

    Example: `turnout speaker list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_speakers, org_id, event)
    rows = [(str(speaker.id), speaker.name, speaker.headline) for speaker in found]
    show_table("NUMBER", "NAME", "HEADLINE", rows=rows)


def _change_session(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    session_id: SessionId,
    change: SessionChange,
    sizes: tuple[int | None, bool],
    state: SessionState | None,
) -> None:
    """All of it, or nothing."""
    if session_id not in {found.id for found in list_sessions(tx, org_id, event_id)}:
        raise Missing("session.missing", session_id=session_id)
    if changed_fields(change):
        change_session(tx, org_id, event_id, session_id, change, actor=actor())
    capacity, is_sized = sizes
    if is_sized:
        set_session_capacity(tx, org_id, session_id, capacity, actor=actor())
    if state is not None:
        set_session_state(tx, org_id, session_id, state, actor=actor())


def cancel(org: str, event: EventNumber, /, *, message: str = "", quiet: bool = False) -> None:
    """Cancel an event: nobody gets in any more. Everybody who is registered gets a mail with a file
    that takes it out of their calendar.

    Example: `turnout event cancel acme 1000001 --message "The hall is flooded."`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        message: What people are told.
        quiet: Write to nobody.
    """
    set_event(org, event, state=EventState.CANCELLED, message=message, quiet=quiet)
