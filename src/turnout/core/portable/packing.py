"""Writing an event into a file: `event.json`, a list of rows for each kind of thing, pictures.

Everything is read in one transaction, row by row; only the places of the rows are kept in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from turnout.core.audience.captions import list_captions, read_captions
from turnout.core.audience.chapters import list_chapters
from turnout.core.audience.model import MediaKind
from turnout.core.audience.surveys import Item, list_surveys
from turnout.core.certificates.issuing import Template, get_template
from turnout.core.checkin.gates import list_gates
from turnout.core.events.model import EventDetails, EventState, SessionState
from turnout.core.events.venues import VenueView, list_venues
from turnout.core.ids import EventId, OrgId, VenueId
from turnout.core.invitations.campaigns import list_campaigns
from turnout.core.mails.texts import list_own_texts
from turnout.core.messaging.pictures import read_picture
from turnout.core.portable.document import (
    EVENT,
    FORMAT,
    VERSION,
    CampaignPart,
    CaptionsPart,
    ChoicesPart,
    EventPart,
    GatePart,
    MailTextPart,
    MediaPart,
    Part,
    QuestionPart,
    SessionPart,
    SpeakerPart,
    SurveyPart,
    TicketTypePart,
    VenuePart,
)
from turnout.core.portable.packing_people import READERS, Places, pick_places
from turnout.core.portable.sql import sql
from turnout.core.questions.reading import list_questions
from turnout.core.questions.sql import sql as questions_sql
from turnout.errors import Conflict, Missing
from turnout.store import Tx

Add = Callable[[str, Iterable[bytes]], None]
"""`add(name, pieces)`: adds a member to the archive."""


_numbers = msgspec.json.Decoder(tuple[int, ...])
_json = msgspec.json.Encoder()


class Packed(NamedTuple):
    """What was written: how many rows of each kind."""

    title: str
    rows: dict[str, int]


class _Pictures:
    """The pictures of the event, by their names in the archive."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def name(self, digest: str) -> str:
        if not digest:
            return ""
        return self.names.setdefault(digest, f"pictures/{len(self.names) + 1}.webp")


def pack_event(
    tx: Tx, org_id: OrgId, event_id: EventId, add: Add, *, has_people: bool = True
) -> Packed:
    """Write an event into an archive, with its people unless `has_people` is off.

    Passwords, tokens, scans and what was watched are not in it. Raises Conflict for an exam,
    Missing.
    """
    places: dict[str, Places] = {}
    pictures = _Pictures()
    event = _read_event(tx, org_id, event_id, places, pictures)
    add(EVENT, [msgspec.json.format(_json.encode(event), indent=1)])
    counts: dict[str, int] = {}
    if has_people:
        for name, read in READERS.items():
            own = places.setdefault(name, {})
            add(f"{name}.jsonl", _lines(read(tx, org_id, event_id, places), own))
            counts[name] = len(own)
    for digest, member in pictures.names.items():
        add(member, [read_picture(tx, org_id, digest, is_small=False)])
    return Packed(event.title, counts)


def _lines(rows: Iterable[tuple[int, Part]], places: Places) -> Iterator[bytes]:
    """Rows as lines; their places are noted on the way. A row without a number counts only."""
    for number, row in rows:
        places[number or -1 - len(places)] = len(places)
        yield _json.encode(row) + b"\n"


# -- the programme -------------------------------------------------------------------------


def _read_event(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    places: dict[str, Places],
    pictures: _Pictures,
) -> EventPart:
    row = sql.find_event(tx, org_id=org_id, id=event_id)
    if row is None:
        raise Missing("event.missing", event_id=event_id)
    if row.is_exam:
        raise Conflict("portable.exam", event_id=event_id)
    whose = (tx, org_id, event_id, places)
    return EventPart(
        format=FORMAT,
        version=VERSION,
        key=find_key(tx, org_id, event_id) or row.uuid,
        title=row.title,
        state=EventState(row.state),
        timezone=row.timezone,
        starts=row.starts_local,
        ends=row.ends_local,
        ticket_types=list(_ticket_types(*whose)),
        capacity=row.capacity,
        registration_ends=row.registration_ends_local,
        details=msgspec.json.decode(row.details, type=EventDetails),
        cover=pictures.name(row.cover),
        venue=_venue(tx, org_id, row.venue_id),
        choices=ChoicesPart(
            waiting_hours=row.waiting_hours,
            **{name: bool(getattr(row, name)) for name in _CHOICES},
        ),
        speakers=list(_speakers(*whose, pictures)),
        sessions=list(_sessions(*whose)),
        questions=list(_questions(*whose)),
        gates=list(_gates(*whose)),
        surveys=list(_surveys(*whose)),
        certificate=_certificate(tx, org_id, event_id),
        campaigns=list(_campaigns(*whose)),
        mails=[
            MailTextPart(
                kind=own.kind, language=own.language, subject=own.text.subject, body=own.text.body
            )
            for own in list_own_texts(tx, org_id, event_id)
        ],
    )


_CHOICES = tuple(name for name in ChoicesPart.__struct_fields__ if name != "waiting_hours")


def find_key(tx: Tx, org_id: OrgId, event_id: EventId) -> str | None:
    """Which event it was where it came from, if it was imported."""
    name = sql.find_key(tx, org_id=org_id, event_id=event_id)
    return name.partition(":")[2] if name else None


def _venue(tx: Tx, org_id: OrgId, venue_id: VenueId | None) -> VenuePart | None:
    found: VenueView | None = next(
        (venue for venue in list_venues(tx, org_id) if venue.id == venue_id), None
    )
    if found is None:
        return None
    return VenuePart(**{name: getattr(found, name) for name in VenuePart.__struct_fields__})


def _ticket_types(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places]
) -> Iterator[TicketTypePart]:
    own = places.setdefault("ticket_types", {})
    for row in sql.list_ticket_types(tx, org_id=org_id, event_id=event_id):
        own[row.id] = len(own)
        yield TicketTypePart(
            name=row.name,
            is_default=bool(row.is_default),
            description=row.description,
            price_minor=row.price_minor,
            currency=row.currency,
            capacity=row.capacity,
            is_rsvp=bool(row.is_rsvp),
            is_locked=bool(row.is_locked),
            is_hidden=bool(row.is_hidden),
            person_limit=row.person_limit,
            access_code=row.access_code,
            sale_starts=row.sale_starts_local,
            sale_ends=row.sale_ends_local,
            position=row.position,
        )


def _speakers(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places], pictures: _Pictures
) -> Iterator[SpeakerPart]:
    own = places.setdefault("speakers", {})
    for row in sql.list_speakers(tx, org_id=org_id, event_id=event_id):
        own[row.id] = len(own)
        yield SpeakerPart(
            name=row.name,
            headline=row.headline,
            description=row.description,
            picture=pictures.name(row.picture),
            position=row.position,
        )


def _sessions(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places]
) -> Iterator[SessionPart]:
    own = places.setdefault("sessions", {})
    for row in sql.list_sessions(tx, org_id=org_id, event_id=event_id):
        own[row.id] = len(own)
        yield SessionPart(
            title=row.title,
            starts=row.starts_local,
            ends=row.ends_local,
            state=SessionState(row.state),
            capacity=row.capacity,
            description=row.description,
            track=row.track,
            room=row.room,
            position=row.position,
            ticket_types=_named(row.ticket_type_ids, places["ticket_types"]),
            speakers=_named(row.speaker_ids, places["speakers"]),
            media=_media(tx, org_id, row) if row.url is not None else None,
            captions=[
                CaptionsPart(language=one.language, text=read_captions(tx, org_id, one.digest))
                for one in list_captions(tx, org_id, row.id)
            ],
        )


def _named(numbers: str, places: Places) -> list[int]:
    return pick_places(_numbers.decode(numbers), places)


def _media(tx: Tx, org_id: OrgId, row: Any) -> MediaPart:
    return MediaPart(
        kind=MediaKind(row.kind),
        url=row.url,
        is_simulated=bool(row.is_simulated),
        is_on_demand=bool(row.is_on_demand),
        live_from=row.live_from,
        live_until=row.live_until,
        chapters=[(one.at, one.title) for one in list_chapters(tx, org_id, row.id)],
    )


def _questions(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places]
) -> Iterator[QuestionPart]:
    for known in list_questions(tx, org_id, event_id, is_all=True):
        texts = questions_sql.list_texts(tx, org_id=org_id, event_id=event_id, question_id=known.id)
        yield QuestionPart(
            name=known.name,
            kind=known.kind,
            label=known.label,
            hint=known.hint,
            choices=known.choices,
            is_required=known.is_required,
            ticket_types=pick_places(known.ticket_type_ids, places["ticket_types"]),
            texts=[row.text for row in texts],
            is_answered=known.is_answered,
            is_removed=known.is_removed,
            consents=known.consents,
            is_at_door=known.is_at_door,
        )


def _gates(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places]
) -> Iterator[GatePart]:
    types, sessions = places["ticket_types"], places["sessions"]
    for gate in list_gates(tx, org_id, event_id):
        yield GatePart(
            name=gate.name,
            ticket_types=[types[id_] for id_ in gate.ticket_type_ids if id_ in types],
            sessions=[sessions[id_] for id_ in gate.session_ids if id_ in sessions],
            has_exit=gate.has_exit,
            day=gate.day,
        )


def _surveys(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places]
) -> Iterator[SurveyPart]:
    for survey in list_surveys(tx, org_id, event_id):
        yield SurveyPart(
            title=survey.title,
            items=tuple(Item(item.question, tuple(item.choices)) for item in survey.items),
            session=places["sessions"].get(survey.session_id or 0),
            is_poll=bool(survey.is_poll),
            is_open=bool(survey.is_open),
        )


def _certificate(tx: Tx, org_id: OrgId, event_id: EventId) -> Template | None:
    template = get_template(tx, org_id, event_id)
    return None if template == Template() else template


def _campaigns(
    tx: Tx, org_id: OrgId, event_id: EventId, places: dict[str, Places]
) -> Iterator[CampaignPart]:
    own = places.setdefault("campaigns", {})
    for campaign, _ in list_campaigns(tx, org_id, event_id):
        own[campaign.id] = len(own)
        yield CampaignPart(
            ticket_type=places["ticket_types"][campaign.ticket_type_id],
            name=campaign.name,
            subject=campaign.subject,
            sender_email=campaign.sender_email,
            sender_name=campaign.sender_name,
            body=campaign.body,
            sti=campaign.sti,
            sent_at=campaign.sent_at,
            reminder_subject=campaign.reminder_subject,
            reminder_body=campaign.reminder_body,
        )
