"""Model → wire: registrants in every format; reporting notes, Audience report.

The pieces of a report are made in the thread that reads the rows, a few hundred registrants at a
time, so that the event loop only hands them on.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from turnout.core.audience.permissions import ReportedEvent
from turnout.core.audience.reports import (
    ReportFilter,
    count_row,
    list_custom_questions,
    stream_lines,
    stream_registrants,
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
    printable,
    say_time,
    xml_opening,
)
from turnout.dialects.reporting.registrants import ATTRIBUTES, COUNTS, to_csv, to_json, to_xml
from turnout.formats.clocks import Clock
from turnout.formats.spreadsheets import csv_cells
from turnout.formats.workbook import Cell, write_workbook
from turnout.store import Tx
from turnout.store.streaming import piecewise

_encode = msgspec.json.Encoder().encode

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
    clock = Clock(moment.zone, has_offset=False)
    for some in stream_registrants(tx, org_id, event.id, wanted):
        yield (to_xml(some, clock).encode(),)
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
    clock = Clock(moment.zone, has_offset=False)
    for some in stream_registrants(tx, org_id, event.id, wanted):
        yield (opening + to_json(some, clock),)
        opening = b",\n"
    yield ((closing if opening == b",\n" else opening + closing),)


@piecewise
def csv_report(
    tx: Tx, org_id: OrgId, event: ReportedEvent, moment: Moment, wanted: ReportFilter
) -> Report:
    """The report as CSV (RFC 4180), a row a registrant, with nothing that a spreadsheet runs."""
    questions = list_custom_questions(tx, org_id, event.id)
    opening = ",".join(csv_cells([*ATTRIBUTES, *COUNTS, *questions], printable)) + "\r\n"
    clock = Clock(moment.zone, has_offset=False)
    for lines in stream_lines(tx, org_id, event.id, wanted, has_answers=bool(questions)):
        yield ((opening + to_csv(lines, clock, questions)).encode(),)
        opening = ""
    yield (opening.encode(),)


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
    say = Clock(moment.zone, has_offset=False)
    found = stream_rows(tx, org_id, event.id, wanted)
    rows = (_row(row, say, questions) for row in found)
    return [*ATTRIBUTES, *COUNTS, *map(printable, questions)], rows


def _row(row: tuple[Any, ...], say: Clock, questions: list[str]) -> list[Cell]:
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
