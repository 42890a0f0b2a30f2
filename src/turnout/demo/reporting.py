"""The demo's webcast: who watched it live, as if live and on demand, who asked and answered, and
somebody who may see the report."""

import datetime
import random
import secrets
from typing import NamedTuple

import msgspec

from turnout.core.audience.asking import answer_question, ask_question
from turnout.core.audience.media import Show, list_shows, set_media
from turnout.core.audience.model import Interval, MediaKind, Mode
from turnout.core.audience.permissions import grant_reporting, list_reporting_users
from turnout.core.audience.surveys import Item, answer_survey, create_survey
from turnout.core.audience.viewings import Key, add_intervals
from turnout.core.events.model import Event, span
from turnout.core.events.programme import (
    create_event,
    create_session,
    list_events,
    list_ticket_types,
)
from turnout.core.identity.demo import get_demo_organization
from turnout.core.identity.members import find_password
from turnout.core.identity.passwords import hash_password, is_password
from turnout.core.identity.users import create_user, set_password
from turnout.core.ids import NO_EVENT, EventId, OrgId, RegistrationId, SurveyId, TicketTypeId
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations import booking
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.rules import Door
from turnout.demo.cast import (
    ACTOR,
    COMPANIES,
    FIRST_NAMES,
    JOBS,
    LAST_NAMES,
    SEED,
    ZONE,
    Known,
    number_of,
)
from turnout.store import Database, Tx
from turnout.web.assets import asset_path
from turnout.web.catalogue import Step, Trial, Value
from turnout.web.curl_samples import curl

USERNAME = "reports@example.com"
TITLE = "The last metre, live"
PEOPLE, DAYS = 60, 5
OFFSET = 400
MINUTE, DAY = 60_000, 86_400_000
DOMAINS = ("example.com", "example.org", "example.net")
SOURCES = ("newsletter", "partner", "")
LIVE, SIMLIVE = "Live: the last metre", "Rerun: night trains"
SURVEY = (
    Item("How did you like it?", ("Very much", "Quite", "Not so much")),
    Item("What should we talk about next?"),
)
POLL = (Item("Do you travel by night train?", ("Often", "Sometimes", "Never")),)
WISHES = ("Rail freight", "Fares across borders", "Accessible stations")
QUESTIONS = ("Will there be slides?", "Does this work on single track?", "What did it cost?")


class _Stage(NamedTuple):
    event: Event
    shows: list[Show]
    ticket_type_id: TicketTypeId
    survey_id: SurveyId
    poll_id: SurveyId


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """The `reporting` of demo.json."""

    username: str
    password: str
    event_id: EventId


def seed(db: Database, known: Known) -> Member:
    """Seed what is missing. `known` is this member as written before: a password that is no longer
    good gets replaced."""
    org_id = db.call(get_demo_organization).org_id
    event_id = db.call(_find_event, org_id) or db.call(_seed_event, org_id)
    password = str(known.get("password", ""))
    found = db.call(find_password, USERNAME)
    if found is None or not is_password(password, found.hashed):
        password = secrets.token_urlsafe(12)
        db.call(_put_user, org_id, hash_password(password))
    return Member(USERNAME, password, event_id)


def _find_event(tx: Tx, org_id: OrgId) -> EventId:
    """The webcast, however many events there are beside it; NO_EVENT = it is missing."""
    after = 0
    while events := list_events(tx, org_id, after=after):
        for event in events:
            if event.title == TITLE:
                return event.id
        after = events[-1].id
    return NO_EVENT


def _put_user(tx: Tx, org_id: OrgId, hashed: str) -> None:
    """The reporting user with a new password; made where there is none."""
    known = [user for user in list_reporting_users(tx, org_id) if user.user_code == USERNAME]
    if known:
        set_password(tx, org_id, known[0].user_id, hashed)
        return
    user = create_user(
        tx,
        org_id,
        USERNAME,
        name="Rita Report",
        email=USERNAME,
        password_hash=hashed,
        actor=ACTOR,
    )
    grant_reporting(tx, org_id, user.id, actor=ACTOR)


def _seed_event(tx: Tx, org_id: OrgId) -> EventId:
    """The webcast, over since a few days, with its audience; all in one transaction."""
    stage = _build(tx, org_id)
    dice = random.Random(SEED)  # noqa: S311 - the same demo everywhere
    for number in range(PEOPLE):
        _seed_viewer(tx, org_id, stage, number, dice)
    return stage.event.id


def _build(tx: Tx, org_id: OrgId) -> _Stage:
    date = _date(tx.now - 3 * DAY)
    when = span(f"{date}T16:00", f"{date}T18:00", ZONE)
    event = create_event(tx, org_id, TITLE, when, actor=ACTOR)
    plan = ((LIVE, "16:00", "17:00", False), (SIMLIVE, "17:00", "18:00", True))
    for title, starts, ends, is_simulated in plan:
        slot = span(f"{date}T{starts}", f"{date}T{ends}", ZONE)
        session = create_session(tx, org_id, event.id, title, slot, actor=ACTOR)
        set_media(
            tx,
            org_id,
            session.id,
            MediaKind.MP4,
            asset_path("demo.mp4"),
            is_simulated=is_simulated,
            actor=ACTOR,
        )
    survey = create_survey(tx, org_id, event.id, "Your opinion", SURVEY, actor=ACTOR)
    shows = list_shows(tx, org_id, event.id)
    poll = create_survey(
        tx,
        org_id,
        event.id,
        "Night trains",
        POLL,
        session_id=shows[1].session_id,
        is_poll=True,
        actor=ACTOR,
    )
    ticket_type = list_ticket_types(tx, org_id, event.id)[0]
    return _Stage(event, shows, ticket_type.id, survey.id, poll.id)


def _seed_viewer(tx: Tx, org_id: OrgId, stage: _Stage, number: int, dice: random.Random) -> None:
    viewer = _register(tx, org_id, stage, number, dice)
    live, simlive = stage.shows
    start = live.media.live_from
    fresh: dict[Key, list[Interval]] = {}

    def watch(mode: Mode, show: Show, begins: int, seconds: int) -> None:
        key = Key(org_id, stage.event.id, viewer, mode.value, show.session_id)
        part = Interval(begins, begins + seconds * 1000)
        fresh.setdefault(key, []).append(part)

    kind = number % 6  # 0: nothing, 1 and 2: live, 3: as if live, 4: on demand, 5: all
    if kind in (1, 2, 5):
        late = dice.randrange(15) * MINUTE
        watch(Mode.LIVE, live, start + late, dice.randint(300, 2600))
    if kind in (2, 3, 5):
        watch(Mode.SIMLIVE, simlive, simlive.media.live_from, dice.randint(120, 3600))
    if kind in (4, 5):
        later = live.media.live_until + dice.randint(2, 40) * 60 * MINUTE
        watch(Mode.ON_DEMAND, live, later, dice.randint(60, 3000))
    add_intervals(tx, fresh)
    if kind and number % 4 == 1:
        text = QUESTIONS[number % len(QUESTIONS)]
        asked = ask_question(tx, org_id, viewer, live.session_id, text)
        if number % 8 == 1:
            answer_question(tx, org_id, asked.id, "Yes: see the page of the event.", actor=ACTOR)
    if kind and number % 3 == 2:
        given = {0: dice.choice(SURVEY[0].choices), 1: WISHES[number % len(WISHES)]}
        answer_survey(tx, org_id, viewer, live.session_id, stage.survey_id, given)
    if kind in (3, 5):
        choice = dice.choice(POLL[0].choices)
        answer_survey(tx, org_id, viewer, simlive.session_id, stage.poll_id, {0: choice})


def _register(
    tx: Tx, org_id: OrgId, stage: _Stage, number: int, dice: random.Random
) -> RegistrationId:
    """Register somebody; they came over several days before the webcast."""
    contact = Contact(
        email=f"viewer{number + 1:02}@{DOMAINS[number % len(DOMAINS)]}",
        first_name=dice.choice(FIRST_NAMES),
        last_name=dice.choice(LAST_NAMES),
        company=dice.choice(COMPANIES),
        job_title=dice.choice(JOBS),
        country_code=dice.choice(("DE", "PT", "JP", "PL", "")),
        phone=number_of(OFFSET + number),
    )
    submitted = Submitted(contact, [Answer("How did you hear of us?", dice.choice(WISHES))])
    person = merge_person(tx, org_id, contact)
    at = stage.event.starts_at - (DAYS - number % DAYS) * DAY + number * 7 * MINUTE
    wish = Wish(
        Door.QUEUE,
        stage.event.id,
        person.id,
        stage.ticket_type_id,
        source="demo",
        submitted=submitted,
        sti=SOURCES[(number // 2) % len(SOURCES)],
    )
    made = grant(tx, org_id, wish).registration_id
    booking.set_registered_at(tx, org_id, made, at)
    return made


def _date(at: int) -> str:
    return datetime.datetime.fromtimestamp(at // 1000, datetime.UTC).date().isoformat()


# -- what to try ---------------------------------------------------------------------------


def show(base_url: str, member: Member) -> Trial:
    """What the start page offers to try."""
    api = f"{base_url}/api/reporting"
    ids = ["si=$SI", "ui=$UI"]
    name = [f"username={member.username}", f"password={member.password}", "ver=2.0"]
    report = [*ids, f"ei={member.event_id}"]
    steps = [
        Step(
            "Log in",
            "The answer has the ids of a session and a user; every other call takes both.",
            f"ANSWER=$({curl('GET', f'{base_url}/api/login/json', [], query=name)})\n{_SET_IDS}",
        ),
        Step(
            "List the events that there are reports of",
            "The webcast is over; its number is the one to ask for.",
            curl("GET", f"{api}/eventlist/json", [], query=ids),
        ),
        Step(
            "Who watched live, as a table",
            "Every filter works in XML, JSON, CSV and XLSX, streamed.",
            curl("GET", f"{api}/audience_reports/csv", [], query=[*report, "live_viewers=on"]),
        ),
    ]
    values = [
        Value("username", "A user who sees reports", [member.username, member.password]),
        Value("eventId", "A webcast with its audience", [str(member.event_id)]),
    ]
    return Trial("reporting", steps, values)


_SET_IDS = """\
SI=$(printf '%s' "$ANSWER" | sed -n 's/.*"sessionid":[^}]*"value":"\\([0-9a-f]*\\)".*/\\1/p')
UI=$(printf '%s' "$ANSWER" | sed -n 's/.*"userid":[^}]*"value":"\\([0-9a-f]*\\)".*/\\1/p')"""
