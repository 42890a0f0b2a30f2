"""Long lists, byte for byte: digests of what each answered when it was made one row at a time.

Ways to make them faster change none of them. (A workbook is compared unpacked: how well a zip is
packed is up to the library.)
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from tests.dialects.attendance.hall import Hall
from tests.dialects.booking.school import School
from tests.dialects.reporting.house import House
from tests.support.client import Answer
from tests.support.node import BACKENDS, LocalNode, new_database, open_node
from tests.support.odd_people import (
    Facts,
    Oddities,
    add_people,
    add_rows,
    register_people,
    uuid_of,
)
from turnout.store import Tx, to_json

DIGESTS = Path(__file__).parent / "streams.json"
QUESTIONS = ("Diet", "=cmd()", 'Who, "exactly"?', "Größe <&>", "line\nbreak", "a\x1fb")
MODES = ("live", "simlive", "od")
MakeNode = Callable[[], LocalNode]
Check = Callable[[str, bytes], None]


@pytest.fixture(scope="module", params=BACKENDS)
def nodes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeNode]:
    """Makes a node with a database of its own, so that each list has the same numbers always."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with ExitStack() as open_nodes:

        def make() -> LocalNode:
            url = new_database(request.param, tmp_path_factory.mktemp("streams"), cluster)
            return open_nodes.enter_context(open_node(url))

        yield make


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Check:
    """Compares with the digest that is kept under the name; `--golden-update` keeps another."""

    def check(name: str, content: bytes) -> None:
        known = msgspec.json.decode(DIGESTS.read_bytes(), type=dict[str, str])
        found = f"{len(content)} {hashlib.sha256(content).hexdigest()}"
        if request.config.getoption("--golden-update"):
            known[name] = found
            kept = msgspec.json.encode(known, order="sorted")
            DIGESTS.write_bytes(msgspec.json.format(kept, indent=2) + b"\n")
        assert {name: found} == {name: known.get(name)}

    return check


def take(answer: Answer) -> bytes:
    assert answer.status == 200
    return answer.body


# -- the audience report ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(nodes: MakeNode) -> House:
    house = House(nodes())
    house.node.db.call(_add_audience, house)
    return house


def _add_audience(tx: Tx, house: House) -> None:
    odd, org_id = Oddities(), house.org_id
    people = add_people(tx, org_id, odd)
    event = house.cinema.event
    [type_id] = tx.connection.execute(
        f"SELECT min(id) FROM ticket_types WHERE event_id = {event.id}"
    ).fetchone()
    registrations = [_audience_registration(odd, event.id, number) for number in people]
    register_people(tx, org_id, people, type_id, registrations)
    add_rows(tx, "viewings", list(_viewings(odd, house, people)))
    add_rows(tx, "questions", list(_asked(odd, house, people)))
    [survey_id] = tx.connection.execute("SELECT min(id) FROM surveys").fetchone()
    add_rows(tx, "survey_answers", list(_surveyed(odd, house, survey_id, people)))


def _audience_registration(odd: Oddities, event_id: int, number: int) -> Facts:
    asked = [QUESTIONS[odd.below(len(QUESTIONS))] for _ in range(number % 4)]
    answers = [{"question": question, "answer": odd.text()} for question in asked]
    return {
        "event_id": event_id,
        "state": "cancelled" if number % 31 == 0 else "confirmed",
        "answers": to_json({"contact": {}, "answers": answers}) if number % 5 else "{}",
        "created_at": odd.instant(),
        "sti": odd.text(),
    }


def _keys(house: House, number: int) -> Facts:
    return {
        "org_id": house.org_id,
        "event_id": house.cinema.event.id,
        "registration_id": number,
    }


def _viewings(odd: Oddities, house: House, people: range) -> Iterator[Facts]:
    for number in people:
        for count in range(number % 6):
            start = odd.instant()
            yield _keys(house, number) | {
                "mode": MODES[(number + count) % 3],
                "session_id": house.cinema.talk.id,
                "starts_at": start,
                "ends_at": start + 1 + odd.below(10_000_000),
            }


def _asked(odd: Oddities, house: House, people: range) -> Iterator[Facts]:
    for number in people:
        for count in range(number % 3):
            yield _keys(house, number) | {
                "id": 1_000_000 + number * 10 + count,
                "session_id": house.cinema.talk.id,
                "question": odd.text(),
                "answer": odd.text(),
                "asked_at": 1,
            }


def _surveyed(odd: Oddities, house: House, survey_id: int, people: range) -> Iterator[Facts]:
    for number in people:
        for count in range(number % 4):
            yield _keys(house, number) | {
                "is_poll": int(count == 2),
                "survey_id": survey_id,
                "number": count,
                "question": odd.text(),
                "answer": odd.text(),
                "answered_at": 1,
            }


REPORTS = {
    "all": {},
    "india": {"tz": "Asia/Kolkata", "no_shows": "on", "live_viewers": "on"},
    "new york": {"tz": "America/New_York", "users_qa": "on"},
    "chatham": {"tz": "Pacific/Chatham", "date_range_start": "01/01/2020"},
    "nobody": {"sti_filter": "nobody at all"},
    "one": {"incl_domain": "straße.de", "sti_filter": "newsletter"},
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("kind", ["", "/json", "/csv", "/xlsx"])
def test_reports(house: House, check: Check, kind: str, name: str) -> None:
    content = take(house.report(kind, **REPORTS[name]).send(house.node))
    if kind == "/xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(entry) for entry in archive.namelist())
    check(f"report{kind} {name}", content)


def test_a_report_with_a_mark_of_byte_order(house: House, check: Check) -> None:
    check("report/csv marked", take(house.report("/csv", bom="1").send(house.node)))


# -- the list of attendees -------------------------------------------------------------------


@pytest.fixture(scope="module")
def hall(nodes: MakeNode) -> Hall:
    hall = Hall(nodes())
    hall.node.db.call(_add_attendees, hall)
    return hall


def _add_attendees(tx: Tx, hall: Hall) -> None:
    odd = Oddities()
    people = add_people(tx, hall.org_id, odd, 200_001)
    registrations = [
        {
            "event_id": hall.event_id,
            "state": "cancelled" if number % 29 == 0 else "confirmed",
            "answers": "{}",
            "created_at": odd.instant(),
        }
        for number in people
    ]
    register_people(tx, hall.org_id, people, hall.vip_id, registrations)
    add_rows(tx, "tickets", list(_tickets(odd, hall, people)))


def _tickets(odd: Oddities, hall: Hall, people: range) -> Iterator[Facts]:
    for number in people:
        for count in range(1 + number % 3):
            yield {
                "org_id": hall.org_id,
                "id": number * 10 + count,
                "code": f"T{number}{count}",
                "registration_id": number,
                "ticket_type_id": hall.vip_id,
                "state": "cancelled" if odd.below(10) == 0 else "valid",
                "created_at": odd.instant(),
                "updated_at": odd.instant(),
                "checked_in_at": odd.instant() if odd.below(3) == 0 else None,
            }


ATTENDEES = {
    "all": ".json",
    "checked": "/checked.json",
    "unchecked": "/unchecked.json",
    "of any state": ".json?state=all",
    "since": ".json?since=2027-01-01T09:00:05Z&state=all",
    "nobody": ".json?ticket_id=77",
    "page": ".json?page=3&per_page=100",
}


@pytest.mark.parametrize("name", ATTENDEES)
def test_attendees(hall: Hall, check: Check, name: str) -> None:
    asked = hall.ask("GET", f"/v1/event/attendees{ATTENDEES[name]}")
    check(f"attendees {name}", take(asked.send(hall.node)))


# -- the search of exam registrations -------------------------------------------------------


@pytest.fixture(scope="module")
def school(nodes: MakeNode) -> School:
    school = School(nodes())
    school.node.db.call(_add_sittings, school)
    return school


def _add_sittings(tx: Tx, school: School) -> None:
    odd, org_id = Oddities(), school.org_id
    people = add_people(tx, org_id, odd, 300_001)
    learners = [
        {
            "org_id": org_id,
            "person_id": number,
            "code": f"{odd.text()}{number}",
            "code_key": str(number),
            "name_key": f"{number % 7} name",
            "email_key": "",
            "created_at": 1,
        }
        for number in people
    ]
    add_rows(tx, "learners", learners)
    events, type_id, form_id = _add_exams(tx, school, odd)
    registrations = [
        {
            "event_id": events[number % len(events)],
            "sitting": number,
            "state": "confirmed",
            "answers": "{}",
            "created_at": 1,
        }
        for number in people
    ]
    register_people(tx, org_id, people, type_id, registrations)
    sittings = [
        {
            "org_id": org_id,
            "registration_id": number,
            "event_id": events[number % len(events)],
            "person_id": number,
            "form_id": form_id if number % 3 else None,
            "registrant_type": "",
            "attendance": ("Pending", "Present", "Absent", "Withdrawn")[number % 4],
            "grading": "",
            "is_eligible": 1,
            "sequence": number,
            "passcode": "x",
            "time_limit": 1,
            "changed_at": odd.instant(),
            "change_type": odd.text(),
        }
        for number in people
    ]
    add_rows(tx, "exam_registrations", sittings)


ZONES = ("America/Vancouver", "UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe")


def _add_exams(tx: Tx, school: School, odd: Oddities) -> tuple[list[int], int, int]:
    """An exam in each zone; a ticket type and a form."""
    model = f"SELECT min(event_id) FROM exams WHERE org_id = {school.org_id}"
    [own] = tx.connection.execute(model).fetchone()
    numbers = [9_000_001 + number for number in range(len(ZONES))]
    for number, zone in zip(numbers, ZONES, strict=True):
        starts_at = odd.instant()
        for statement in (
            f"INSERT INTO events (org_id, id, uuid, pak, title, state, timezone, starts_local,"
            f" ends_local, starts_at, ends_at, venue_id, details, created_at, updated_at)"
            f" SELECT org_id, {number}, '{uuid_of(number)}', '{number}', title, state, '{zone}',"
            f" starts_local, ends_local, {starts_at}, {starts_at + 1}, venue_id, details, 1, 1"
            f" FROM events WHERE id = {own} AND org_id = {school.org_id}",
            f"INSERT INTO exams (org_id, event_id, number, kind, exam_type, exam_format,"
            f" billing_code, appointment_type, is_on_calendar, has_own_title)"
            f" VALUES ({school.org_id}, {number}, {number}, 'Exam', 'Class',"
            f" '{('Online', '', 'Paper <&>')[number % 3]}', 'x', '', 0, 0)",
        ):
            tx.connection.execute(statement)
    [type_id] = tx.connection.execute(
        f"SELECT min(id) FROM ticket_types WHERE event_id = {own}"
    ).fetchone()
    [form_id] = tx.connection.execute(
        f"SELECT min(id) FROM assessment_forms WHERE org_id = {school.org_id}"
    ).fetchone()
    return numbers, type_id, form_id


SEARCHES = {
    "all": {"LastChangeTimeSince": "1990-01-01T00:00:00Z"},
    "some": {"Name": "3 name"},
    "nobody": {"Code": "nobody"},
}


@pytest.mark.parametrize("name", SEARCHES)
def test_searches(school: School, check: Check, name: str) -> None:
    asked = school.ask("POST", "/api/registrations/search", SEARCHES[name])
    check(f"search {name}", take(asked.send(school.node)))
