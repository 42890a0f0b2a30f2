"""`turnout event set`, `publish`, `close`, `reopen` and `delete`."""

from contextlib import suppress
from pathlib import Path
from typing import Literal

from turnout.cli.app import (
    Count,
    actor,
    base_url,
    console,
    counted,
    database,
    tell_twice,
)
from turnout.cli.cancelling import cancel_exam
from turnout.cli.files import open_text
from turnout.cli.numbers import EventNumber
from turnout.core.events.describing import EventChange, set_event_times
from turnout.core.events.model import EventState, GuestRight, PayingDoor, Visibility, span
from turnout.core.events.programme import get_event
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.events.venues import find_venue
from turnout.core.exams.planning import is_exam
from turnout.core.fields import changed_fields
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.short_names import page_path
from turnout.core.ids import EventId, OrgId, VenueId
from turnout.core.registrations.announcing import tell_cancelled
from turnout.core.registrations.booking import count_registrations
from turnout.core.registrations.event_states import Move, delete_draft, describe_event, move_event
from turnout.core.registrations.places import set_event_capacity, set_event_state
from turnout.core.tickets.event_news import Told
from turnout.errors import Conflict, Invalid, Unavailable
from turnout.formats.calendar import load
from turnout.store import Database, Tx

NO_VENUE = VenueId(0)
LARGEST_FILE = 1_000_000


def set_event(
    org: str,
    event: EventNumber,
    /,
    *,
    title: str | None = None,
    summary: str | None = None,
    description: str | None = None,
    description_file: Path | None = None,
    starts: str | None = None,
    ends: str | None = None,
    timezone: str | None = None,
    venue: str | None = None,
    online: str | None = None,
    contact_name: str | None = None,
    contact_email: str | None = None,
    contact_phone: str | None = None,
    language: str | None = None,
    visibility: Literal["public", "unlisted", "private"] | None = None,
    colour: str | None = None,
    registration_ends: str | None = None,
    payment_text: str | None = None,
    payment_days: Count | None = None,
    payment_at: str | None = None,
    guests_may: str | None = None,
    links: Literal["open", "confirm"] | None = None,
    ticket_at_once: bool | None = None,
    companions: Count | None = None,
    names: Literal["one", "two"] | None = None,
    recording: str | None = None,
    publish_numbers: bool | None = None,
    state: EventState | None = None,
    capacity: Count | None = None,
    unlimited: bool = False,
    message: str = "",
    quiet: bool = False,
    revive: bool = False,
) -> None:
    """Change what an event says of itself, how many people it holds, or its state.

    Only what is named changes; an empty text takes a value away. When it is cancelled, everybody
    who is registered gets a mail with a file that takes it out of their calendar; the contacts of
    their parties and the waiting list, which ends, are written to, too.

    Example: `turnout event set acme 1000001 --summary "Two days on rails" --visibility unlisted`

    Args:
        org: Short name of the organization.
        event: Number of the event in `turnout event list`.
        title: What the event is called.
        summary: One or two sentences.
        description: The whole text, in Markdown.
        description_file: A file in UTF-8 with the whole text, in Markdown.
        starts: Local time, such as 2027-03-01T09:00. Sessions stay, and nobody is told: `turnout
            event postpone` moves all and tells everybody.
        ends: Local time, after the start.
        timezone: IANA name such as Europe/Berlin.
        venue: Name or GUID of the venue in `turnout venue list`.
        online: Web address at which people take part; those who are registered are told it.
        contact_name: Whom people ask.
        contact_email: Where they write to.
        contact_phone: Where they call.
        language: Language of the event, such as en, de or pt-BR.
        visibility: A public event is listed; an unlisted one has a page that is listed nowhere; a
            private one has no page, only invitations, offers, programs and staff lead to it.
        colour: Its colour, such as #0a7d5c.
        registration_ends: Local time at which it closes for registration.
        payment_text: How to pay a ticket; %%amount%%, %%reference%% and %%due%% stand for what is
            asked for. An empty one = the organization's.
        payment_days: Days that a ticket waits for its payment; 0 = the organization's, or 14.
        payment_at: Where a ticket with a price is to be paid: form, integration (the registration
            API and programs), invitation, offer, staff, with commas between, or none.
        guests_may: What guests do by themselves on their personal page: change, cancel, transfer,
            with commas between, or none.
        links: Personal links open in every browser, or a new one confirms by a mailed code.
        ticket_at_once: Show the ticket on the page right after registering. Others can then find
            out whether an address is registered; without, it is only mailed.
        companions: How many people somebody may register along on the event's page: 0 = none, 1 = a
            plus one, up to 9.
        recording: Web address of the recording, to which the page leads once the event is over.
        publish_numbers: The page then says how many were registered, came and watched.
        names: The page asks for a name in one field, or in two for the first and the last.
        state: What it is from now on. A draft refuses the form, the registration API, invitations
            and offers; closed, it refuses everybody but staff; cancelled, everybody.
        capacity: How many people it holds; not below those who are registered.
        unlimited: It holds any number of people.
        message: What those who are registered are told when it is cancelled.
        quiet: Write to nobody.
        revive: Take a cancelled event back: its tickets are valid again, and nobody is told.
    """
    if capacity is not None and unlimited:
        raise Invalid("event.capacity")
    if description is not None and description_file is not None:
        raise Invalid("event.description")
    text = _read_text(description_file) if description_file else description
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        change = EventChange(
            title=title,
            summary=summary,
            description=text,
            locale=language,
            visibility=Visibility(visibility) if visibility else None,
            colour=colour,
            online_url=online,
            contact_name=contact_name,
            contact_email=contact_email,
            contact_phone=contact_phone,
            venue_id=db.call(_find_venue, org_id, venue) if venue is not None else None,
            registration_ends=registration_ends,
            payment_text=payment_text,
            pay_within_days=payment_days,
            payment_doors=None if payment_at is None else _read_doors(payment_at),
            guest_rights=None if guests_may is None else _read_rights(guests_may),
            confirms_links=None if links is None else links == "confirm",
            shows_ticket_at_once=ticket_at_once,
            companions=companions,
            has_one_name=None if names is None else names == "one",
            recording_url=recording,
            publishes_numbers=publish_numbers,
        )
        times = (starts, ends, timezone)
        is_sized = capacity is not None or unlimited
        if state is None and not is_sized and not any(times) and not changed_fields(change):
            raise Invalid("event.unchanged")
        if any(times):
            before = db.call(get_event, org_id, event)
            tell_twice(timezone or before.timezone, starts, ends)
        sizes = (capacity, is_sized)
        news = None if quiet else (known_url(db), message)
        load()
        now, told, revived = db.call(
            _change, org_id, event, change, times, sizes, state, news, revive
        )
        if state is EventState.CANCELLED and db.call(is_exam, org_id, event):
            cancel_exam(db, org_id, event)
    is_off = now.event.state is EventState.CANCELLED
    holds = "" if is_off else f" and holds {say_capacity(now.event.capacity)}"
    held = f"is {now.event.state}{holds}"
    console.print(f"Event {now.event.id} ({now.event.title}) {held}.")
    if told:
        console.print(
            f"Written to: {told.registered} registered, "
            f"{counted(told.contacts, 'contact')} of parties, "
            f"{told.waiting} on the waiting list."
        )
    if revived:
        console.print(
            f"Registrations that are valid again: {revived}. They were not told: a job to the list "
            f"`event:{event}` writes to them."
        )


def publish(org: str, event: EventNumber, /) -> None:
    """Open a draft for registration; it has a page from now on.

    Example: `turnout event publish acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    _move(org, event, Move.PUBLISH, "is open for registration")
    with database() as db:
        slug = db.call(get_organization, org).slug
        console.print(f"Page to register on: {known_url(db)}{page_path(slug)}/{event}")


def close(org: str, event: EventNumber, /) -> None:
    """Close an event for registration: its form, the registration API, invitations, offers and exam
    bookings refuse people, and only staff add them. What is offered to the waiting list is taken
    back: those people wait again, and are told.

    Example: `turnout event close acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    _move(org, event, Move.CLOSE, "is closed for registration")


def reopen(org: str, event: EventNumber, /) -> None:
    """Open a closed event again; free places go to the waiting list first.

    Example: `turnout event reopen acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    _move(org, event, Move.REOPEN, "is open for registration")


def delete(org: str, event: EventNumber, /) -> None:
    """Delete a draft with its sessions and ticket types. An event that was published, or that
    anybody is registered for or invited to, stays: `turnout event cancel` cancels it.

    Example: `turnout event delete acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(delete_draft, org_id, event, actor=actor())
    console.print(f"Event {event} is deleted.")


def say_capacity(capacity: int | None) -> str:
    """How many people something holds."""
    return "any number" if capacity is None else str(capacity)


def known_url(db: Database) -> str:
    """The server's address for links; empty where no server has stored it yet."""
    with suppress(Unavailable):
        return base_url(db)
    return ""


def _move(org: str, event: EventId, move: Move, said: str) -> None:
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        withdrawn = db.call(move_event, org_id, event, move, actor=actor())
        title = db.call(get_event, org_id, event).title
    console.print(f"Event {event} ({title}) {said}.")
    if withdrawn:
        console.print(
            f"Offers that are taken back: {withdrawn}. Those people are on the waiting list again, "
            "and are told by mail."
        )


def _change(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    change: EventChange,
    times: tuple[str | None, str | None, str | None],
    sizes: tuple[int | None, bool],
    state: EventState | None,
    news: tuple[str, str] | None,
    may_revive: bool,
) -> tuple[EventView, Told | None, int]:
    """All of it, or nothing; who was told, and how many registrations are valid again. `news` is
    the server's address and what people are told, None = they are told nothing."""
    before = get_event(tx, org_id, event_id)
    if any(times):
        starts, ends, timezone = times
        when = span(
            starts or before.starts_local, ends or before.ends_local, timezone or before.timezone
        )
        set_event_times(tx, org_id, event_id, when, actor=actor())
    if changed_fields(change):
        describe_event(tx, org_id, event_id, change, actor=actor())
    capacity, is_sized = sizes
    if is_sized:
        set_event_capacity(tx, org_id, event_id, capacity, actor=actor())
    told, revived = None, 0
    if state is not None:
        if EventState.CANCELLED is before.state is not state:
            revived = count_registrations(tx, org_id, event_id)
            if revived and not may_revive:
                raise Conflict("event.revive", event_id=event_id, registrations=revived)
        set_event_state(tx, org_id, event_id, state, is_quiet=news is None, actor=actor())
        if state is EventState.CANCELLED and before.state is not state and news:
            url, message = news
            told = tell_cancelled(
                tx, org_id, event_id, base_url=url, message=message, actor=actor()
            )
    return get_shown_event(tx, org_id, event_id), told, revived


def _find_venue(tx: Tx, org_id: OrgId, name: str) -> VenueId:
    return find_venue(tx, org_id, name).id if name else NO_VENUE


def _read_doors(text: str) -> tuple[PayingDoor, ...]:
    """Doors by their names with commas between; none for `none`. Raises Invalid."""
    named = [name.strip().lower() for name in text.split(",") if name.strip()]
    if named in ([], ["none"]):
        return ()
    for name in named:
        if name not in list(PayingDoor):
            raise Invalid("payment.door", door=name, known=list(PayingDoor))
    return tuple(door for door in PayingDoor if door.value in named)


def _read_rights(text: str) -> tuple[GuestRight, ...]:
    """Rights by their names with commas between; none for `none`. Raises Invalid."""
    named = [name.strip().lower() for name in text.split(",") if name.strip()]
    if named in ([], ["none"]):
        return ()
    for name in named:
        if name not in list(GuestRight):
            raise Invalid("event.guest_right", right=name, known=list(GuestRight))
    return tuple(right for right in GuestRight if right.value in named)


def _read_text(file: Path) -> str:
    with open_text(file) as opened:
        return opened.read(LARGEST_FILE)
