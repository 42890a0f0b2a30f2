"""A crowd of every kind, and the report of it as a slow and obvious program would make it."""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.core.audience.cinema import LIVE_FROM, LIVE_UNTIL, MINUTE, Cinema
from tests.support.node import LocalNode
from turnout.core.audience.asking import answer_question, ask_question
from turnout.core.audience.model import Interval, Mode
from turnout.core.audience.reports import Registrants, ReportFilter
from turnout.core.audience.surveys import Item, answer_survey, create_survey
from turnout.core.audience.viewings import correct_viewing
from turnout.core.ids import RegistrationId, SessionId, SurveyId
from turnout.core.registrations.giving_back import cancel_registration

DAY = 86_400_000
DOMAINS = ("example.com", "mail.example.com", "example.org", "straße.de")
STIS = ("", "newsletter", "ad|word", "x")
HOSTILE = "=cmd|' /C calc'!A0 \"q\" <&> ]]> \u2028 é 🚊"


class Registrant(NamedTuple):
    """Somebody registered, with all that they did; as a row of `Registrants`."""

    id: RegistrationId
    email: str
    first_name: str
    last_name: str
    company: str
    job_title: str
    phone: str
    country_code: str
    registered_at: int
    sti: str
    answers: list[tuple[str, str]]
    viewings: list[tuple[Mode, Interval]]
    questions: list[tuple[str, str]]
    survey_answers: list[tuple[str, str]]
    surveys_answered: int


def read_each(some: Registrants) -> Iterator[Registrant]:
    """Registrants one by one."""
    for *facts, answers, viewings, questions, given in zip(*some, strict=True):
        watched = [(Mode(mode), Interval(start, end)) for mode, start, end in viewings]
        surveys = [(question, answer) for _, question, answer in given]
        count = len({survey_id for survey_id, _, _ in given})
        yield Registrant._make((*facts, answers, watched, questions, surveys, count))


def fill(node: LocalNode, cinema: Cinema) -> list[Registrant]:
    """Register people one by one, let them do things, and say what the report must know."""
    node.clock.now = LIVE_FROM - 6 * DAY
    db, org_id = cinema.db, cinema.org_id
    items = (Item("Good?", ("yes", "no")), Item("More?"))
    survey = db.call(create_survey, org_id, cinema.event.id, "Survey", items, actor="test")
    poll = db.call(
        create_survey, org_id, cinema.event.id, "Poll", items[:1], is_poll=True, actor="test"
    )
    crowd = []
    acts = itertools.product((False, True), (False, True), range(6))
    for number, (asks, answers, views) in enumerate(acts):
        node.clock.now += DAY // 3 + 61_000
        crowd.append(_viewer(node, cinema, number, asks, answers, views, survey.id, poll.id))
    gone = cinema.register("gone@example.com", answers=(("Only theirs", "x"),))
    db.call(cancel_registration, org_id, gone, actor="test")
    node.clock.now = LIVE_UNTIL + 10 * DAY
    return crowd


def _viewer(
    node: LocalNode,
    cinema: Cinema,
    number: int,
    asks: bool,
    answers: bool,
    views: int,
    survey_id: SurveyId,
    poll_id: SurveyId,
) -> Registrant:
    db, org_id = cinema.db, cinema.org_id
    email = f"v{number}@{DOMAINS[number % len(DOMAINS)]}"
    sti = STIS[(number // 2) % len(STIS)]
    facts = {
        "first_name": HOSTILE if number == 7 else f"F{number}",
        "last_name": f"L{number}",
        "company": "=1+1" if number == 3 else "Acme, Inc.",
        "job_title": "Dr\nof\tthings" if number == 5 else "",
        "phone": "+49 30 1234",
        "country_code": "DE",
    }
    custom = (("Diet", "-none"), ("Colour", HOSTILE))[: number % 3]
    viewer = cinema.register(email, sti=sti, answers=custom, **facts)
    registered_at = node.clock.now
    plan: list[tuple[Mode, SessionId, int, int]] = [
        (Mode.LIVE, cinema.talk.id, LIVE_FROM + number * MINUTE, 90 + number),
        (Mode.SIMLIVE, cinema.show.id, LIVE_FROM + 5 * MINUTE, 30),
        (Mode.ON_DEMAND, cinema.talk.id, LIVE_UNTIL + number * DAY // 2, 600),
    ]
    chosen = {0: [], 1: plan[:1], 2: plan[1:2], 3: plan[2:], 4: plan, 5: plan[:2]}[views]
    for mode, session_id, start, seconds in chosen:
        span = (start, start + seconds * 1000)
        db.call(correct_viewing, org_id, viewer, session_id, mode, span, actor="test")
    asked: list[tuple[str, str]] = []
    if asks:
        for text in (HOSTILE, "Second?")[: 1 + number % 2]:
            question = db.call(ask_question, org_id, viewer, cinema.talk.id, text)
            asked.append((text, ""))
        db.call(answer_question, org_id, question.id, "+yes", actor="test")
        asked[-1] = (asked[-1][0], "+yes")
    answered: list[tuple[str, str]] = []
    if answers:
        given = {0: "yes", 1: "=SUM(A1)"} if number % 2 else {1: "No."}
        db.call(answer_survey, org_id, viewer, cinema.talk.id, survey_id, given)
        answered = [(("Good?", "More?")[key], value) for key, value in given.items()]
    if number % 4 == 1:
        db.call(answer_survey, org_id, viewer, cinema.talk.id, poll_id, {0: "no"})
    viewings = [
        (mode, Interval(start, start + seconds * 1000)) for mode, _, start, seconds in chosen
    ]
    return Registrant(
        viewer,
        email,
        facts["first_name"],
        facts["last_name"],
        facts["company"],
        facts["job_title"],
        facts["phone"],
        facts["country_code"],
        registered_at,
        sti,
        list(custom),
        sorted(viewings, key=lambda viewing: (viewing[1].start, viewing[0].value)),
        asked,
        answered,
        int(answers),
    )


def keep(crowd: list[Registrant], wanted: ReportFilter) -> list[Registrant]:
    """Whom the filter keeps, by the words of the contract."""
    return [person for person in crowd if all(_reasons(person, wanted))]


def _reasons(person: Registrant, wanted: ReportFilter) -> Iterator[bool]:
    first = wanted.starts_at if wanted.starts_at is not None else -(2**60)
    last = wanted.ends_at if wanted.ends_at is not None else 2**60
    has_range = wanted.starts_at is not None or wanted.ends_at is not None
    if has_range and (wanted.by_regs or wanted.by_views):
        registered = first <= person.registered_at < last
        watched = any(end > first and start < last for _, (start, end) in person.viewings)
        yield (wanted.by_regs and registered) or (wanted.by_views and watched)
    domain = person.email.rpartition("@")[2]
    if wanted.stis:
        yield person.sti in wanted.stis
    if wanted.included_domains:
        yield domain in wanted.included_domains
    if wanted.excluded_domains:
        yield domain not in wanted.excluded_domains
    if wanted.has_asked:
        yield bool(person.questions)
    if wanted.has_answered:
        yield bool(person.survey_answers)
    modes = {mode for mode, _ in person.viewings}
    if wanted.viewers or wanted.no_shows:
        yield bool(modes & wanted.viewers) or (wanted.no_shows and not modes)


Parts = dict[str, Any]

# Every filter, by itself; the tests take them singly and in pairs.
SINGLE: tuple[Parts, ...] = (
    {"starts_at": LIVE_FROM - 3 * DAY, "ends_at": LIVE_FROM},
    {"starts_at": LIVE_FROM, "ends_at": LIVE_UNTIL + DAY},
    {"starts_at": LIVE_FROM - 2 * DAY},
    {"ends_at": LIVE_FROM - 4 * DAY},
    {"starts_at": LIVE_FROM - DAY, "ends_at": LIVE_UNTIL, "by_regs": False},
    {"starts_at": LIVE_FROM - DAY, "ends_at": LIVE_UNTIL, "by_views": False},
    {"starts_at": LIVE_FROM, "ends_at": LIVE_UNTIL, "by_regs": False, "by_views": False},
    {"stis": ("newsletter",)},
    {"stis": ("x", "newsletter", "nobody")},
    {"included_domains": ("example.com",)},
    {"included_domains": ("straße.de", "example.org")},
    {"excluded_domains": ("example.com", "nowhere.test")},
    {"has_asked": True},
    {"has_answered": True},
    {"viewers": frozenset({Mode.LIVE})},
    {"viewers": frozenset({Mode.SIMLIVE})},
    {"viewers": frozenset({Mode.ON_DEMAND})},
    {"viewers": frozenset({Mode.LIVE, Mode.ON_DEMAND})},
    {"no_shows": True},
    {"viewers": frozenset({Mode.SIMLIVE}), "no_shows": True},
)


def filters() -> Iterator[ReportFilter]:
    """No filter, each alone, and each pair of those that are about different things."""
    yield ReportFilter()
    for one in SINGLE:
        yield ReportFilter(**one)
    for one, other in itertools.combinations(SINGLE, 2):
        if not one.keys() & other.keys():
            yield ReportFilter(**one, **other)
