"""Registrants → wire, some hundred at a time; reporting notes, Audience report.

Theory. A report has up to a million rows, so nothing is done by the row that can be done by the
column: texts are checked and escaped as one, instants are shown by the list, and each format puts
its columns together once. A tree and a table of the same people say the same.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice

from turnout.core.audience.model import Mode
from turnout.core.audience.reports import Lines, Registrants
from turnout.dialects.reporting.envelope import (
    change_all,
    escape,
    escape_attribute,
    escape_json,
    printable,
)
from turnout.formats.clocks import Clock
from turnout.formats.spreadsheets import SEPARATOR, csv_cells, split_cells

ATTRIBUTES = (
    "id", "email", "fname", "lname", "company", "title", "phone", "country", "regdate", "sti",
)  # fmt: skip
# How many of them stand before the date of registration, behind the number.
TEXTS = 7
COUNTS = (
    "live_duration", "simlive_duration", "od_duration", "first_view", "last_view",
    "questions_asked", "surveys_answered",
)  # fmt: skip
# How the viewings of each mode are called, and their list, in the order of these.
_LISTS = {
    Mode.LIVE.value: ("live_sessions_list", "live_session"),
    Mode.SIMLIVE.value: ("simlive_sessions_list", "simlive_session"),
    Mode.ON_DEMAND.value: ("od_sessions_list", "od_session"),
}

Viewings = list[tuple[str, int, int]]
Pairs = list[tuple[str, str]]


# -- tables ----------------------------------------------------------------------------------


def to_csv(lines: Lines, clock: Clock, questions: list[str]) -> str:
    """Rows of the CSV (RFC 4180), with nothing that a spreadsheet runs."""
    texts = split_cells(SEPARATOR.join(lines.texts), printable)
    columns = [
        map(str, lines.id),
        *[texts[number::TEXTS] for number in range(TEXTS)],
        clock.show_all(lines.registered_at),
        csv_cells(lines.sti, printable),
        lines.seconds,
        _show_known(lines.first, clock),
        _show_known(lines.last, clock),
        lines.questions,
        lines.surveys,
        *[
            csv_cells([answers.get(question, "") for answers in lines.answers], printable)
            for question in questions
        ],
    ]
    return "".join([f"{','.join(row)}\r\n" for row in zip(*columns, strict=True)])


def _show_known(instants: list[int | None], clock: Clock) -> list[str]:
    shown = iter(clock.show_all([at for at in instants if at is not None]))
    return ["" if at is None else next(shown) for at in instants]


# -- XML -------------------------------------------------------------------------------------


def to_xml(some: Registrants, clock: Clock) -> str:
    """Elements `attendee`, each with a line end."""
    *texts, sti = _texts(some, escape_attribute)
    rows = zip(
        some.id,
        *texts,
        clock.show_all(some.registered_at),
        sti,
        _lists_xml(some.viewings, clock),
        _pairs_xml("custom_registration_qa", some.answers),
        _pairs_xml("general_qa", some.questions),
        _pairs_xml("survey_qa", _without_numbers(some.survey_answers)),
        strict=True,
    )
    return "".join([_ATTENDEE % row for row in rows])


_ATTENDEE = (
    '<attendee id="%s" email="%s" fname="%s" lname="%s" company="%s" title="%s" phone="%s"'
    ' country="%s" regdate="%s" sti="%s">'
    "<session>%s</session>%s%s%s</attendee>\n"
)


def _lists_xml(column: list[Viewings], clock: Clock) -> list[str]:
    parts = iter(
        [
            f' start="{start}" end="{end}" duration="{seconds}"/>'
            for start, end, seconds in _parts(column, clock)
        ]
    )
    return _by_mode(column, parts, _MODES_XML, "")


# For each mode what stands before a part, and its list around them.
_MODES_XML = {mode: (f"<{own}", f"<{name}>%s</{name}>") for mode, (name, own) in _LISTS.items()}


def _pairs_xml(name: str, column: list[Pairs]) -> list[str]:
    texts = change_all(escape, [text for pairs in column for pair in pairs for text in pair])
    elements = iter(
        [
            f"<{name}><question>{question}</question><answer>{answer}</answer></{name}>"
            for question, answer in zip(texts[::2], texts[1::2], strict=True)
        ]
    )
    return ["".join(islice(elements, len(pairs))) if pairs else "" for pairs in column]


# -- JSON ------------------------------------------------------------------------------------


def to_json(some: Registrants, clock: Clock) -> bytes:
    """Objects with commas between, each in a line of its own."""
    *texts, sti = _texts(some, escape_json)
    rows = zip(
        some.id,
        *texts,
        clock.show_all(some.registered_at),
        sti,
        _lists_json(some.viewings, clock),
        _pairs_json(some.answers),
        _pairs_json(some.questions),
        _pairs_json(_without_numbers(some.survey_answers)),
        strict=True,
    )
    return ",\n".join([_OBJECT % row for row in rows]).encode()


_OBJECT = (
    '{"id":"%s","email":"%s","fname":"%s","lname":"%s","company":"%s","title":"%s","phone":"%s",'
    '"country":"%s","regdate":"%s","sti":"%s",'
    '"session":{%s},"custom_registration_qa":[%s],"general_qa":[%s],"survey_qa":[%s]}'
)


def _lists_json(column: list[Viewings], clock: Clock) -> list[str]:
    parts = iter(
        [
            f'{{"start":"{start}","end":"{end}","duration":{seconds}}}'
            for start, end, seconds in _parts(column, clock)
        ]
    )
    return _by_mode(column, parts, _MODES_JSON, ",")


_MODES_JSON = {mode: ("", f'"{name}":{{"{own}":[%s]}}') for mode, (name, own) in _LISTS.items()}


def _pairs_json(column: list[Pairs]) -> list[str]:
    texts = change_all(escape_json, [text for pairs in column for pair in pairs for text in pair])
    objects = iter(
        [
            f'{{"question":"{question}","answer":"{answer}"}}'
            for question, answer in zip(texts[::2], texts[1::2], strict=True)
        ]
    )
    return [",".join(islice(objects, len(pairs))) if pairs else "" for pairs in column]


# -- both ------------------------------------------------------------------------------------


def _by_mode(
    column: list[Viewings], parts: Iterator[str], modes: dict[str, tuple[str, str]], between: str
) -> list[str]:
    """Everybody's lists of viewings, from all their parts and what stands around those."""
    return [
        (modes[viewings[0][0]][1] % (modes[viewings[0][0]][0] + next(parts)))
        if len(viewings) == 1
        else _join_lists(viewings, parts, modes, between)
        if viewings
        else ""
        for viewings in column
    ]


def _join_lists(
    viewings: Viewings, parts: Iterator[str], modes: dict[str, tuple[str, str]], between: str
) -> str:
    found: dict[str, list[str]] = {}
    for mode, _, _ in viewings:
        found.setdefault(mode, []).append(modes[mode][0] + next(parts))
    return between.join(
        [around % between.join(found[mode]) for mode, (_, around) in modes.items() if mode in found]
    )


def _texts(some: Registrants, change: Callable[[str], str]) -> Iterator[list[str]]:
    """The columns from the e-mail address to the country, and the source."""
    columns = (
        *(some.email, some.first_name, some.last_name, some.company, some.job_title),
        *(some.phone, some.country_code, some.sti),
    )
    texts = change_all(change, list(chain.from_iterable(columns)))
    count = len(some.id)
    return (texts[start : start + count] for start in range(0, len(texts), count))


def _parts(column: list[Viewings], clock: Clock) -> Iterator[tuple[str, str, int]]:
    """Start, end and seconds of everybody's viewings, one after another."""
    starts = [start for viewings in column for _, start, _ in viewings]
    ends = [end for viewings in column for _, _, end in viewings]
    seconds = [(end - start) // 1000 for start, end in zip(starts, ends, strict=True)]
    return zip(clock.show_all(starts), clock.show_all(ends), seconds, strict=True)


def _without_numbers(column: list[list[tuple[int, str, str]]]) -> list[Pairs]:
    return [[(question, answer) for _, question, answer in given] for given in column]
