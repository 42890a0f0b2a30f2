"""The audience report: a row a registrant, from one statement, streamed."""

from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from turnout.core.audience.model import Interval, Mode
from turnout.core.audience.sql import sql
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.questions.reading import list_questions, order_names
from turnout.core.text import email_key
from turnout.store import Tx, iterate, to_json

_viewings = msgspec.json.Decoder(list[tuple[str, int, int]])
_pairs = msgspec.json.Decoder(list[tuple[str, str]])
_answers = msgspec.json.Decoder(list[tuple[int, str, str]])


class _Item(msgspec.Struct):
    question: str
    answer: str


class _StoredAnswers(msgspec.Struct):
    answers: list[_Item] = []


_kept = msgspec.json.Decoder(_StoredAnswers)


class Registrant(NamedTuple):
    """Somebody registered, with all that they did. `id` is the registration's, instants in epoch
    ms; empty text = not known. `answers` are pairs of question and answer, as are `questions` and
    `survey_answers`."""

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


class ReportFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which registrants are asked for; reporting contract, Filters.

    `starts_at` and `ends_at` (epoch ms, the end excluded, None = open) keep anyone who registered
    then, if `by_regs`, or watched then, if `by_views`. `viewers` are combined with "or", no-shows
    among them; all else with "and". Domains match whole.
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


EARLIEST, LATEST = 0, 2**62


def stream_report(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter
) -> Generator[Registrant, None, None]:
    """The registrants by rising number, one statement for all; for `db.stream`."""
    named = report_parameters(org_id, event_id, wanted)
    for row in iterate(sql.report, tx, is_table=0, **named):
        yield read_registrant(row)


def stream_rows(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter
) -> Iterator[tuple[Any, ...]]:
    """`stream_report` as the rows of the statement: the first ten fields of a registrant, and what
    `count_row` reads. For tables, which say less and are read by the million."""
    return iterate(sql.report, tx, is_table=0, **report_parameters(org_id, event_id, wanted))


class Line(NamedTuple):
    """A registrant as a line of a table, made of few pieces: `texts` are the seven texts from the
    e-mail address to the country, parted by SEPARATOR; `seconds` is `live,simlive,od`; `first`
    and `last` are instants of watching, 0 = none."""

    id: RegistrationId
    texts: str
    registered_at: int
    sti: str
    answers: dict[str, str]
    seconds: str
    first: int
    last: int
    questions: str
    surveys: str


SEPARATOR = "\x1f"
_NOTHING = ("0,0,0", "0", "0")


def stream_lines(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter, *, has_answers: bool
) -> Iterator[Line]:
    """`stream_report` for tables, most of it put together by the database; `answers` are empty
    unless they are wanted."""
    named = report_parameters(org_id, event_id, wanted)
    for row in iterate(sql.report, tx, is_table=1, **named):
        id_, texts, *_, registered_at, sti, kept, sums, questions, surveys = row
        seconds, first, last = sums.split("|") if sums else _NOTHING
        answers = _join_answers(kept) if has_answers else {}
        yield Line(
            id_,
            texts,
            registered_at,
            sti,
            answers,
            seconds,
            int(first),
            int(last),
            questions,
            surveys,
        )


def _join_answers(kept: str) -> dict[str, str]:
    """Answers by question. A question that was answered twice has both."""
    answers: dict[str, str] = {}
    for item in _kept.decode(kept).answers:
        known = answers.get(item.question)
        answers[item.question] = item.answer if known is None else f"{known}; {item.answer}"
    return answers


def count_row(kept: str, viewings: str, asked: str, given: str) -> RegistrantTotals:
    """The sums of a row, from its last four columns. A question that was answered twice has both
    answers."""
    live = simlive = od = first = last = 0
    for mode, start, end in _viewings.decode(viewings) if viewings else ():
        if mode == "live":
            live += end - start
        elif mode == "simlive":
            simlive += end - start
        else:
            od += end - start
        first = first or start  # they are in their order
        if end > last:
            last = end
    answers = _join_answers(kept)
    questions = len(_pairs.decode(asked)) if asked else 0
    surveys = len({survey_id for survey_id, _, _ in _answers.decode(given)}) if given else 0
    return RegistrantTotals(live, simlive, od, first, last, answers, questions, surveys)


def list_custom_questions(tx: Tx, org_id: OrgId, event_id: EventId) -> list[str]:
    """The event's questions in their order, and behind them what else registrations answered, as it
    came up first."""
    found = [q for (q,) in sql.list_custom_questions(tx, org_id=org_id, event_id=event_id)]
    return order_names(list_questions(tx, org_id, event_id, is_all=True), found)


def report_parameters(org_id: OrgId, event_id: EventId, wanted: ReportFilter) -> dict[str, Any]:
    """What the statement `report` is given."""
    is_ranged = wanted.starts_at is not None or wanted.ends_at is not None
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
    }


def domain_key(domain: str) -> str:
    """How the keys of all addresses in a domain end: `@` and the domain as keys have it."""
    return "@" + email_key(f"x@{domain.strip()}").rpartition("@")[2]


def read_registrant(row: tuple[Any, ...]) -> Registrant:
    """A row of the statement `report`."""
    *fields, kept, viewings, asked, surveys = row
    given = _answers.decode(surveys) if surveys else []
    lists = (
        [(item.question, item.answer) for item in _kept.decode(kept).answers],
        [
            (_MODES[mode], Interval(start, end))
            for mode, start, end in (_viewings.decode(viewings) if viewings else ())
        ],
        _pairs.decode(asked) if asked else [],
        [(question, answer) for _, question, answer in given],
        len({survey_id for survey_id, _, _ in given}),
    )
    return Registrant._make((*fields, *lists))


_MODES = {mode.value: mode for mode in Mode}


def _list(values: Iterable[str]) -> str | None:
    found = list(values)
    return to_json(found) if found else None
