"""The nouns of the audience. Instants in epoch ms."""

import enum
from collections.abc import Iterable
from typing import NamedTuple


class Mode(enum.StrEnum):
    """How something was watched."""

    LIVE = "live"
    SIMLIVE = "simlive"
    ON_DEMAND = "od"


class Interval(NamedTuple):
    """From when to when somebody watched."""

    starts_at: int
    ends_at: int


class Viewing(NamedTuple):
    """An interval of a session in one mode."""

    session_id: int
    mode: Mode
    starts_at: int
    ends_at: int


class Question(NamedTuple):
    """What was asked, and what was answered; an empty answer = not yet."""

    question: str
    answer: str


class ReportFilter(NamedTuple):
    """Which registrants a report has. `from_at` and `until_at` bound the date range (None = open);
    with one, a registrant is kept who registered in it (`by_registration`) or watched in it
    (`by_viewing`). Lists are empty for "any"; the modes combine with "or"."""

    from_at: int | None = None
    until_at: int | None = None
    by_registration: bool = True
    by_viewing: bool = True
    tags: tuple[str, ...] = ()
    only_domains: tuple[str, ...] = ()
    not_domains: tuple[str, ...] = ()
    asked: bool = False
    answered: bool = False
    live: bool = False
    on_demand: bool = False
    simlive: bool = False
    no_shows: bool = False


class Registrant(NamedTuple):
    """A row of a report."""

    id: int
    email: str
    first_name: str
    last_name: str
    company: str
    job_title: str
    phone: str
    country_code: str
    registered_at: int
    tag: str
    viewings: list[Viewing]
    registration_answers: list[Question]
    questions: list[Question]
    survey_answers: list[Question]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The union of intervals, in order: those that overlap or touch become one, empty ones none."""
    merged: list[Interval] = []
    for each in sorted(intervals):
        if each.ends_at <= each.starts_at:
            continue
        if merged and each.starts_at <= merged[-1].ends_at:
            last = merged[-1]
            merged[-1] = Interval(last.starts_at, max(last.ends_at, each.ends_at))
        else:
            merged.append(each)
    return merged


def seconds_of(viewings: Iterable[Viewing | Interval]) -> int:
    """How long that is together, in whole seconds; what is not merged counts twice."""
    return sum(each.ends_at - each.starts_at for each in viewings) // 1000


def split_by_mode(interval: Interval, ends_at: int, delivery: Mode) -> list[tuple[Mode, Interval]]:
    """An interval cut at the end of its session: until then it is `delivery`, from then on
    demand. What is before the start belongs to the session, too (doors open early)."""
    parts = []
    if interval.starts_at < ends_at:
        parts.append((delivery, Interval(interval.starts_at, min(interval.ends_at, ends_at))))
    if interval.ends_at > ends_at:
        parts.append((Mode.ON_DEMAND, Interval(max(interval.starts_at, ends_at), interval.ends_at)))
    return [(mode, each) for mode, each in parts if each.ends_at > each.starts_at]
