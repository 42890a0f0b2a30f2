"""The audience report: a row a registrant, from one statement, streamed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.audience.model import Mode
from turnout.core.audience.permissions import ReportedEvent
from turnout.core.audience.sql import sql
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.questions.reading import list_questions, order_names
from turnout.core.text import email_key
from turnout.store import Tx, iterate, iterate_batches, to_json

# Of so many registrants each.
_viewings = msgspec.json.Decoder(list[list[tuple[str, int, int]]])
_pairs = msgspec.json.Decoder(list[list[tuple[str, str]]])
_answers = msgspec.json.Decoder(list[list[tuple[int, str, str]]])


class _Item(msgspec.Struct, gc=False):
    question: str
    answer: str


class _StoredAnswers(msgspec.Struct, gc=False):
    answers: list[_Item] = []


_kept = msgspec.json.Decoder(list[_StoredAnswers])
BATCH = 500
"""So many registrants are read at a time: few enough that the first are there soon."""


class Registrants(NamedTuple):
    """Some people that registered, with all that they did: a column for each fact. `id` is the
    registration's, instants in epoch ms; empty text = not known. `answers` and `questions` are
    pairs of question and answer, `survey_answers` have the survey's number before them."""

    id: tuple[RegistrationId, ...]
    email: tuple[str, ...]
    first_name: tuple[str, ...]
    last_name: tuple[str, ...]
    company: tuple[str, ...]
    job_title: tuple[str, ...]
    phone: tuple[str, ...]
    country_code: tuple[str, ...]
    registered_at: tuple[int, ...]
    sti: tuple[str, ...]
    answers: list[list[tuple[str, str]]]
    viewings: list[list[tuple[str, int, int]]]
    questions: list[list[tuple[str, str]]]
    survey_answers: list[list[tuple[int, str, str]]]


Stretch = tuple[int, int]


class ReportFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which registrants are asked for; reporting contract, Filters.

    `starts_at` and `ends_at` (epoch ms, the end excluded, None = open) keep anyone who registered
    then, if `by_regs`, or watched then, if `by_views`. `viewers` are combined with "or", no-shows
    among them; all else with "and". Domains match whole. `watched` keeps those who watched for so
    many milliseconds in all, `came` those who were checked in first between two instants (epoch
    ms); both ends are included, None = everybody.
    """

    starts_at: int | None = None
    ends_at: int | None = None
    by_regs: bool = True
    by_views: bool = True
    stis: tuple[str, ...] = ()
    included_domains: tuple[str, ...] = ()
    excluded_domains: tuple[str, ...] = ()
    has_asked: bool = False
    has_answered: bool = False
    viewers: frozenset[Mode] = frozenset()
    no_shows: bool = False
    watched: Stretch | None = None
    came: Stretch | None = None


class RegistrantTotals(NamedTuple):
    """What tables say of a registrant: the sums of milliseconds by mode, the first and last instant
    of watching (0 = none), custom answers, and how many questions and surveys."""

    live: int
    simlive: int
    od: int
    first: int
    last: int
    answers: dict[str, str]
    questions: int
    surveys: int


class ReportFile(NamedTuple):
    """A format of the report as a file; `make(tx, org_id, event, zone, wanted)` yields it in
    pieces, its times in that zone."""

    ending: str
    content_type: str
    make: Callable[[Tx, OrgId, ReportedEvent, ZoneInfo, ReportFilter], Iterable[bytes]]


EARLIEST, LATEST = 0, 2**62


def stream_registrants(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter
) -> Iterator[Registrants]:
    """The registrants by rising number, some at a time, one statement for all."""
    named = report_parameters(org_id, event_id, wanted)
    for rows in iterate_batches(sql.report, tx, BATCH, is_table=0, **named):
        yield read_registrants(rows)


def stream_rows(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter
) -> Iterator[tuple[Any, ...]]:
    """`stream_registrants` as the rows of the statement: the first ten facts of a registrant, and
    what `count_row` reads. For tables, which say less."""
    return iterate(sql.report, tx, is_table=0, **report_parameters(org_id, event_id, wanted))


_NOTHING = "0,0,0||"


class Lines(NamedTuple):
    """Some registrants as lines of a table, a column for each piece: `texts` are the seven texts
    from the e-mail address to the country, parted by a unit separator (31); `seconds` is
    `live,simlive,od`; `first` and `last` are instants of watching, None = never. Numbers may be
    text."""

    id: tuple[RegistrationId, ...]
    texts: tuple[str, ...]
    registered_at: tuple[int, ...]
    sti: tuple[str, ...]
    answers: list[dict[str, str]]
    seconds: list[str]
    first: list[int | None]
    last: list[int | None]
    questions: tuple[str, ...]
    surveys: tuple[str, ...]


def stream_lines(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter, *, has_answers: bool
) -> Iterator[Lines]:
    """`stream_registrants` for tables, most of it put together by the database; `answers` are there
    only if they are wanted."""
    named = report_parameters(org_id, event_id, wanted)
    for rows in iterate_batches(sql.report, tx, BATCH, is_table=1, **named):
        yield _read_lines(rows, has_answers=has_answers)


def _read_lines(rows: list[tuple[Any, ...]], *, has_answers: bool) -> Lines:
    id_, texts, *_, registered_at, sti, kept, sums, questions, surveys = zip(*rows, strict=True)
    parts = [(text or _NOTHING).split("|") for text in sums]
    return Lines(
        id_,
        texts,
        registered_at,
        sti,
        [_join_answers(stored.answers) for stored in _read_kept(kept)] if has_answers else [],
        [seconds for seconds, _, _ in parts],
        [int(first) if first else None for _, first, _ in parts],
        [int(last) if last else None for _, _, last in parts],
        questions,
        surveys,
    )


def _join_answers(items: list[_Item]) -> dict[str, str]:
    """Answers by question. A question that was answered twice has both."""
    answers = {item.question: item.answer for item in items}
    if len(answers) == len(items):
        return answers
    answers = {}
    for item in items:
        known = answers.get(item.question)
        answers[item.question] = item.answer if known is None else f"{known}; {item.answer}"
    return answers


def count_row(kept: str, viewings: str, asked: str, given: str) -> RegistrantTotals:
    """The sums of a row, from its last four columns. A question that was answered twice has both
    answers."""
    live = simlive = od = first = last = 0
    [own] = _viewings.decode(_array([viewings]))
    for mode, start, end in own:
        if mode == "live":
            live += end - start
        elif mode == "simlive":
            simlive += end - start
        else:
            od += end - start
        first = first or start  # they are in their order
        if end > last:
            last = end
    [stored] = _read_kept([kept])
    answers = _join_answers(stored.answers)
    [own_questions], [own_answers] = (
        _pairs.decode(_array([asked])),
        _answers.decode(_array([given])),
    )
    questions, surveys = len(own_questions), len({survey_id for survey_id, _, _ in own_answers})
    return RegistrantTotals(live, simlive, od, first, last, answers, questions, surveys)


def list_custom_questions(tx: Tx, org_id: OrgId, event_id: EventId) -> list[str]:
    """The event's questions in their order, and behind them what else registrations answered, as it
    came up first."""
    found = [q for (q,) in sql.list_custom_questions(tx, org_id=org_id, event_id=event_id)]
    return order_names(list_questions(tx, org_id, event_id, is_all=True), found)


def report_parameters(org_id: OrgId, event_id: EventId, wanted: ReportFilter) -> dict[str, Any]:
    """What the statement `report` is given."""
    is_ranged = wanted.starts_at is not None or wanted.ends_at is not None
    least_ms, most_ms = wanted.watched or (EARLIEST, LATEST)
    came_from, came_until = wanted.came or (EARLIEST, LATEST)
    return {
        "org_id": org_id,
        "event_id": event_id,
        "is_ranged": int(is_ranged and (wanted.by_regs or wanted.by_views)),
        "by_regs": int(wanted.by_regs),
        "by_views": int(wanted.by_views),
        "starts_at": EARLIEST if wanted.starts_at is None else wanted.starts_at,
        "ends_at": LATEST if wanted.ends_at is None else wanted.ends_at,
        "sti": _list(wanted.stis),
        "include": _list(map(domain_key, wanted.included_domains)),
        "exclude": _list(map(domain_key, wanted.excluded_domains)),
        "has_asked": int(wanted.has_asked),
        "has_answered": int(wanted.has_answered),
        "is_viewer": int(bool(wanted.viewers) or wanted.no_shows),
        "is_live": int(Mode.LIVE in wanted.viewers),
        "is_simlive": int(Mode.SIMLIVE in wanted.viewers),
        "is_od": int(Mode.ON_DEMAND in wanted.viewers),
        "is_no_show": int(wanted.no_shows),
        "is_timed": int(wanted.watched is not None),
        "least_ms": least_ms,
        "most_ms": most_ms,
        "is_arrived": int(wanted.came is not None),
        "came_from": came_from,
        "came_until": came_until,
    }


def domain_key(domain: str) -> str:
    """How the keys of all addresses in a domain end: `@` and the domain as keys have it."""
    return "@" + email_key(f"x@{domain.strip()}").rpartition("@")[2]


def read_registrants(rows: list[tuple[Any, ...]]) -> Registrants:
    """Rows of the statement `report`."""
    columns: list[Any] = list(zip(*rows, strict=True))
    *facts, kept, viewings, asked, given = columns
    made = (
        [[(item.question, item.answer) for item in stored.answers] for stored in _read_kept(kept)],
        _viewings.decode(_array(viewings)),
        _pairs.decode(_array(asked)),
        _answers.decode(_array(given)),
    )
    return Registrants._make((*facts, *made))


def _read_kept(kept: Iterable[str]) -> list[_StoredAnswers]:
    return _kept.decode(_array(kept))


def _array(values: Iterable[str | None]) -> str:
    """JSON texts as one, which is read at half the cost; None = an empty list."""
    return f"[{','.join([value or '[]' for value in values])}]"


def _list(values: Iterable[str]) -> str | None:
    found = list(values)
    return to_json(found) if found else None
