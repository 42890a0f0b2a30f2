"""Reports in every format: the same said by all, every filter against a slow, obvious program."""

import datetime
import itertools
import zipfile
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import polars
import pytest

from tests.core.audience.crowd import Registrant, keep
from tests.dialects.reporting.document import read_csv, read_xml
from tests.dialects.reporting.house import House
from tests.support import proof
from tests.support.node import BACKENDS
from turnout.core.audience.model import Mode
from turnout.core.audience.reports import ReportFilter
from turnout.core.times import instant
from turnout.formats.spreadsheets import defuse

DAYS = {"date_range_start": "01/02/2027", "date_range_end": "01/05/2027"}
SPAN = ("2027-01-02T00:00", "2027-01-06T00:00")
Wanted = dict[str, Any]
# Every parameter of the contract's table, and what it means.
SINGLE: tuple[tuple[dict[str, str], Wanted], ...] = (
    (DAYS, {"range": SPAN}),
    ({"date_range_start": "01/04/2027"}, {"range": ("2027-01-04T00:00", None)}),
    ({"date_range_end": "01/01/2027"}, {"range": (None, "2027-01-02T00:00")}),
    ({"dr_regs": "off"}, {"by_regs": False}),
    ({"dr_sessions": "off"}, {"by_views": False}),
    ({"dr_regs": "on", "dr_sessions": "on"}, {}),
    ({"dr_regs": "off", "dr_sessions": "off"}, {"by_regs": False, "by_views": False}),
    ({"tz": "Pacific/Auckland"}, {"tz": "Pacific/Auckland"}),
    ({"tz": "America/Los_Angeles"}, {"tz": "America/Los_Angeles"}),
    ({"sti_filter": "newsletter"}, {"stis": ("newsletter",)}),
    ({"sti_filter": "x| newsletter |"}, {"stis": ("x", "newsletter")}),
    ({"incl_domain": "EXAMPLE.com"}, {"included_domains": ("example.com",)}),
    (
        {"incl_domain": "xn--strae-oqa.de|example.org"},
        {"included_domains": ("straße.de", "example.org")},
    ),
    ({"excl_domain": "example.com|straße.de"}, {"excluded_domains": ("example.com", "straße.de")}),
    ({"users_qa": "on"}, {"has_asked": True}),
    ({"users_qa": "off"}, {}),
    ({"user_survey": "on"}, {"has_answered": True}),
    ({"no_shows": "on"}, {"no_shows": True}),
    ({"live_viewers": "on"}, {"viewers": {Mode.LIVE}}),
    ({"od_viewers": "on"}, {"viewers": {Mode.ON_DEMAND}}),
    ({"simlive_viewers": "on"}, {"viewers": {Mode.SIMLIVE}}),
)


def list_pairs() -> list[tuple[dict[str, str], Wanted]]:
    """No parameter, each alone, and each pair that can stand together."""
    pairs = [({}, {}), *SINGLE]
    for (one, means), (other, also) in itertools.combinations(SINGLE, 2):
        given = one | other
        if one.keys() & other.keys() or {"incl_domain", "excl_domain"} <= given.keys():
            continue
        first, last = given.get("date_range_start", ""), given.get("date_range_end", "9")
        if first > last:
            continue
        viewers = means.get("viewers", set()) | also.get("viewers", set())
        merged = means | also | ({"viewers": viewers} if viewers else {})
        if "range" in means and "range" in also:
            merged["range"] = tuple(map(_either, means["range"], also["range"]))
        pairs.append((given, merged))
    return pairs


def _either(one: str | None, other: str | None) -> str | None:
    return one or other


def read_wanted(means: Wanted) -> ReportFilter:
    facts = dict(means)
    zone = facts.pop("tz", "GMT")
    first, last = facts.pop("range", (None, None))
    facts["viewers"] = frozenset(facts.get("viewers", ()))
    return ReportFilter(
        starts_at=instant(first, zone) if first else None,
        ends_at=instant(last, zone) if last else None,
        **facts,
    )


def read_json(house: House, **given: str) -> dict[str, Any]:
    return house.report("/json", **given).send(house.node).json()


@pytest.mark.proof
@pytest.mark.parametrize("shared_house", proof.scale(["sqlite"], BACKENDS), indirect=True)
def test_every_parameter_alone_and_in_pairs(shared_house: House) -> None:
    house, sizes, total = shared_house, set(), 0
    for given, means in list_pairs():
        expected = [str(person.id) for person in keep(house.crowd, read_wanted(means))]
        success = read_json(house, **given)["convey_api"]["result"]["success"]
        assert [
            attendee_["id"] for attendee_ in success["attendee_list"]["attendee"]
        ] == expected, given
        sizes.add(len(expected))
        total += 1
    assert len(sizes) > 10
    proof.report("parameters of reports", combinations=total, sizes=len(sizes))


SOME = [
    {},
    {"tz": "America/St_Johns"},
    {"tz": "Asia/Kathmandu", "live_viewers": "on", "no_shows": "on"},
    {"sti_filter": "nobody"},
    {"users_qa": "on", "user_survey": "on", "od_viewers": "on"},
    {"ei": "{later}"},
]


@pytest.mark.parametrize("given", SOME, ids=str)
def test_all_formats_say_the_same(shared_house: House, given: dict[str, str]) -> None:
    house = shared_house
    tree = read_json(house, **given)
    assert read_xml(house.report(**given).send(house.node).body) == tree
    attendees = tree["convey_api"]["result"]["success"]["attendee_list"]["attendee"]
    body = house.report("/csv", **given).send(house.node).body
    rows = list(read_csv(body))
    questions = list(rows[0])[17:] if rows else []
    table = [_row(attendee, questions) for attendee in attendees]
    assert rows == [{name: defuse(str(cell)) for name, cell in row.items()} for row in table]
    if not given:
        sheet = house.report("/xlsx").send(house.node)
        header, *cells = read_workbook(sheet.body)
        assert [dict(zip(header, map(str, line), strict=True)) for line in cells] == [
            {name: str(cell) for name, cell in row.items()} for row in table
        ]
        assert {type(cell) for line in cells for cell in line[10:13]} == {int}


def _row(attendee: dict[str, Any], questions: list[str]) -> dict[str, Any]:
    """The row of the table that says the same as an attendee of the tree."""
    own: dict[str, Any] = {name: text for name, text in attendee.items() if isinstance(text, str)}
    views = {
        name.removesuffix("_sessions_list"): next(iter(lists.values()))
        for name, lists in attendee["session"].items()
    }
    parts = [part for view in views.values() for part in view]
    for mode in ("live", "simlive", "od"):
        own[f"{mode}_duration"] = sum(part["duration"] for part in views.get(mode, ()))
    own["first_view"] = min((part["start"] for part in parts), default="")
    own["last_view"] = max((part["end"] for part in parts), default="")
    own["questions_asked"] = len(attendee["general_qa"])
    own["surveys_answered"] = int(bool(attendee["survey_qa"]))
    answers = {pair["question"]: pair["answer"] for pair in attendee["custom_registration_qa"]}
    return own | {question: answers.get(question, "") for question in questions}


def read_workbook(body: bytes) -> list[list[str | int]]:
    """The rows of the first sheet."""
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(BytesIO(body)) as archive:
        assert archive.testzip() is None
        for path in archive.namelist():
            ElementTree.fromstring(archive.read(path))  # noqa: S314 - it is our own
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    rows: list[list[str | int]] = []
    for row in root.iter(f"{name}row"):
        cells: list[str | int] = []
        for cell in row:
            number, text = cell.find(f"{name}v"), cell.find(f"{name}is/{name}t")
            if number is not None:
                cells.append(int(number.text or ""))
            else:
                cells.append((text.text or "") if text is not None else "")
        rows.append(cells)
    return rows


def test_what_the_report_says_is_what_the_crowd_did(shared_house: House) -> None:
    house = shared_house
    success = read_json(house, tz="Europe/Berlin")["convey_api"]["result"]["success"]
    assert (success["eventid"], success["eventtitle"]) == (str(house.names["event"]), "Premiere")
    found = success["attendee_list"]["attendee"]
    assert found == [_attendee(person) for person in house.crowd]


def _attendee(person: Registrant) -> dict[str, Any]:
    lists: dict[str, Any] = {}
    for name, mode in (("live", Mode.LIVE), ("simlive", Mode.SIMLIVE), ("od", Mode.ON_DEMAND)):
        parts = [
            {"start": _berlin(start), "end": _berlin(end), "duration": (end - start) // 1000}
            for own, (start, end) in person.viewings
            if own is mode
        ]
        if parts:
            lists[f"{name}_sessions_list"] = {f"{name}_session": parts}
    pairs = {
        "custom_registration_qa": person.answers,
        "general_qa": person.questions,
        "survey_qa": person.survey_answers,
    }
    return {
        "id": str(person.id),
        "email": person.email,
        "fname": person.first_name,
        "lname": person.last_name,
        "company": person.company,
        "title": person.job_title,
        "phone": person.phone,
        "country": person.country_code,
        "regdate": _berlin(person.registered_at),
        "sti": person.sti,
        "session": lists,
    } | {
        name: [{"question": question, "answer": answer} for question, answer in of]
        for name, of in pairs.items()
    }


def _berlin(at: int) -> str:
    moment = datetime.datetime.fromtimestamp(at // 1000, ZoneInfo("Europe/Berlin"))
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def test_hostile_text_is_whole_in_strict_xml_and_harmless_in_csv(house: House) -> None:
    hostile = '\x01<a b="c">&amp;\x0b]]>\r\n\t\uffff\u2028\'é'
    house.cinema.register(
        "evil@evil.test", first_name=hostile, company="@SUM(1)", answers=(("=cmd()", "+1-2"),)
    )
    shown = '\ufffd<a b="c">&amp;\ufffd]]>\r\n\t\ufffd\u2028\'é'
    given = {"incl_domain": "evil.test"}
    tree = read_json(house, **given)
    assert read_xml(house.report(**given).send(house.node).body) == tree
    (attendee,) = tree["convey_api"]["result"]["success"]["attendee_list"]["attendee"]
    assert (attendee["fname"], attendee["company"]) == (shown, "@SUM(1)")
    (row,) = read_csv(house.report("/csv", **given).send(house.node).body)
    assert (row["fname"], row["company"]) == (shown, "'@SUM(1)")
    assert row["'=cmd()"] == "'+1-2"
    assert all(defuse(cell) == cell for line in (row, row.keys()) for cell in line)


def test_a_session_ends_an_hour_after_its_last_use(house: House) -> None:
    listed = house.ask("GET", "/api/reporting/eventlist", si="{si}", ui="{ui}")
    for _ in range(4):
        house.node.clock.advance(3599)
        assert listed.send(house.node).status == 200
    house.node.clock.advance(59)
    assert listed.send(house.node).status == 200
    house.node.clock.advance(3599)
    assert listed.send(house.node).status == 200
    house.node.clock.advance(3600)
    assert listed.send(house.node).status == 401


def test_guessing_is_throttled(house: House) -> None:
    asked = house.ask("GET", "/api/login/json", username="one@example.com", password="wrong")
    statuses = [asked.send(house.node).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    answer = asked.send(house.node)
    assert answer.json()["convey_api"]["result"]["returnCode"] == 0
    assert int(answer.headers["retry-after"]) == 300


def test_tables_open_where_people_open_them(shared_house: House) -> None:
    """The CSV by polars, the workbook by openpyxl: the same table, with numbers as numbers."""
    house = shared_house
    body = house.report("/csv").send(house.node).body
    frame = polars.read_csv(body, infer_schema_length=None)
    assert frame.columns[:3] == ["id", "email", "fname"]
    assert frame["od_duration"].to_list() == [
        _seconds(person, Mode.ON_DEMAND) for person in house.crowd
    ]
    assert frame["title"].to_list()[5] == "Dr\nof\tthings"
    sheet = house.report("/xlsx").send(house.node).body
    book = openpyxl.load_workbook(BytesIO(sheet), read_only=True)
    header, *rows = book["Audience"].iter_rows(values_only=True)
    assert list(header) == frame.columns
    assert [row[0] for row in rows] == [person.id for person in house.crowd]
    assert [row[10] for row in rows] == [_seconds(person, Mode.LIVE) for person in house.crowd]
    assert [row[2] for row in rows] == [person.first_name for person in house.crowd]
    book.close()


def _seconds(person: Registrant, mode: Mode) -> int:
    return sum((end - start) // 1000 for own, (start, end) in person.viewings if own is mode)
