"""An event as a file: written here, read elsewhere, and the same again; hostile files are refused
whole."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.portable.summit import make_summit, members, pack, unpack
from tests.core.registrations.invariants import find_faults
from tests.support.builder import Builder, make_organization
from tests.support.node import START, LocalNode, database, open_node
from turnout.core.events.programme import get_event, list_events
from turnout.core.ids import OrgId
from turnout.core.payments.settling import PaymentState, list_payments
from turnout.core.people.merging import find_person
from turnout.core.portable.packing import pack_event
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.transferring import find_holder
from turnout.errors import Conflict, Invalid
from turnout.formats.archives import ArchiveWriter
from turnout.store import Database, Tx

CODES = re.compile(rb'"(?:code|reference)":"[A-Z0-9-]+"')


def make_house(tx: Tx, slug: str) -> OrgId:
    house = Builder(tx, slug)
    house.user()
    return house.org_id


@pytest.fixture
def summit(own_node: LocalNode, tmp_path: Path) -> tuple[LocalNode, OrgId, Path]:
    """A node, the organization, and the file of its event."""
    own_node.clock.now = START
    org_id, event_id = own_node.db.call(make_summit, "summit")
    return own_node, org_id, pack(own_node.db, org_id, event_id, tmp_path / "summit.zip")


def without_codes(path: Path) -> dict[str, bytes]:
    return {name: CODES.sub(b"", text) for name, text in members(path).items()}


def test_an_event_goes_elsewhere_and_back_and_is_the_same(summit, tmp_path, request):
    node, _, path = summit
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[node.db.backend]
    cluster = request.getfixturevalue("cluster") if other == "postgresql" else None
    with database(other, tmp_path, cluster) as url, open_node(url) as elsewhere:
        there = elsewhere.db.call(make_house, "there")
        done = unpack(elsewhere.db, there, path, keeps_codes=True)
        assert done.is_new
        assert elsewhere.db.call(find_faults) == {}
        again = pack(elsewhere.db, there, done.event_id, tmp_path / "again.zip")
    assert members(again) == members(path)
    back = node.db.call(make_house, "back")
    done = unpack(node.db, back, again)
    assert node.db.call(find_faults) == {}
    third = pack(node.db, back, done.event_id, tmp_path / "third.zip")
    assert without_codes(third) == without_codes(path)
    assert members(third)["tickets.jsonl"] != members(path)["tickets.jsonl"]
    assert sorted(members(path)) == [
        *("bookings.jsonl", "event.json", "invitations.jsonl", "notes.jsonl", "parties.jsonl"),
        *("people.jsonl", "pictures/1.webp", "registrations.jsonl", "tags.jsonl"),
        *("tickets.jsonl", "waiting.jsonl"),
    ]


def test_the_same_file_again_changes_nothing(summit):
    node, org_id, path = summit
    there = node.db.call(make_house, "there")
    first = unpack(node.db, there, path)
    second = unpack(node.db, there, path)
    assert (second.event_id, second.is_new) == (first.event_id, False)
    assert len(node.db.call(list_events, there)) == 1
    own = unpack(node.db, org_id, path)
    assert (own.event_id, own.is_new) == (node.db.call(list_events, org_id)[0].id, False)


def test_a_payment_that_ended_stays_so(summit, tmp_path):
    node, org_id, _ = summit
    event_id = node.db.call(list_events, org_id)[0].id
    [payment] = node.db.call(list_payments, org_id, event_id, limit=9)
    assert payment.state is PaymentState.OPEN
    holder = node.db.call(find_holder, org_id, payment.code)
    node.db.call(cancel_registration, org_id, holder, actor="test")
    packed = pack(node.db, org_id, event_id, tmp_path / "ended.zip")
    states = [
        row["payment"]["state"]
        for row in map(json.loads, members(packed)["tickets.jsonl"].splitlines())
        if row.get("payment")
    ]
    assert states == ["cancelled"]
    there = node.db.call(make_house, "there")
    done = unpack(node.db, there, packed)
    [read] = node.db.call(list_payments, there, done.event_id, limit=9)
    assert (read.state, read.lapsed_at) == (PaymentState.CANCELLED, None)


def test_nobody_goes_along_without_people(summit, tmp_path):
    node, org_id, path = summit
    event_id = node.db.call(list_events, org_id)[0].id
    empty = pack(node.db, org_id, event_id, tmp_path / "empty.zip", has_people=False)
    assert sorted(members(empty)) == ["event.json", "pictures/1.webp"]
    assert members(empty)["event.json"] == members(path)["event.json"]
    there = node.db.call(make_house, "there")
    done = unpack(node.db, there, empty)
    event = node.db.call(get_event, there, done.event_id)
    assert (event.title, event.held, event.capacity) == ("Rail Summit", 0, 3)


def test_a_code_that_is_taken_is_new_and_people_who_are_known_stay(summit):
    node, _, path = summit
    there = node.db.call(make_house, "there")
    assert unpack(node.db, there, path, keeps_codes=True).new_codes == 0
    row = json.loads(members(path)["people.jsonl"].splitlines()[0])
    person = node.db.call(find_person, there, row["contact"]["email"])
    assert person.contact.first_name == row["contact"]["first_name"]
    text = members(path)["event.json"].replace(b'"key": "0', b'"key": "1')
    other = rewrite(path, {"event.json": text})
    done = unpack(node.db, there, other, keeps_codes=True)
    assert done.new_codes == len(members(path)["tickets.jsonl"].splitlines())
    assert node.db.call(find_faults) == {}


def test_what_needs_somebody_or_is_an_exam_is_said(summit, node):
    own, _, path = summit
    empty = own.db.call(make_organization, "empty")
    with pytest.raises(Conflict, match="need a user of the organization"):
        unpack(own.db, empty, path)
    college = College(node)
    exam = college.get_exam(college.register(1))
    with pytest.raises(Conflict, match="is an exam"):
        college.db.look(pack_event, college.org_id, exam.event_id, lambda *_: None)


def rewrite(path: Path, changes: dict[str, bytes]) -> Path:
    """The file with other members."""
    changed = path.with_name("changed.zip")
    with changed.open("wb") as file, ArchiveWriter(file) as archive:
        for name, text in (members(path) | changes).items():
            archive.add(name, [text])
    return changed


def edit(text: bytes, **changes: Any) -> bytes:
    """The first row with other values."""
    first, *rest = text.splitlines(keepends=True)
    return json.dumps(json.loads(first) | changes).encode() + b"\n" + b"".join(rest)


HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "an unknown member": ("people", {"evil": 1}),
    "a place that is not there": ("registrations", {"person": 77}),
    "a negative place": ("registrations", {"person": -1}),
    "a type that is not there": ("tickets", {"ticket_type": 9}),
    "a state of its own": ("registrations", {"state": "owner"}),
    "a code that is none": ("tickets", {"code": "' OR 1=1"}),
    "no text": ("notes", {"note": 7}),
    "a control character": ("notes", {"note": "\x1b[2J"}),
    "NUL": ("tags", {"tag": "a\x00b"}),
    "a person with a bell": ("people", {"contact": {"email": "", "first_name": "J\x07o"}}),
    "an address that is none": ("people", {"contact": {"email": "nowhere"}}),
    "a booking of nobody": ("bookings", {"registration": 1}),
    "an instant out of time": ("waiting", {"created_at": 2**80}),
    "a number that is none": ("waiting", {"priority": 1e999}),
}


def test_a_hostile_row_is_refused_and_nothing_is_made(summit):
    node, _, path = summit
    for what, (name, changes) in HOSTILE.items():
        member = f"{name}.jsonl"
        hostile = rewrite(path, {member: edit(members(path)[member], **changes)})
        assert_refused(node.db, hostile, what)


def first_session(event: dict[str, Any]) -> dict[str, Any]:
    return event["sessions"][0]


EVENTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no title": lambda _: {"title": " "},
    "a later version": lambda _: {"version": 2},
    "another format": lambda _: {"format": "tar"},
    "two defaults": lambda event: {"ticket_types": [event["ticket_types"][0]] * 2},
    "fewer places than people": lambda _: {"capacity": 1},
    "no such speaker": lambda event: {"sessions": [first_session(event) | {"speakers": [5]}]},
    "a script": lambda event: {"details": event["details"] | {"online_url": "javascript:1"}},
    "a path for a picture": lambda _: {"cover": "../../etc/passwd"},
    "no time": lambda _: {"starts": "yesterday"},
    "no zone": lambda _: {"timezone": "Mars/Phobos"},
    "a key that is none": lambda _: {"key": "1"},
    "a file of the disk": lambda event: {
        "sessions": [
            first_session(event) | {"media": first_session(event)["media"] | {"url": "file:///x"}}
        ]
    },
}


def test_a_hostile_event_is_refused_and_nothing_is_made(summit):
    node, _, path = summit
    event = json.loads(members(path)["event.json"])
    for what, change in EVENTS.items():
        text = json.dumps(event | change(event)).encode()
        assert_refused(node.db, rewrite(path, {"event.json": text}), what)
    assert_refused(node.db, rewrite(path, {"event.json": b"{"}), "no JSON")


def test_a_registration_without_a_ticket_is_refused(summit):
    node, _, path = summit
    assert_refused(node.db, rewrite(path, {"tickets.jsonl": b""}), "no tickets")


def assert_refused(db: Database, path: Path, what: str) -> None:
    there = db.call(make_house, f"there-{what.replace(' ', '-').lower()}")
    with pytest.raises((Invalid, Conflict)) as caught:
        unpack(db, there, path)
    assert str(caught.value) != f"{caught.value.args[0]}.", what
    tables = ("events", "people", "registrations", "tickets", "waiting_entries", "pictures")
    questions = [f"SELECT count(*) FROM {table} WHERE org_id = {there}" for table in tables]
    counts = db.call(
        lambda tx: [tx.connection.execute(question).fetchone()[0] for question in questions]
    )
    assert counts == [0] * len(tables)
