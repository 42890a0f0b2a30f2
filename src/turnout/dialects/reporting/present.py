"""Model → wire: registrants in every format; reporting notes, Audience report.

The pieces of a report are made in the thread that reads the rows, a few hundred registrants at a
time, so that the event loop only hands them on.
"""

import datetime
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.audience.model import Interval, Mode
from turnout.core.audience.permissions import ReportedEvent
from turnout.core.audience.reports import (
    SEPARATOR,
    Line,
    Registrant,
    ReportFilter,
    count_row,
    list_custom_questions,
    stream_lines,
    stream_report,
    stream_rows,
)
from turnout.core.audience.summary import Summary
from turnout.core.ids import OrgId
from turnout.dialects.reporting.envelope import (
    GMT,
    VERSION,
    XML_CLOSING,
    Element,
    Many,
    Moment,
    escape,
    escape_attribute,
    printable,
    say_time,
    xml_opening,
)
from turnout.formats.spreadsheets import defuse, quote
from turnout.formats.workbook import Cell, write_workbook
from turnout.store import Tx
from turnout.store.streaming import piecewise

# A piece of a report; small enough that the first comes soon.
PIECE = 500
QUARTER_S, DAY_S = 900, 86_400
ATTRIBUTES = (
    "id", "email", "fname", "lname", "company", "title", "phone", "country", "regdate", "sti",
)  # fmt: skip
# How many of them stand before the date of registration, behind the number.
TEXTS = 7
COUNTS = (
    "live_duration", "simlive_duration", "od_duration", "first_view", "last_view",
    "questions_asked", "surveys_answered",
)  # fmt: skip
# How the viewings of each mode are called, and their list.
_LISTS = {
    Mode.LIVE: ("live_sessions_list", "live_session"),
    Mode.SIMLIVE: ("simlive_sessions_list", "simlive_session"),
    Mode.ON_DEMAND: ("od_sessions_list", "od_session"),
}
# Cells that need no change but quotes: printable and no formula, or a number with its sign.
_SAFE = "(?:(?:[ -*,.-<>?A-~\xa0-\ud7ff][ -~\xa0-\ud7ff]*+)?|[+-][0-9 .]*[0-9])"
_ALL_SAFE = re.compile(f"{_SAFE}(?:{SEPARATOR}{_SAFE})*").fullmatch
# A sign behind what separates cells elsewhere, or behind the blanks with which a cell begins.
_HAS_SIGN_INSIDE = re.compile(f'(?:[,;|][ "\xa0]*|(?:^|{SEPARATOR})[ "\xa0]+)[=+\\-@]').search
_encode = msgspec.json.Encoder().encode

T = TypeVar("T")
Say = Callable[[int], str]
Report = Generator[tuple[bytes], None, None]


def present_login(session_id: str, user_id: str) -> list[Element | Many]:
    """Contract, Authentication."""
    ids = (
        ("sessionid", "Authenticated session ID.", session_id),
        ("userid", "Authenticated user ID.", user_id),
    )
    return success(
        Element(
            name,
            children=[Element("description", text), Element("value", value)],
            is_line=True,
        )
        for name, text, value in ids
    )


def present_events(events: list[ReportedEvent], now: int, *, is_core: bool) -> list[Element | Many]:
    """Contract, Event ID List; `is_core` for its older sibling."""
    infos = [
        Element(
            "event_info",
            event.title,
            {
                "id": str(event.id),
                "sched_start": say_time(event.starts_at, GMT),
                "sched_end": say_time(event.ends_at, GMT),
                "expired": "true" if event.ends_at <= now else "false",
            },
        )
        for event in events
    ]
    listed: Element | Many = Many("event_info", infos)
    if is_core:
        listed = Element("core_event", children=[listed])
    return success([Element("event_list", children=[listed])])


def present_summary(event: ReportedEvent, summary: Summary, moment: Moment) -> bytes:
    """An event in figures, in the envelope."""
    found = {
        "eventid": str(event.id),
        "eventtitle": printable(event.title),
        "event_summary": summary,
    }
    return _encode(_envelope(moment, found))


def _envelope(moment: Moment, success: Mapping[str, object]) -> dict[str, object]:
    head = {
        "version": VERSION,
        "currentDateTime": say_time(moment.at, moment.zone),
        "currentTimeZone": moment.zone.key,
    }
    return {"convey_api": head | {"result": {"returnCode": 1, "success": success}}}


def success(content: Iterable[Element | Many]) -> list[Element | Many]:
    """What stands in `result` when all is well."""
    return [Element("returnCode", 1), Element("success", children=list(content))]


@piecewise
def xml_report(
    tx: Tx, org_id: OrgId, event: ReportedEvent, moment: Moment, wanted: ReportFilter
) -> Report:
    """The report as XML, in pieces; for `db.stream`, as are those below."""
    yield (
        (
            f"{xml_opening(moment)}<returnCode>1</returnCode>\n<success>\n"
            f"<eventid>{event.id}</eventid>\n<eventtitle>{escape(event.title)}</eventtitle>\n"
            "<attendee_list>\n"
        ).encode(),
    )
    say = _clock(moment.zone)
    for some in _batches(stream_report(tx, org_id, event.id, wanted)):
        yield ("".join(_attendee_xml(attendee, say) for attendee in some).encode(),)
    yield (f"</attendee_list>\n</success>{XML_CLOSING}".encode(),)


@piecewise
def json_report(
    tx: Tx, org_id: OrgId, event: ReportedEvent, moment: Moment, wanted: ReportFilter
) -> Report:
    """The report as JSON: the same tree."""
    tree = {
        "eventid": str(event.id),
        "eventtitle": printable(event.title),
        "attendee_list": {"attendee": []},
    }
    closing = b"]}}}}}"
    opening = _encode(_envelope(moment, tree)).removesuffix(closing)
    say = _clock(moment.zone)
    for some in _batches(stream_report(tx, org_id, event.id, wanted)):
        yield (opening + b",\n".join(_encode(_attendee_json(attendee, say)) for attendee in some),)
        opening = b",\n"
    yield ((closing if opening == b",\n" else opening + closing),)


@piecewise
def csv_report(
    tx: Tx, org_id: OrgId, event: ReportedEvent, moment: Moment, wanted: ReportFilter
) -> Report:
    """The report as CSV (RFC 4180), a row a registrant, with nothing that a spreadsheet runs."""
    questions = list_custom_questions(tx, org_id, event.id)
    header = [*ATTRIBUTES, *COUNTS, *map(printable, questions)]
    opening = ",".join(csv_cells(header)) + "\r\n"
    say = _clock(moment.zone)
    found = stream_lines(tx, org_id, event.id, wanted, has_answers=bool(questions))
    for some in _batches(found):
        yield (
            (opening + "".join([csv_line(attendee, say, questions) for attendee in some])).encode(),
        )
        opening = ""
    yield (opening.encode(),)


def csv_line(line: Line, say: Say, questions: list[str]) -> str:
    """A registrant's row of the CSV, with its end."""
    number, texts, registered_at, sti, answers, seconds, first, last, asked, surveys = line
    own = [sti, *[answers.get(question, "") for question in questions]]
    cells = csv_cells([texts, *own])
    if len(cells) != TEXTS + len(own):  # somebody wrote a SEPARATOR
        cells = csv_cells([texts, *map(printable, own)])
    seen = f"{say(first)},{say(last)}" if last else ","
    return (
        f"{number},{','.join(cells[:TEXTS])},{say(registered_at)},{cells[TEXTS]},"
        f"{seconds},{seen},{','.join([asked, surveys, *cells[TEXTS + 1 :]])}\r\n"
    )


def csv_cells(texts: Iterable[str]) -> list[str]:
    """Cells of a CSV (RFC 4180): defused, in quotes where they must be. Each text may be several
    cells with a SEPARATOR between."""
    joined = SEPARATOR.join(texts)
    cells = joined.split(SEPARATOR)
    if not _ALL_SAFE(joined) or _HAS_SIGN_INSIDE(joined):
        return [quote(defuse(printable(cell))) for cell in cells]
    if '"' in joined or "," in joined or ";" in joined:
        return [quote(cell) for cell in cells]
    return cells


@piecewise
def xlsx_report(
    tx: Tx, org_id: OrgId, event: ReportedEvent, moment: Moment, wanted: ReportFilter
) -> Report:
    """The report as a workbook: the table of the CSV."""
    header, rows = _table(tx, org_id, event, moment, wanted)
    for piece in write_workbook("Audience", header, rows):
        yield (piece,)


def _table(
    tx: Tx, org_id: OrgId, event: ReportedEvent, moment: Moment, wanted: ReportFilter
) -> tuple[list[str], Iterator[list[Cell]]]:
    questions = list_custom_questions(tx, org_id, event.id)
    say = _clock(moment.zone)
    found = stream_rows(tx, org_id, event.id, wanted)
    rows = (_row(row, say, questions) for row in found)
    return [*ATTRIBUTES, *COUNTS, *map(printable, questions)], rows


def _attributes(registrant: Registrant, say: Say) -> tuple[str, ...]:
    """The values of an attendee's attributes, in their order."""
    return (
        str(registrant.id),
        registrant.email,
        registrant.first_name,
        registrant.last_name,
        registrant.company,
        registrant.job_title,
        registrant.phone,
        registrant.country_code,
        say(registrant.registered_at),
        registrant.sti,
    )


def _attendee_xml(registrant: Registrant, say: Say) -> str:
    attributes = " ".join(
        f'{name}="{escape_attribute(value)}"'
        for name, value in zip(ATTRIBUTES, _attributes(registrant, say), strict=True)
    )
    lists = "".join(
        f"<{list_name}>{_sessions_xml(name, intervals, say)}</{list_name}>"
        for (list_name, name), intervals in _by_mode(registrant)
    )
    pairs = "".join(
        f"<{name}><question>{escape(question)}</question><answer>{escape(answer)}</answer></{name}>"
        for name, pairs in _pairs(registrant)
        for question, answer in pairs
    )
    return f"<attendee {attributes}><session>{lists}</session>{pairs}</attendee>\n"


def _sessions_xml(name: str, intervals: list[Interval], say: Say) -> str:
    return "".join(
        f'<{name} start="{say(interval.start)}" end="{say(interval.end)}"'
        f' duration="{interval.seconds}"/>'
        for interval in intervals
    )


def _attendee_json(registrant: Registrant, say: Say) -> dict[str, object]:
    values = map(printable, _attributes(registrant, say))
    sessions = {
        list_name: {
            name: [
                {"start": say(part.start), "end": say(part.end), "duration": part.seconds}
                for part in intervals
            ]
        }
        for (list_name, name), intervals in _by_mode(registrant)
    }
    pairs = {
        name: [
            {"question": printable(question), "answer": printable(answer)}
            for question, answer in pairs
        ]
        for name, pairs in _pairs(registrant)
    }
    attributes: dict[str, object] = dict(zip(ATTRIBUTES, values, strict=True))
    return {**attributes, "session": sessions, **pairs}


def _row(row: tuple[Any, ...], say: Say, questions: list[str]) -> list[Cell]:
    """A row of the table, from one of the statement."""
    id_, *texts, registered_at, sti, kept, viewings, questions_asked, given = row
    live, simlive, od, first, last, answers, asked, surveys = count_row(
        kept, viewings, questions_asked, given
    )
    return [
        id_,
        *[text if text.isprintable() else printable(text) for text in texts],
        say(registered_at),
        printable(sti),
        live // 1000,
        simlive // 1000,
        od // 1000,
        say(first) if first else "",
        say(last) if last else "",
        asked,
        surveys,
        *[printable(answers.get(question, "")) for question in questions],
    ]


def _by_mode(registrant: Registrant) -> Iterator[tuple[tuple[str, str], list[Interval]]]:
    """The lists of viewings that there are, in their order."""
    if not registrant.viewings:
        return
    for mode, names in _LISTS.items():
        if found := [interval for own, interval in registrant.viewings if own is mode]:
            yield names, found


def _pairs(registrant: Registrant) -> tuple[tuple[str, list[tuple[str, str]]], ...]:
    return (
        ("custom_registration_qa", registrant.answers),
        ("general_qa", registrant.questions),
        ("survey_qa", registrant.survey_answers),
    )


class _Offsets(dict[int, int]):
    """What a zone is ahead of UTC, in seconds, by quarter of an hour: offsets change at none but
    full ones."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: int) -> int:
        moment = datetime.datetime.fromtimestamp(quarter * QUARTER_S, self._zone)
        offset = moment.utcoffset() or datetime.timedelta()
        self[quarter] = found = round(offset.total_seconds())
        return found


class _Days(dict[int, str]):
    """Dates, by days since 1970, with a blank behind them."""

    def __missing__(self, day: int) -> str:
        date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
        self[day] = found = f"{date} "
        return found


@cache
def _times() -> list[str]:
    """Every second of a day."""
    return [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(DAY_S)]


def _clock(zone: ZoneInfo) -> Say:
    """`say_time` for a zone, several times as fast."""
    offsets, days, times = _Offsets(zone), _Days(), _times()

    def say(at: int) -> str:
        second = at // 1000
        day, second = divmod(second + offsets[second // QUARTER_S], DAY_S)
        return days[day] + times[second]

    return say


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(rows, PIECE)):
        yield some
