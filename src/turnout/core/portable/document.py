"""What stands in the file of an event: `event.json`, lists of rows, and pictures.

Nothing in it is named by a number of the database: rows name others by their place in the file,
from 0. Local times are as planned at the event, instants are epoch ms. `key` says which event it
is, wherever it was imported.

If a field is added, also write it in packing.py and read it in unpacking.py; one that is taken
away or means something else needs the next VERSION.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from turnout.core.audience.model import MediaKind
from turnout.core.audience.surveys import Item
from turnout.core.certificates.issuing import Template
from turnout.core.events.model import EventDetails, EventState, SessionState, VenueDetails
from turnout.core.mails.model import MailKind
from turnout.core.payments.settling import PaymentState
from turnout.core.people.model import Contact
from turnout.core.questions.model import Kind, Way
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.text import is_storable
from turnout.core.tickets.issuing import GrantKind, TicketState
from turnout.core.waiting_list.entries import WaitingState
from turnout.errors import Invalid

FORMAT, VERSION = "turnout event", 1
EVENT = "event.json"
PEOPLE_LIMIT, ROWS_LIMIT = 100_000, 500_000
LONGEST_ROW = 200_000
PARTS_LIMIT = 1_000

P = TypeVar("P", bound="Part")

Index = Annotated[int, msgspec.Meta(ge=0, le=ROWS_LIMIT)]
At = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Line = Annotated[str, msgspec.Meta(max_length=200)]
Prose = Annotated[str, msgspec.Meta(max_length=20_000)]
Local = Annotated[str, msgspec.Meta(max_length=40)]
Key = Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]{36}$")]
Code = Annotated[str, msgspec.Meta(pattern="^[0-9A-Z]{10}$")]
Indexes = Annotated[list[Index], msgspec.Meta(max_length=PARTS_LIMIT)]

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{0,8}$")]
"""A language as it is kept, without a region; empty = not known."""


class Part(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A part of the file; a member that is not known is refused."""


class VenuePart(Part):
    """Where it is; one of the same name and address that is there already is taken."""

    name: Line
    timezone: Line
    address: Line = ""
    city: Line = ""
    country_code: Line = ""
    details: VenueDetails = VenueDetails()


class ChoicesPart(Part):
    """What the event chose for registrations, waiting and the doors."""

    waiting_hours: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 48
    mails_api_tickets: bool = False
    waits_when_full: bool = False
    is_waiting_closed: bool = False
    has_nameless_tickets: bool = False
    refuses_unpaid: bool = False
    door_looks_first: bool = False


class TicketTypePart(Part):
    """A ticket type; exactly one is the default."""

    name: Line
    is_default: bool = False
    description: Prose = ""
    price_minor: Count = 0
    currency: Line = ""
    capacity: Count | None = None
    is_rsvp: bool = False
    is_locked: bool = False
    is_hidden: bool = False
    person_limit: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    access_code: Line = ""
    sale_starts: Local = ""
    sale_ends: Local = ""
    position: Index = 0


class SpeakerPart(Part):
    """A speaker; `picture` is the name of a member."""

    name: Line
    headline: Line = ""
    description: Prose = ""
    picture: Line = ""
    position: Index = 0


class MediaPart(Part):
    """What a session shows; chapters are a second of the recording and a title each."""

    kind: MediaKind
    url: Annotated[str, msgspec.Meta(max_length=2_000)]
    is_simulated: bool
    is_on_demand: bool
    live_from: At
    live_until: At
    chapters: Annotated[list[tuple[Count, Line]], msgspec.Meta(max_length=200)] = []


class CaptionsPart(Part):
    """A session's captions in a language: a WebVTT file."""

    language: Line
    text: Annotated[str, msgspec.Meta(max_length=1_000_000)]


class SessionPart(Part):
    """A session; who may book it and who speaks are places in the lists of the event."""

    title: Line
    starts: Local
    ends: Local
    state: SessionState = SessionState.OPEN
    capacity: Count | None = None
    description: Prose = ""
    track: Line = ""
    room: Line = ""
    position: Index = 0
    ticket_types: Indexes = []
    speakers: Indexes = []
    media: MediaPart | None = None
    captions: Annotated[list[CaptionsPart], msgspec.Meta(max_length=30)] = []


class QuestionPart(Part):
    """What the event asks; `texts` are those of an agreement, oldest first."""

    name: Line
    kind: Kind
    label: Annotated[str, msgspec.Meta(max_length=500)] = ""
    hint: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    choices: Annotated[tuple[Line, ...], msgspec.Meta(max_length=50)] = ()
    is_required: bool = False
    ticket_types: Indexes = []
    texts: Annotated[list[Prose], msgspec.Meta(max_length=100)] = []
    is_answered: bool = False
    is_removed: bool = False
    consents: tuple[Way, ...] = ()
    is_at_door: bool = False


class GatePart(Part):
    """A check-in list."""

    name: Line
    ticket_types: Indexes = []
    sessions: Indexes = []
    has_exit: bool = False
    day: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""


class SurveyPart(Part):
    """A survey or poll."""

    title: Line
    items: Annotated[tuple[Item, ...], msgspec.Meta(max_length=50)]
    session: Index | None = None
    is_poll: bool = False
    is_open: bool = True


class MailTextPart(Part):
    """What the event's mails of a kind say in a language."""

    kind: MailKind
    language: Language
    subject: Line
    body: Annotated[str, msgspec.Meta(max_length=20_000)]


class CampaignPart(Part):
    """An invitation, without those whom it invites."""

    ticket_type: Index
    name: Line
    subject: Line
    sender_email: Line
    body: Annotated[str, msgspec.Meta(max_length=100_000)]
    sender_name: Line = ""
    sti: Line = ""
    sent_at: At | None = None
    reminder_subject: Line = ""
    reminder_body: Annotated[str, msgspec.Meta(max_length=100_000)] = ""


Parts = msgspec.Meta(max_length=PARTS_LIMIT)


class EventPart(Part):
    """`event.json`."""

    format: str
    version: int
    key: Key
    title: Line
    state: EventState
    timezone: Line
    starts: Local
    ends: Local
    ticket_types: Annotated[list[TicketTypePart], Parts]
    capacity: Count | None = None
    registration_ends: Local = ""
    details: EventDetails = EventDetails()
    cover: Line = ""
    venue: VenuePart | None = None
    choices: ChoicesPart = msgspec.field(default_factory=ChoicesPart)
    speakers: Annotated[list[SpeakerPart], Parts] = []
    sessions: Annotated[list[SessionPart], Parts] = []
    questions: Annotated[list[QuestionPart], Parts] = []
    gates: Annotated[list[GatePart], Parts] = []
    surveys: Annotated[list[SurveyPart], Parts] = []
    certificate: Template | None = None
    campaigns: Annotated[list[CampaignPart], Parts] = []
    mails: Annotated[list[MailTextPart], Parts] = []


# -- rows ----------------------------------------------------------------------------------


class PersonRow(Part):
    """Somebody whom the event knows; the address may be empty."""

    contact: Contact


class PartyRow(Part):
    """Registrations that were made together, and who gets their mails."""

    contact: Index


class InvitationRow(Part):
    """An invitee of a campaign."""

    campaign: Index
    person: Index
    sent_at: At | None = None
    declined_at: At | None = None
    declined_after: At = 0
    confirmed_at: At | None = None
    reminded_at: At | None = None
    reminders: Count = 0


class WaitingRow(Part):
    """An entry of the waiting list, with the sessions and answers that go with it."""

    ticket_type: Index
    person: Index
    state: WaitingState
    created_at: At
    priority: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] = 0
    sti: Line = ""
    offered_at: At | None = None
    deadline_at: At | None = None
    reason: Annotated[str, msgspec.Meta(pattern=r"^[a-z_.]{0,60}$")] = ""
    sessions: Indexes = []
    submitted: Submitted | None = None
    language: Language = ""


class RegistrationRow(Part):
    """A registration, with what was answered."""

    person: Index
    ticket_type: Index
    state: RegistrationState
    source: Line
    submitted: Submitted
    created_at: At
    sti: Line = ""
    party: Index | None = None
    language: Language = ""


class BookingRow(Part):
    """A session that is booked with a registration."""

    registration: Index
    session: Index


class PaymentPart(Part):
    """What is to be paid for a ticket."""

    state: PaymentState
    amount_minor: Count
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    reference: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9-]{4,35}$")]
    due_at: At
    settled_at: At | None = None
    lapsed_at: At | None = None


class TicketRow(Part):
    """A ticket; `grant` is the invitation or the entry of the waiting list that gave it, and
    `issued_by` what it was granted by first, where that is something else."""

    registration: Index
    ticket_type: Index
    code: Code
    state: TicketState
    granted_by: GrantKind
    created_at: At
    checked_in_at: At | None = None
    grant: Index | None = None
    issued_by: GrantKind | None = None
    payment: PaymentPart | None = None


class NoteRow(Part):
    """A note of the staff."""

    registration: Index
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    actor: Line
    created_at: At
    is_at_door: bool = False


class TagRow(Part):
    """A tag of the staff."""

    registration: Index
    tag: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


ROWS: dict[str, type[Part]] = {
    "people": PersonRow,
    "parties": PartyRow,
    "invitations": InvitationRow,
    "waiting": WaitingRow,
    "registrations": RegistrationRow,
    "bookings": BookingRow,
    "tickets": TicketRow,
    "notes": NoteRow,
    "tags": TagRow,
}
"""The lists of people and what is theirs, by the name of the member, in the order of reading."""

PICTURE, PICTURES_LIMIT = re.compile(r"pictures/[0-9]{1,4}\.webp"), 200
LIMITS = {
    re.compile(r"event\.json"): 60_000_000,
    re.compile(rf"(?:{'|'.join(ROWS)})\.jsonl"): 1_000_000_000,
    PICTURE: 15_000_000,
}
"""How large the members of the archive may be, by a pattern of the name."""


def decode_event(text: bytes) -> EventPart:
    """`event.json`. Raises Invalid with the place of the fault."""
    event = decode_row(text, EventPart, EVENT)
    if (event.format, event.version) != (FORMAT, VERSION):
        raise Invalid("portable.version", version=VERSION)
    if sum(kind.is_default for kind in event.ticket_types) != 1:
        raise Invalid("portable.default")
    return event


def decode_row(text: bytes, row: type[P], place: str) -> P:
    """A line of a list. Raises Invalid with its place."""
    try:
        found = msgspec.json.decode(text, type=row)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("portable.form", place=place, said=str(error)) from error
    if not all(map(is_storable, _texts(msgspec.to_builtins(found)))):
        raise Invalid("portable.text", place=place)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
