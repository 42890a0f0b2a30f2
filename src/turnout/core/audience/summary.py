"""An event in figures: who came, who watched and for how long, who asked and answered."""

from collections.abc import Sequence
from typing import Any

import msgspec

from turnout.core.audience.media import Show, list_shows
from turnout.core.audience.model import Mode
from turnout.core.audience.sql import sql
from turnout.core.audience.surveys import Survey, list_surveys
from turnout.core.ids import EventId, OrgId, SessionId, SurveyId
from turnout.store import Tx

MINUTE_MS = 60_000
# A curve has a point for each minute, or as many as this.
MOST_POINTS = 120
# Groups are listed by size, the rest is one.
MOST_GROUPS = 20
OTHERS = "…"
ALL = "all"


class Watched(msgspec.Struct, frozen=True):
    """How many watched, and for how long each: average and median of their seconds."""

    viewers: int = 0
    seconds: int = 0
    average_seconds: float = 0.0
    median_seconds: float = 0.0


class Curve(msgspec.Struct, frozen=True):
    """How many watched a session while it was live, every `step_seconds` from its beginning."""

    session_id: SessionId
    title: str
    step_seconds: int
    viewers: list[int]


class ItemResult(msgspec.Struct, frozen=True):
    """A question of a survey: how many answered, and, where there are choices, how often each."""

    question: str
    answered: int
    choices: dict[str, int]


class SurveyResult(msgspec.Struct, frozen=True):
    """The outcome of a poll or survey."""

    id: SurveyId
    title: str
    is_poll: bool
    items: list[ItemResult]


class Group(msgspec.Struct, frozen=True):
    """Registrants who have something in common; the name is empty where it is not known."""

    name: str
    registered: int
    live: int
    simlive: int
    od: int


class Summary(msgspec.Struct, frozen=True):
    """All figures of one event. `watched` is by mode, and `all` together."""

    registered: int
    invited: int
    checked_in: int
    no_shows: int
    watched: dict[str, Watched]
    retention: list[Curve]
    questions: int
    questions_answered: int
    surveys: list[SurveyResult]
    sources: list[Group]
    domains: list[Group]


def summarize(tx: Tx, org_id: OrgId, event_id: EventId) -> Summary:
    """The figures as they are now; cancelled registrations count nowhere but in questions."""
    registered, invited, checked_in, questions, answered = sql.count_registered(
        tx, org_id=org_id, event_id=event_id
    )
    watched = _watched(sql.count_seconds(tx, org_id=org_id, event_id=event_id))
    groups = sql.count_groups(tx, org_id=org_id, event_id=event_id)
    return Summary(
        registered=registered,
        invited=invited,
        checked_in=checked_in,
        no_shows=registered - watched[ALL].viewers,
        watched=watched,
        retention=list_curves(tx, org_id, event_id),
        questions=questions,
        questions_answered=answered,
        surveys=list_results(tx, org_id, event_id),
        sources=_groups(groups, "source"),
        domains=_groups(groups, "domain"),
    )


def list_curves(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Curve]:
    """How many watched each session while it was live, in the order of the programme."""
    return [_curve(tx, org_id, event_id, show) for show in list_shows(tx, org_id, event_id)]


def list_results(tx: Tx, org_id: OrgId, event_id: EventId) -> list[SurveyResult]:
    """The outcome of each poll and survey, oldest first."""
    answers = sql.count_answers(tx, org_id=org_id, event_id=event_id)
    return _results(list_surveys(tx, org_id, event_id), answers)


def _watched(rows: Sequence[tuple[str, int, int]]) -> dict[str, Watched]:
    by_mode: dict[str, list[tuple[int, int]]] = {name: [] for name in (*Mode, ALL)}
    for mode, seconds, count in rows:
        by_mode[mode].append((seconds, count))
    return {str(mode): _measure(counts) for mode, counts in by_mode.items()}


def _measure(counts: list[tuple[int, int]]) -> Watched:
    """`counts`: how many watched for so many seconds, by rising seconds."""
    viewers = sum(count for _, count in counts)
    if not viewers:
        return Watched()
    total = sum(seconds * count for seconds, count in counts)
    middle = (_nth(counts, (viewers - 1) // 2) + _nth(counts, viewers // 2)) / 2
    return Watched(viewers, total, round(total / viewers, 1), middle)


def _nth(counts: list[tuple[int, int]], place: int) -> int:
    """The seconds of anyone who stands at that place from 0."""
    for seconds, count in counts:
        place -= count
        if place < 0:
            return seconds
    raise LookupError("there are not as many")


def _curve(tx: Tx, org_id: OrgId, event_id: EventId, show: Show) -> Curve:
    length = show.media.live_until - show.media.live_from
    minutes = max(1, -(-length // (MOST_POINTS * MINUTE_MS)))
    step = minutes * MINUTE_MS
    rows = sql.list_steps(
        tx,
        org_id=org_id,
        event_id=event_id,
        session_id=show.session_id,
        starts_at=show.media.live_from,
        step=step,
    )
    changes = {number: began - ended for number, began, ended in rows}
    now, viewers = sum(change for number, change in changes.items() if number < 0), []
    for number in range(-(-length // step)):
        now += changes.get(number, 0)
        viewers.append(now)
    return Curve(show.session_id, show.title, step // 1000, viewers)


def _results(
    surveys: list[Survey], rows: Sequence[tuple[SurveyId, int, str, int]]
) -> list[SurveyResult]:
    counts: dict[tuple[SurveyId, int], dict[str, int]] = {}
    for survey_id, number, answer, count in rows:
        counts.setdefault((survey_id, number), {})[answer] = count
    return [
        SurveyResult(
            survey.id,
            survey.title,
            survey.is_poll,
            [
                ItemResult(
                    item.question,
                    sum(counts.get((survey.id, number), {}).values()),
                    {
                        choice: counts.get((survey.id, number), {}).get(choice, 0)
                        for choice in item.choices
                    },
                )
                for number, item in enumerate(survey.items)
            ],
        )
        for survey in surveys
    ]


def _groups(rows: Sequence[tuple[Any, ...]], kind: str) -> list[Group]:
    found = [Group(name, *map(int, counts)) for own, name, *counts in rows if own == kind]
    shown, rest = found[:MOST_GROUPS], found[MOST_GROUPS:]
    if rest:
        names = ("registered", "live", "simlive", "od")
        shown.append(Group(OTHERS, *(sum(getattr(group, n) for group in rest) for n in names)))
    return shown
