"""An event with everything that an event can have, and files of it."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.builder import Builder, contact
from turnout.core.audience.captions import set_captions
from turnout.core.audience.chapters import Chapter, set_chapters
from turnout.core.audience.media import set_media
from turnout.core.audience.model import MediaKind
from turnout.core.audience.surveys import Item, create_survey, set_survey_open
from turnout.core.certificates.issuing import Template, set_template
from turnout.core.checkin.gates import create_gate
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.door.looking import set_looks_first
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventDetails, SessionState, VenueDetails, span
from turnout.core.events.programme import create_venue, list_sessions, set_session_state
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.events.speakers import SpeakerChange, add_speaker
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.ids import EventId, OrgId
from turnout.core.invitations.invitees import InviteeFilter, confirm, decline, list_invitees
from turnout.core.mails.model import MailKind, MailText
from turnout.core.mails.texts import set_text
from turnout.core.messaging.pictures import keep_picture
from turnout.core.payments.settling import ask_for_payment, set_refuses_unpaid
from turnout.core.portable.document import LIMITS, LONGEST_ROW, ROWS, Part, decode_event, decode_row
from turnout.core.portable.packing import pack_event
from turnout.core.portable.unpacking import Source, Unpacked, unpack_event
from turnout.core.questions.editing import QuestionChange, add_question, change_question
from turnout.core.questions.model import Answer, Kind, Way
from turnout.core.questions.sql import sql as questions_sql
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.choices import set_choices
from turnout.core.registrations.extras import Extras
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_party
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.notes import add_note, add_tag
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.places import set_event_capacity
from turnout.core.waiting_list.entries import set_waiting_hours
from turnout.formats.archives import ArchiveReader, ArchiveWriter
from turnout.formats.pictures import Picture
from turnout.store import Database, Tx

ZONE = "Europe/Berlin"
QUOTA = 10_000_000
PICTURE = Picture(b"RIFF large", b"RIFF small", 8, 6)

CAPTIONS = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGuten Tag\n"


def make_summit(tx: Tx, slug: str) -> tuple[OrgId, EventId]:
    """The event, and the organization that it is of."""
    house = Builder(tx, slug, timezone=ZONE)
    org_id = house.org_id
    house.user()
    event = house.event("Rail Summit", details=EventDetails(schedule=("09:00 Doors",)))
    named: dict[str, Any] = {"actor": "test"}
    picture = keep_picture(tx, org_id, PICTURE, default_quota=QUOTA, actor="test")
    venue = create_venue(
        *(tx, org_id, "Town Hall"),
        timezone=ZONE,
        address="Market 1",
        city="Ulm",
        country_code="DE",
        details=VenueDetails(48.4, 9.99, "Tram 2"),
        **named,
    )
    change = EventChange(
        summary="Two days on rails",
        description="# Rails\n* steel",
        colour="#0a7d5c",
        contact_email="ask@example.com",
        venue_id=venue.id,
        registration_ends="2027-05-30T12:00",
        cover=picture,
    )
    change_event(tx, org_id, event.id, change, **named)
    set_choices(tx, org_id, event.id, mails_tickets=True, waits_when_full=True, **named)
    set_waiting_hours(tx, org_id, event.id, 24, **named)
    set_refuses_unpaid(tx, org_id, event.id, is_refused=True, **named)
    set_looks_first(tx, org_id, event.id, is_first=True, **named)
    _make_programme(house, event, picture)
    _add_people(house, event)
    _ask(house, event)
    return org_id, event.id


def _make_programme(house: Builder, event: Any, picture: str) -> None:
    tx, org_id = house.tx, house.org_id
    dinner = house.ticket_type(event, "Dinner", is_rsvp=True, capacity=3, person_limit=2)
    change = TicketTypeChange(
        description="Soup", price_minor=1050, currency="EUR", sale_ends="2027-05-01T00:00",
        access_code="members", position=2,
    )  # fmt: skip
    edit_ticket_type(tx, org_id, event.id, dinner.id, change, actor="test")
    grace = add_speaker(
        *(tx, org_id, event.id),
        SpeakerChange(name="Grace Hopper", headline="Admiral", picture=picture),
        actor="test",
    )
    when = span("2027-06-01T10:00", "2027-06-01T11:00", ZONE)
    talk = house.session(event, "Talk", when, capacity=5)
    text = SessionChange(
        description="On *steel*", track="Rails", room="Hall 2", position=1,
        ticket_type_ids=[house.default_type(event).id], speaker_ids=[grace.id],
    )  # fmt: skip
    change_session(tx, org_id, event.id, talk.id, text, actor="test")
    set_media(tx, org_id, talk.id, MediaKind.MP4, "https://films.example/1.mp4", actor="test")
    set_chapters(tx, org_id, talk.id, [Chapter(90, "Questions")], actor="test")
    set_captions(tx, org_id, talk.id, "de", CAPTIONS, actor="test")
    tour = house.session(event, "Tour", when)
    set_session_state(tx, org_id, tour.id, SessionState.CANCELLED, actor="test")
    create_gate(tx, org_id, event.id, "Dinner", [dinner.id], [talk.id], has_exit=True, actor="test")
    items = (Item("How was it?", ("Good", "Bad")), Item("Why?"))
    survey = create_survey(
        tx, org_id, event.id, "Feedback", items, session_id=talk.id, actor="test"
    )
    set_survey_open(tx, org_id, survey.id, False, actor="test")
    set_template(tx, org_id, event.id, Template(signer="Dr. Lind"), actor="test")
    mail = MailText("Bis bald: %%event%%", "Hallo %%first_name%%,\n\n%%ticket_link%%")
    set_text(tx, org_id, event.id, MailKind.CONFIRMATION, "de", mail, actor="test")
    house.campaign(event, dinner, house.people("ann", "bob", "cid"), sti="spring")


def _ask(house: Builder, event: Any) -> None:
    whose = (house.tx, house.org_id, event.id)
    default = house.default_type(event).id
    diet = QuestionChange(
        name="Diet", kind=Kind.TEXT, label="What do you eat?", ticket_type_ids=[default]
    )
    size = QuestionChange(name="Size", kind=Kind.CHOICE, choices=["S", "L"], is_required=True)
    terms = QuestionChange(name="Terms", kind=Kind.AGREEMENT, text="Be *kind*.")
    asked = [add_question(*whose, change, actor="test") for change in (diet, size)]
    row = {"org_id": house.org_id, "event_id": event.id, "id": asked[0].id}
    questions_sql.mark_answered(house.tx, [row])
    agreement = add_question(*whose, terms, actor="test")
    change_question(*whose, agreement.id, QuestionChange(text="Be **kind**."), actor="test")
    news = QuestionChange(
        name="News", kind=Kind.AGREEMENT, text="Write to me.", consents=[Way.EMAIL]
    )
    add_question(*whose, news, actor="test")
    once = add_question(*whose, QuestionChange(name="Once", kind=Kind.NUMBER), actor="test")
    change_question(*whose, once.id, QuestionChange(is_removed=True), actor="test")


def _add_people(house: Builder, event: Any) -> None:
    tx, org_id = house.tx, house.org_id
    named: dict[str, Any] = {"actor": "test"}
    talk = min(session.id for session in list_sessions(tx, org_id, event.id))
    ann = add_by_staff(
        *(tx, org_id, event.id, contact("ann", company="Öl & Söhne", phone="+49 731 1")),
        session_ids=[talk],
        answers=[Answer("Diet", "vegan\nno nuts")],
        **named,
    )
    add_note(tx, org_id, ann.registration_id, "Comes with a guide dog.", **named)
    add_tag(tx, org_id, ann.registration_id, "VIP", **named)
    check_in(tx, org_id, event.id, Scan(code=ann.ticket.code, at=tx.now))
    ids = {one.email[0]: one.id for one in list_invitees(tx, org_id, event.id, InviteeFilter())}
    confirm(tx, org_id, ids["a"], **named)
    decline(tx, org_id, ids["b"], **named)
    zoe = add_by_staff(tx, org_id, event.id, contact("zoe"), **named)
    cancel_registration(tx, org_id, zoe.registration_id, **named)
    default = house.default_type(event).id
    guests = [Guest(contact("", email=""), default), Guest(contact("dan"), default)]
    party = register_party(tx, org_id, event.id, contact("boss"), guests, **named)
    code = party.tickets[1].ticket.code
    ask_for_payment(tx, org_id, code, 1050, "EUR", due_at=tx.now + 86_400_000, **named)
    set_event_capacity(tx, org_id, event.id, 3, **named)
    extras = Extras([talk], Submitted(contact("eve"), [Answer("Diet", "soup")]))
    for name in ("eve", "fay"):
        join_list(tx, org_id, event.id, default, contact(name), sti="news", extras=extras)
    cancel_registration(tx, org_id, party.tickets[0].registration_id, **named)


# -- files ---------------------------------------------------------------------------------


def pack(db: Database, org_id: OrgId, event_id: EventId, path: Path, **choices: Any) -> Path:
    """Export to a file."""
    with path.open("wb") as file, ArchiveWriter(file) as archive:
        db.look(pack_event, org_id, event_id, archive.add, **choices)
    return path


def unpack(db: Database, org_id: OrgId, path: Path, **choices: Any) -> Unpacked:
    """Import from a file; pictures are kept as they are, since those of the test are none."""
    with ArchiveReader(path, LIMITS) as archive:
        names = [name for name in archive.names if name.startswith("pictures/")]
        pictures = {name: Picture(archive.read(name), b"RIFF small", 8, 6) for name in names}

        def rows(name: str) -> Iterator[Part]:
            for line in archive.lines(f"{name}.jsonl", LONGEST_ROW):
                yield decode_row(line, ROWS[name], name)

        source = Source(decode_event(archive.read("event.json")), pictures, rows)
        return db.call(unpack_event, org_id, source, default_quota=QUOTA, actor="test", **choices)


def members(path: Path) -> dict[str, bytes]:
    """What stands in a file, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
