"""Making an event from a file, all or nothing, in one transaction.

Theory. The programme is made by the verbs that organizers use, which judge every value. People and
what is theirs are rows (people.py); every number in them is the place of a row that came before.
Places are counted as the rows come, and held at the end, if they fit.

Rules.
- Numbers, paks and GUIDs are new. So are codes of tickets, unless they are to be kept; one that is
  taken here is new even then.
- Nobody is told anything: no ticket is mailed, no offer again.
- An event is known by its key, `import` in the directory: the same file again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.certificates.issuing import set_template
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState, span
from turnout.core.events.programme import (
    create_event,
    create_venue,
)
from turnout.core.events.venues import VenueChange, check_venue_texts, list_venues
from turnout.core.fields import check_line
from turnout.core.identity.names import Target, drop_name, find_name, take_name
from turnout.core.ids import (
    EventId,
    OrgId,
    VenueId,
)
from turnout.core.mails.model import MailText
from turnout.core.mails.texts import set_text
from turnout.core.messaging.pictures import keep_picture
from turnout.core.portable.document import EventPart, Part, VenuePart
from turnout.core.portable.people import Made, PeopleReader
from turnout.core.portable.programme_parts import (
    digest,
    make_campaigns,
    make_gates,
    make_questions,
    make_sessions,
    make_speakers,
    make_surveys,
    make_types,
)
from turnout.core.portable.sql import sql
from turnout.errors import Invalid
from turnout.formats.pictures import Picture
from turnout.store import Tx

NAMESPACE = "import"


class Unpacked(NamedTuple):
    """The event, and how many rows of each kind were read. `is_new` False = it was imported (or
    made) here before. `new_codes` = codes that were to be kept, and were taken."""

    event_id: EventId
    is_new: bool
    rows: Mapping[str, int]
    new_codes: int


class Source(NamedTuple):
    """What is read: the event, its pictures by their names, and the rows of a list by its name,
    which may be asked for again."""

    event: EventPart
    pictures: Mapping[str, Picture]
    rows: Callable[[str], Iterable[Part]]


def find_imported(tx: Tx, org_id: OrgId, key: str) -> EventId | None:
    """The event of that key, if the organization has it: imported, or made here."""
    for namespace, name in ((NAMESPACE, f"{org_id}:{key}"), ("guid", key)):
        target = find_name(tx, namespace, name)
        if target is None or (target.org_id, target.noun) != (org_id, "event"):
            continue
        if sql.find_event(tx, org_id=org_id, id=EventId(target.target_id)):
            return EventId(target.target_id)
        drop_name(tx, org_id, namespace, name)  # it was deleted
    return None


def unpack_event(
    tx: Tx,
    org_id: OrgId,
    source: Source,
    *,
    keeps_codes: bool = False,
    default_quota: int,
    actor: str,
) -> Unpacked:
    """Make the event of a file. Idempotent by its key. Raises Invalid with the place of the fault,
    Conflict where it needs what is not there."""
    event = source.event
    if known := find_imported(tx, org_id, event.key):
        return Unpacked(known, False, {}, 0)
    digests = {
        name: keep_picture(tx, org_id, picture, default_quota=default_quota, actor=actor)
        for name, picture in source.pictures.items()
    }
    event_id = _make_event(tx, org_id, event, digests, actor)
    take_name(tx, NAMESPACE, f"{org_id}:{event.key}", Target(org_id, "event", event_id))
    made = Made(event_id, make_types(tx, org_id, event_id, event, actor))
    speakers = make_speakers(tx, org_id, event_id, event, digests, actor)
    made.sessions += make_sessions(
        *(tx, org_id, event_id, event, made.ticket_types, speakers, default_quota), actor
    )
    make_questions(tx, org_id, event, made, actor)
    make_gates(tx, org_id, event, made, actor)
    make_surveys(tx, org_id, event, made, actor)
    if event.certificate:
        set_template(tx, org_id, event_id, event.certificate, actor=actor)
    for mail in event.mails:
        text = MailText(mail.subject, mail.body)
        set_text(tx, org_id, event_id, mail.kind, mail.language, text, actor=actor)
    made.campaigns += make_campaigns(tx, org_id, event, made, actor)
    reader = PeopleReader(tx, org_id, made, keeps_codes=keeps_codes)
    reader.read(source.rows)
    _hold(tx, org_id, event, made, reader.held)
    rows = {name: len(found) for name, found in reader.found.items()}
    record(tx, org_id, actor, "imported", "event", event_id, key=event.key, rows=rows)
    return Unpacked(event_id, True, rows, reader.new_codes)


# -- the event -----------------------------------------------------------------------------


def _make_event(
    tx: Tx, org_id: OrgId, event: EventPart, digests: Mapping[str, str], actor: str
) -> EventId:
    details = event.details
    for line in (*details.speakers, *details.schedule):
        check_line("schedule", line)
    when = span(event.starts, event.ends, event.timezone)
    # Its pictures from afterwards stay behind.
    kept = msgspec.structs.replace(details, pictures=())
    made = create_event(
        tx, org_id, event.title, when, state=EventState.DRAFT, details=kept, actor=actor
    )
    change = EventChange(
        title=event.title,
        summary=details.summary,
        description=details.description,
        locale=details.locale,
        colour=details.colour,
        online_url=details.online_url,
        contact_name=details.contact_name,
        contact_email=details.contact_email,
        contact_phone=details.contact_phone,
        cover=digest(digests, event.cover),
        venue_id=_find_or_make_venue(tx, org_id, event.venue, actor) if event.venue else None,
        registration_ends=event.registration_ends,
        payment_text=details.payment_text,
        pay_within_days=details.pay_within_days,
        payment_doors=details.payment_doors,
        guest_rights=details.guest_rights,
        confirms_links=details.confirms_links,
        shows_ticket_at_once=details.shows_ticket_at_once,
        companions=details.companions,
        has_one_name=details.has_one_name,
        recording_url=details.recording_url,
    )
    change_event(tx, org_id, made.id, change, actor=actor)
    return made.id


def _find_or_make_venue(tx: Tx, org_id: OrgId, venue: VenuePart, actor: str) -> VenueId:
    """The organization's venue of that name, address and city, else a new one."""
    for known in list_venues(tx, org_id):
        if (known.name, known.address, known.city) == (venue.name, venue.address, venue.city):
            return known.id
    check_venue_texts(
        VenueChange(
            name=venue.name,
            address=venue.address,
            city=venue.city,
            country_code=venue.country_code,
            timezone=venue.timezone,
            directions=venue.details.directions,
            latitude=venue.details.latitude,
            longitude=venue.details.longitude,
        )
    )
    return create_venue(
        tx,
        org_id,
        venue.name,
        timezone=venue.timezone,
        address=venue.address,
        city=venue.city,
        country_code=venue.country_code.upper(),
        details=venue.details,
        actor=actor,
    ).id


# -- places --------------------------------------------------------------------------------


def _hold(
    tx: Tx, org_id: OrgId, event: EventPart, made: Made, held: Mapping[str, Counter[int]]
) -> None:
    """Hold the places that were counted, and open the event as far as it was. Raises Invalid where
    more are held than there are."""
    parts: Iterable[tuple[str, list[int], list[int | None]]] = (
        ("ticket_types", list(made.ticket_types), [kind.capacity for kind in event.ticket_types]),
        ("sessions", list(made.sessions), [session.capacity for session in event.sessions]),
    )
    for name, ids, capacities in parts:
        for id_, capacity in zip(ids, capacities, strict=True):
            _check_fits(name, held[name][id_], capacity)
    for type_id in made.ticket_types:
        sql.set_ticket_type_held(tx, org_id=org_id, id=type_id, held=held["ticket_types"][type_id])
    for session_id in made.sessions:
        sql.set_session_held(tx, org_id=org_id, id=session_id, held=held["sessions"][session_id])
    total = held["events"][made.event_id]
    _check_fits("event", total, event.capacity)
    choices = event.choices
    sql.finish_event(
        tx,
        org_id=org_id,
        id=made.event_id,
        state=event.state.value,
        capacity=event.capacity,
        held=total,
        waiting_hours=choices.waiting_hours,
        mails_api_tickets=int(choices.mails_api_tickets),
        waits_when_full=int(choices.waits_when_full),
        is_waiting_closed=int(choices.is_waiting_closed),
        has_nameless_tickets=int(choices.has_nameless_tickets),
        refuses_unpaid=int(choices.refuses_unpaid),
        door_looks_first=int(choices.door_looks_first),
        now=tx.now,
    )


def _check_fits(name: str, held: int, capacity: int | None) -> None:
    if capacity is not None and held > capacity:
        raise Invalid("portable.places", list=name, held=held, capacity=capacity)
