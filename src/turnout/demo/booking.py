"""The demo's exams: a centre with rooms, learners, assessments, and exams in every state."""

import datetime
import uuid as uuids
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.events.model import EventState
from turnout.core.exams import lists
from turnout.core.exams.learners import NewLearner, add_learner, list_learners
from turnout.core.exams.lists import NewForm, NewVenue
from turnout.core.exams.model import (
    Accommodation,
    Exam,
    ExamKind,
    ExamRequest,
    ValueKind,
)
from turnout.core.exams.planning import find_exam, get_exam, make_exam, set_exam_state
from turnout.core.exams.seating import NewSitting, book_seat
from turnout.core.identity.demo import get_demo_organization
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import OrgId
from turnout.core.times import local
from turnout.demo.cast import ACTOR, FIRST_NAMES, LAST_NAMES, ZONE, Known, seed_token
from turnout.store import Database, Tx
from turnout.web.catalogue import Step, Trial, Value
from turnout.web.curl_samples import curl, set_variable


def _guid(name: str) -> str:
    """A GUID that is the same on every machine."""
    return str(uuids.uuid5(uuids.NAMESPACE_URL, f"turnout demo {name}"))


LEARNERS = 24
BILLING_CODES = ("Signalling Certificate (3hr)", "Signalling Certificate (4h)", "Re-sit (1h)")
CENTRE = NewVenue(
    "Rail Exam Centre",
    ZONE,
    address="Gleisstraße 7",
    city="Hamburg",
    country_code="DE",
    room="Room 1",
    seats=12,
    uuid=_guid("venue"),
)
FORMS = (
    NewForm("SIG-1", 1, "Signaller 1", "Signaller Level 1", time_limit=120),
    NewForm("SIG-2", 1, "Signaller 2", "Signaller Level 2", time_limit=180),
    NewForm("DRV-1", 1, "Driver 1", "Train Driver Level 1", time_limit=150),
    NewForm("SIG-1", 2, "Signaller 1 (draft)", "Signaller Level 1", is_published=False),
)
FULL, CLOSED, DRAFTED, OPEN = "Route knowledge", "Brake test", "Winter exams", "Spring exams"
FULL_PLACES = 3
MORE_TIME = Accommodation("Time Extension", "half an hour more", 30)


class Member(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The `booking` of demo.json."""

    secret: str
    organization: str
    venue: str
    learners: list[str]
    assessments: list[str]
    billing_code: str
    exam_event: str


def seed(db: Database, known: Known) -> Member:
    """Seed what is missing. `known` is this member as written before: a secret that is no longer
    good gets replaced."""
    organization = db.call(get_demo_organization)
    org_id = organization.org_id
    secret = seed_token(db, org_id, CredentialKind.DEVELOPER_SECRET, known.get("secret"))
    venue = db.call(_seed_lists, org_id)
    learners = db.call(_seed_learners, org_id)
    open_exam = db.call(_seed_exams, org_id, venue, learners)
    return Member(
        secret=secret,
        organization=organization.uuid,
        venue=venue,
        learners=learners,
        assessments=list(dict.fromkeys(form.code for form in FORMS)),
        billing_code=BILLING_CODES[0],
        exam_event=open_exam,
    )


def _seed_lists(tx: Tx, org_id: OrgId) -> str:
    """Venue, billing codes and forms; the venue's GUID."""
    for code in BILLING_CODES:
        lists.add_value(tx, org_id, ValueKind.BILLING_CODE, code, actor=ACTOR)
    known = {(form.code, form.version) for form in lists.list_forms(tx, org_id)}
    for form in FORMS:
        if (form.code, form.version) not in known:
            lists.add_form(tx, org_id, form, actor=ACTOR)
    venues = {venue.name: venue.uuid for venue in lists.list_venues(tx, org_id)}
    if CENTRE.name not in venues:
        return lists.set_venue(tx, org_id, CENTRE, actor=ACTOR).uuid
    return venues[CENTRE.name]


def _seed_learners(tx: Tx, org_id: OrgId) -> list[str]:
    """Their GUIDs, by code."""
    found = list_learners(tx, org_id, LEARNERS)
    if len(found) < LEARNERS:
        for number in range(LEARNERS):
            first = FIRST_NAMES[(5 * number + 3) % len(FIRST_NAMES)]
            last = LAST_NAMES[(9 * number + 2) % len(LAST_NAMES)]
            code = f"L-{number + 1:04}"
            email = f"learner{number + 1:02}@example.com"
            new = NewLearner(code, first, last, email, _guid(code))
            add_learner(tx, org_id, new, actor=ACTOR)
        found = list_learners(tx, org_id, LEARNERS)
    return [learner.uuid for learner in found]


def _seed_exams(tx: Tx, org_id: OrgId, venue: str, learners: list[str]) -> str:
    """Exams in every state, with candidates; the GUID of the published one."""
    found = find_exam(tx, org_id, _guid(OPEN))
    if found is None:
        known: dict[str, Exam] = {}
        first = _nine_o_clock(tx.now, 45)
        facts = (
            (OPEN, ExamKind.EXAM, None, 0),
            (DRAFTED, ExamKind.EXAM, None, 7),
            (FULL, ExamKind.CLASS, FULL_PLACES, 14),
            (CLOSED, ExamKind.CLASS, 10, 21),
        )
        for title, kind, limit, days in facts:
            wanted = _wanted(venue, _nine_o_clock(first, days), limit)
            known[title] = make_exam(
                tx, org_id, wanted, uuid=_guid(title), kind=kind, title=title, actor=ACTOR
            )
        for title, candidates in ((OPEN, learners[:8]), (FULL, learners[8 : 8 + FULL_PLACES])):
            for number, learner in enumerate(candidates):
                _register(tx, org_id, venue, known[title], learner, has_more_time=number == 1)
        exam = get_exam(tx, org_id, known[OPEN].event_id)
        room, *_ = lists.list_rooms(tx, org_id, exam.venue_id)
        lists.assign_room(tx, org_id, exam, room.id, actor=ACTOR)
        for title, state in (
            (OPEN, EventState.OPEN),
            (FULL, EventState.OPEN),
            (CLOSED, EventState.CLOSED),
        ):
            set_exam_state(tx, org_id, known[title].event_id, state, actor=ACTOR)
    return _guid(OPEN)


def _register(
    tx: Tx, org_id: OrgId, venue: str, exam: Exam, learner: str, *, has_more_time: bool
) -> None:
    new = NewSitting(
        uuid=_guid(f"{exam.title} {learner}"),
        exam=_wanted(venue, exam.starts_at, None),
        learner=learner,
        form_code=FORMS[0].code,
        registrant_type="Apprentice",
        accommodations=(MORE_TIME,) if has_more_time else (),
    )
    book_seat(tx, org_id, new, actor=ACTOR)


def _wanted(venue: str, starts_at: int, limit: int | None) -> ExamRequest:
    return ExamRequest(
        venue=venue,
        starts_at=starts_at,
        exam_type="Class",
        exam_format="Paper",
        billing_code=BILLING_CODES[0],
        registration_limit=limit,
    )


def _nine_o_clock(at: int, days: int) -> int:
    """Nine in the morning so many days later."""
    moment = local(at, ZONE)
    later = moment.date() + datetime.timedelta(days=days)
    nine = datetime.datetime.combine(later, datetime.time(9), ZoneInfo(ZONE))
    return int(nine.timestamp() * 1000)


# -- what to try ---------------------------------------------------------------------------


def show(base_url: str, member: Member) -> Trial:
    """What the start page offers to try."""
    secret = ["Authorization: Bearer $SECRET"]
    registrations = f"{base_url}/api/registrations"
    seat = f"{registrations}/$SEAT/commands"
    body = {
        "EventVenue": member.venue,
        "EventStart": "2099-06-01T09:00:00+02:00",
        "EventExamType": "Class",
        "EventExamFormat": "Online",
        "EventBillingCode": member.billing_code,
        "Learner": member.learners[20],
        "Assessment": member.assessments[0],
    }
    grant = {"Type": "Time Extension", "TimeExtension": 30}
    steps = [
        Step(
            "Register a candidate",
            "The exam at that venue and minute is found, or made. You choose the registration's "
            "GUID.",
            f"{set_variable('SECRET', member.secret)}\n"
            f"SEAT=$(python3 -c 'import uuid; print(uuid.uuid4())')\n"
            f"{curl('POST', f'{seat}/register-lax', secret, body=body)}",
        ),
        Step(
            "Grant half an hour more",
            "The candidate's own time grows; the others' does not.",
            curl("POST", f"{seat}/grant-accommodation", secret, body=grant),
        ),
        Step(
            "Retrieve the registration",
            "With its exam, form and learner, and what happened last.",
            curl("GET", f"{registrations}/$SEAT", secret),
        ),
        Step(
            "Ask for scrap paper",
            "A PDF with a page for each candidate. The link works for a quarter of an hour; "
            "asked without the secret, it opens for the organization's people alone.",
            curl("GET", f"{base_url}/api/events/scrap-paper?id={member.exam_event}", secret),
        ),
    ]
    values = [
        Value("secret", "A developer secret", [member.secret]),
        Value("organization", "The organization's GUID", [member.organization]),
        Value("venue", "A venue", [member.venue]),
        Value("learners", "Learners", member.learners[:6]),
        Value("assessments", "Codes of assessments", member.assessments),
        Value("billingCode", "A billing code", [member.billing_code]),
        Value("examEvent", "An exam on the calendar", [member.exam_event]),
    ]
    return Trial("booking", steps, values, {"secret": member.secret})
