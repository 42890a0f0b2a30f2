"""Model → wire: a registrant as XML, JSON and a row of CSV."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.audience.model import Mode, Question, Registrant, Viewing, seconds_of
from turnout.core.audience.readers import ReportedEvent
from turnout.core.spreadsheets import defuse
from turnout.dialects.reporting.envelope import GMT, Attributes, clean, element

Clock = Callable[[int], str]
LISTS = {
    Mode.LIVE: ("live_sessions_list", "live_session"),
    Mode.SIMLIVE: ("simlive_sessions_list", "simlive_session"),
    Mode.ON_DEMAND: ("od_sessions_list", "od_session"),
}
ATTRIBUTES = (
    "id",
    "email",
    "fname",
    "lname",
    "company",
    "title",
    "phone",
    "country",
    "regdate",
    "sti",
)
COUNTS = (
    "live_duration",
    "simlive_duration",
    "od_duration",
    "first_view",
    "last_view",
    "questions_asked",
    "surveys_answered",
)
_encode = msgspec.json.Encoder().encode


def clock_of(timezone: str) -> Clock:
    """Instants as `YYYY-MM-DD HH:MM:SS` in that zone."""
    zone = ZoneInfo("UTC" if timezone == GMT else timezone)
    return lambda at: datetime.datetime.fromtimestamp(at // 1000, zone).strftime(
        "%Y-%m-%d %H:%M:%S"
    )


def present_event(event: ReportedEvent, now: int) -> Attributes:
    """Contract, Event ID List; times in GMT."""
    clock = clock_of(GMT)
    return Attributes(
        "title",
        id=str(event.id),
        sched_start=clock(event.starts_at),
        sched_end=clock(event.ends_at),
        expired="true" if event.ends_at <= now else "false",
        title=event.title,
    )


def attributes_of(registrant: Registrant, clock: Clock) -> dict[str, str]:
    """What is known of a registrant, empty where it is not."""
    values = (
        str(registrant.id),
        registrant.email,
        registrant.first_name,
        registrant.last_name,
        registrant.company,
        registrant.job_title,
        registrant.phone,
        registrant.country_code,
        clock(registrant.registered_at),
        registrant.tag,
    )
    return dict(zip(ATTRIBUTES, values, strict=True))


def to_json(registrant: Registrant, clock: Clock) -> bytes:
    """An attendee as JSON."""
    return _encode(attributes_of(registrant, clock) | _children(registrant, clock))


def to_xml(registrant: Registrant, clock: Clock) -> bytes:
    """An attendee as XML."""
    opening = element("attendee", Attributes(**attributes_of(registrant, clock)))
    inside = "".join(element(name, value) for name, value in _children(registrant, clock).items())
    return opening.replace("></attendee>\n", f">\n{inside}</attendee>\n").encode()


def to_row(registrant: Registrant, clock: Clock, questions: list[str]) -> list[str]:
    """An attendee as a row of CSV, defused; `questions` are the columns of custom questions."""
    by_mode = _by_mode(registrant.viewings)
    views = registrant.viewings
    answers = {each.question: each.answer for each in registrant.registration_answers}
    cells = [
        *attributes_of(registrant, clock).values(),
        *(str(seconds_of(by_mode.get(mode, ()))) for mode in LISTS),
        clock(min(each.starts_at for each in views)) if views else "",
        clock(max(each.ends_at for each in views)) if views else "",
        str(len(registrant.questions)),
        str(len(registrant.survey_answers)),
        *(answers.get(question, "") for question in questions),
    ]
    return [defuse(cell) for cell in cells]


def heading(questions: list[str]) -> list[str]:
    """The first row of the CSV."""
    return [*ATTRIBUTES, *COUNTS, *(defuse(question) for question in questions)]


def _children(registrant: Registrant, clock: Clock) -> dict[str, Any]:
    by_mode = _by_mode(registrant.viewings)
    lists = {
        name: {one: [_viewing(each, clock) for each in by_mode[mode]]}
        for mode, (name, one) in LISTS.items()
        if mode in by_mode
    }
    return {
        "session": lists,
        "custom_registration_qa": _qa(registrant.registration_answers),
        "general_qa": _qa(registrant.questions),
        "survey_qa": _qa(registrant.survey_answers),
    }


def _by_mode(viewings: Iterable[Viewing]) -> dict[Mode, list[Viewing]]:
    found: dict[Mode, list[Viewing]] = {}
    for each in viewings:
        found.setdefault(each.mode, []).append(each)
    return found


def _viewing(viewing: Viewing, clock: Clock) -> Attributes:
    return Attributes(
        start=clock(viewing.starts_at),
        end=clock(viewing.ends_at),
        duration=str(seconds_of([viewing])),
    )


def _qa(questions: list[Question]) -> dict[str, Any]:
    return {
        "qa": [
            {"question": clean(each.question), "answer": clean(each.answer)} for each in questions
        ]
    }
