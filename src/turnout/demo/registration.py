"""The demo's organization, its programme, and who has registered; registering, to try."""

import datetime
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from turnout.core.events.model import Channel, Event, EventState, Session, Venue, span
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    create_event,
    create_session,
    create_ticket_type,
    create_venue,
    list_channels,
    list_events,
    list_sessions,
)
from turnout.core.identity.credentials import (
    authenticate,
    issue_credential,
    list_credentials,
    revoke_credential,
)
from turnout.core.identity.demo import find_demo_organization, get_demo_organization
from turnout.core.identity.model import Credential, CredentialKind, Principal
from turnout.core.identity.organizations import create_organization
from turnout.core.ids import OrgId
from turnout.core.people.model import Contact
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Answer, Kind
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.intake import process
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.places import (
    set_event_state,
)
from turnout.core.registrations.submissions import (
    Application,
    TargetNoun,
)
from turnout.demo.cast import (
    ACTOR,
    COMPANIES,
    FIRST_NAMES,
    JOBS,
    LAST_NAMES,
    SEED,
    SHOW_ANSWER,
    SLUG,
    ZONE,
    Known,
    number_of,
)
from turnout.errors import Unauthenticated
from turnout.store import Database, Tx
from turnout.web.catalogue import Step, Trial, Value
from turnout.web.curl_samples import curl, set_from_answer, set_variable

KEY_NAME = "demo"
BATCH = 20
PEOPLE = 320
FULL_SESSION_PLACES = 12

Progress = Callable[[int, int], None]

INTEREST = "Main interest"
INTERESTS = ("Signalling", "Timetables", "Rolling stock", "Accessibility")

CONFERENCE_SESSIONS = (
    ("Opening keynote: the last metre", 1, "09:30", "10:15", None),
    ("Timetables that bend", 1, "10:45", "11:30", None),
    ("Workshop: interlocking by hand", 1, "13:00", "16:00", FULL_SESSION_PLACES),
    ("Night trains, day profits", 1, "14:00", "14:45", None),
    ("Accessible platforms", 2, "09:30", "10:15", None),
    ("Maintenance before failure", 2, "11:00", "11:45", None),
    ("Workshop: simulate your junction", 2, "13:00", "15:00", 40),
    ("Closing panel", 2, "15:30", "16:15", None),
)
CONFERENCE_QUESTIONS = (
    QuestionChange(name=INTEREST, kind=Kind.CHOICE, choices=INTERESTS),
    QuestionChange(
        name="Diet",
        kind=Kind.SEVERAL,
        label="What should the kitchen know?",
        choices=("Vegetarian", "Vegan", "Gluten-free"),
    ),
    QuestionChange(
        name="Photos",
        kind=Kind.AGREEMENT,
        label="I may be in photos of the summit",
        text="They are shown on the summit's own pages, for a year.",
    ),
)
WEBINARS = ("Level crossings", "Fares without friction", "Data from the track", "Rail freight 101")


class Programme(NamedTuple):
    """The demo's nouns, as they stand in the database."""

    org_id: OrgId
    conference: Event
    sessions: list[Session]
    closed: Event
    closed_session: Session
    channel: Channel
    webinars: list[Session]

    @property
    def is_complete(self) -> bool:
        """Whether seeding came to its end: closing the winter meetup is its last step."""
        return self.closed.state is EventState.CLOSED

    def present(self, api_key: str) -> "Member":
        """As demo.json has it: sessions without a limit, and the full one."""
        full = next(s for s in self.sessions if s.capacity == FULL_SESSION_PLACES)
        return Member(
            api_key=api_key,
            event_pak=self.conference.pak,
            session_paks=[s.pak for s in self.sessions if s.capacity is None],
            full_session_pak=full.pak,
            closed_event_pak=self.closed.pak,
            closed_session_pak=self.closed_session.pak,
            channel_pak=self.channel.pak,
            channel_session_paks=[s.pak for s in self.webinars],
        )


class Member(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The `registration` of demo.json."""

    api_key: str
    event_pak: str
    session_paks: list[str]
    full_session_pak: str
    closed_event_pak: str
    closed_session_pak: str
    channel_pak: str
    channel_session_paks: list[str]


def seed(db: Database, known: Known, progress: Progress) -> Member:
    """Seed the demo, or what an interrupted run left.

    `known` is this member as written before, for a secret is shown once; where its API key is
    no longer good, a new one replaces it. `progress(done, total)` is called now and then.
    """
    if db.call(find_demo_organization) is None:
        db.call(_seed_programme)
    programme = db.call(_read_programme)
    api_key = str(known.get("apiKey", ""))
    try:
        credential = db.call(authenticate, CredentialKind.API_KEY, api_key)
    except Unauthenticated:
        credential, api_key = db.call(_replace_key, programme.org_id)
    if not programme.is_complete:
        _seed_people(db, credential.principal, programme, progress)
        db.call(
            set_event_state, programme.org_id, programme.closed.id, EventState.CLOSED, actor=ACTOR
        )
    return programme.present(api_key)


def _seed_programme(tx: Tx) -> None:
    """The organization and its programme, all in one transaction."""
    org = create_organization(
        tx,
        SLUG,
        "Turnout Rail Forum",
        timezone=ZONE,
        agent="Demo agency",
        is_demo=True,
        actor=ACTOR,
    ).org_id
    venue = create_venue(
        tx,
        org,
        "Lokschuppen Hamburg",
        timezone=ZONE,
        address="Gleisstraße 7",
        city="Hamburg",
        country_code="DE",
        actor=ACTOR,
    )
    _seed_conference(tx, org, venue)
    _seed_closed_event(tx, org, venue)
    _seed_channel(tx, org)
    _seed_cancelled_event(tx, org)


def _seed_conference(tx: Tx, org: OrgId, venue: Venue) -> None:
    first = datetime.date(_year(tx), 5, 12)
    days = {1: first, 2: first + datetime.timedelta(days=1)}
    when = span(f"{days[1]}T09:00", f"{days[2]}T17:00", ZONE)
    event = create_event(tx, org, "Open Rail Summit", when, venue_id=venue.id, actor=ACTOR)
    create_ticket_type(
        tx,
        org,
        event.id,
        "Early bird",
        price_minor=19_000,
        currency="EUR",
        capacity=100,
        actor=ACTOR,
    )
    create_ticket_type(
        tx, org, event.id, "Student", price_minor=4_500, currency="EUR", capacity=60, actor=ACTOR
    )
    for title, day, starts, ends, capacity in CONFERENCE_SESSIONS:
        slot = span(f"{days[day]}T{starts}", f"{days[day]}T{ends}", ZONE)
        create_session(tx, org, event.id, title, slot, capacity=capacity, actor=ACTOR)
    for question in CONFERENCE_QUESTIONS:
        add_question(tx, org, event.id, question, actor=ACTOR)


def _seed_closed_event(tx: Tx, org: OrgId, venue: Venue) -> None:
    day = datetime.date(_year(tx), 1, 20)
    when = span(f"{day}T18:00", f"{day}T21:00", ZONE)
    event = create_event(tx, org, "Winter meetup", when, venue_id=venue.id, actor=ACTOR)
    create_session(tx, org, event.id, "Depot tour", when, actor=ACTOR)


def _seed_channel(tx: Tx, org: OrgId) -> None:
    channel = create_channel(tx, org, "Thursday webinars", actor=ACTOR)
    day = datetime.date(_year(tx), 3, 1)
    day += datetime.timedelta(days=(3 - day.weekday()) % 7)
    for number, title in enumerate(WEBINARS):
        date = day + datetime.timedelta(weeks=number)
        when = span(f"{date}T16:00", f"{date}T17:00", ZONE)
        event = create_event(tx, org, f"Webinar: {title}", when, actor=ACTOR)
        create_session(tx, org, event.id, title, when, actor=ACTOR)
        add_to_channel(tx, org, channel.id, event.id, actor=ACTOR)


def _seed_cancelled_event(tx: Tx, org: OrgId) -> None:
    day = datetime.date(_year(tx), 10, 9)
    when = span(f"{day}T10:00", f"{day}T16:00", ZONE)
    event = create_event(tx, org, "Autumn excursion", when, actor=ACTOR)
    set_event_state(tx, org, event.id, EventState.CANCELLED, actor=ACTOR)


def _year(tx: Tx) -> int:
    return datetime.datetime.fromtimestamp(tx.now / 1000, datetime.UTC).year + 1


def _read_programme(tx: Tx) -> Programme:
    org = get_demo_organization(tx).org_id
    conference, closed, *webinars = list_events(tx, org)[: 2 + len(WEBINARS)]
    return Programme(
        org,
        conference,
        list_sessions(tx, org, conference.id),
        closed,
        list_sessions(tx, org, closed.id)[0],
        list_channels(tx, org)[0],
        [list_sessions(tx, org, event.id)[0] for event in webinars],
    )


def _replace_key(tx: Tx, org_id: OrgId) -> tuple[Credential, str]:
    for credential in list_credentials(tx, org_id):
        if credential.name == KEY_NAME:
            revoke_credential(tx, org_id, credential.id, actor=ACTOR)
    return issue_credential(tx, org_id, CredentialKind.API_KEY, KEY_NAME, actor=ACTOR)


def _seed_people(
    db: Database, principal: Principal, programme: Programme, progress: Progress
) -> None:
    """Registrations through the intake queue; the same again changes nothing."""
    for done, application in enumerate(_applications(programme), start=1):
        db.call(accept, principal, application)
        while db.call(process, BATCH).done:
            pass
        progress(done, PEOPLE)


def _applications(programme: Programme) -> Iterator[Application]:
    """One application a person: conference, webinars or winter meetup, from a fixed seed."""
    dice = random.Random(SEED)  # noqa: S311 - the same demo everywhere
    member = programme.present("")
    for number in range(PEOPLE):
        submitted = _submitted(dice, number)
        if number < FULL_SESSION_PLACES:
            sessions = [member.full_session_pak, member.session_paks[0]]
            yield Application(TargetNoun.EVENT, member.event_pak, sessions, submitted)
        elif number % 10 == 9:
            sessions = [member.closed_session_pak]
            yield Application(TargetNoun.EVENT, member.closed_event_pak, sessions, submitted)
        elif number % 5 == 4:
            sessions = dice.sample(member.channel_session_paks, dice.randint(1, 3))
            yield Application(TargetNoun.CHANNEL, member.channel_pak, sessions, submitted)
        else:
            sessions = dice.sample(member.session_paks, dice.randint(1, 4))
            yield Application(TargetNoun.EVENT, member.event_pak, sessions, submitted)


def _submitted(dice: random.Random, number: int) -> Submitted:
    first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
    contact = Contact(
        email=f"guest{number + 1:03}@{dice.choice(('example.com', 'example.org', 'example.net'))}",
        title=dice.choice(("Ms", "Mr", "Dr", "")),
        first_name=first,
        last_name=last,
        company=dice.choice(COMPANIES),
        job_title=dice.choice(JOBS),
        city=dice.choice(("Hamburg", "Porto", "Nagoya", "Gdańsk", "")),
        country_code=dice.choice(("DE", "PT", "JP", "PL", "")),
        phone=number_of(number),
    )
    return Submitted(contact, [Answer(INTEREST, dice.choice(INTERESTS))])


# -- what to try ---------------------------------------------------------------------------


def show(base_url: str, member: Member) -> Trial:
    """What the start page offers to try."""
    given = msgspec.to_builtins(member)
    values = [
        Value(name, meaning, [given[name]] if isinstance(given[name], str) else given[name])
        for name, meaning in _MEANINGS.items()
    ]
    return Trial("registration", _list_steps(base_url, member), values, {"apiKey": member.api_key})


def _list_steps(base_url: str, member: Member) -> list[Step]:
    token = ["Authorization: Bearer $TOKEN"]
    signin = curl("POST", f"{base_url}/v1.0/signin", ["APIKey: $API_KEY"])
    register = curl("PUT", f"{base_url}/v1.0/register", token, body=_make_body(member))
    status = curl("GET", f"{base_url}/v1.0/registerstatus", token, query=["queueId=$QUEUE_IDS"])
    return [
        Step(
            "Sign in",
            "The API key gives a bearer token, which is good for an hour.",
            f"{set_variable('API_KEY', member.api_key)}\n"
            f"{set_from_answer('TOKEN', signin, 'idToken')}",
        ),
        Step(
            "Register for three sessions",
            "They are queued at once, one item each, and kept whatever happens to the server.",
            f"ANSWER=$({register})\n{SHOW_ANSWER}",
        ),
        Step(
            "Ask for their outcome",
            "Two are a success. The third session is full: its item failed, and says why.",
            f"{_SET_QUEUE_IDS}\n{status}",
        ),
    ]


def _make_body(member: Member) -> dict[str, Any]:
    paks = [*member.session_paks[:2], member.full_session_pak]
    return {
        "registration": {
            "event": {
                "eventPak": member.event_pak,
                "sessions": [{"sessionPak": pak} for pak in paks],
            },
            "contact": {"email": "you@example.com", "firstName": "Your", "lastName": "Name"},
        }
    }


_MEANINGS = {
    "apiKey": "The key to sign in with",
    "eventPak": "A conference of two days",
    "sessionPaks": "Its sessions that have places",
    "fullSessionPak": "Its workshop that is full",
    "channelPak": "A channel of webinars",
    "channelSessionPaks": "The sessions of its webinars",
    "closedEventPak": "A meetup that is closed for registration",
    "closedSessionPak": "Its session",
}
_SET_QUEUE_IDS = """\
QUEUE_IDS=$(printf '%s' "$ANSWER" | tr ',' '\\n' |
  sed -n 's/.*"queueId":\\([0-9]*\\).*/\\1/p' | paste -s -d , -)"""
