"""Finding registrations, the calendar, classes and scrap paper."""

import datetime
import threading

import pytest

from tests.core.exams.college import DAY_MS, MORNING, College
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.events.model import EventDetails, EventState, span
from turnout.core.events.programme import create_event
from turnout.core.exams import leaving, lists, planning, searching
from turnout.core.exams.learners import NewLearner, add_learner, find_learner, list_learners
from turnout.core.exams.lists import NewForm, NewVenue
from turnout.core.exams.model import ExamKind, SittingFilter, ValueKind
from turnout.core.people.merging import find_person, merge_person
from turnout.core.people.model import Contact
from turnout.core.registrations.places import set_event_state
from turnout.errors import Conflict, Invalid, Missing

MINUTE_MS = 60_000


@pytest.fixture
def college(node) -> College:
    node.clock.now = START
    return College(node)


@pytest.fixture
def searched(college) -> College:
    """Registrations of a, b, c and d, one a minute."""
    for number, learner in enumerate("abcd"):
        college.register(number, learner, starts_at=MORNING + number * 60_000)
        college.node.clock.advance(60)
    return college


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        ({}, ["L-D", "L-C", "L-B", "L-A"]),
        ({"name": "LOVE"}, ["L-A"]),
        ({"name": "björn åk"}, ["L-B"]),
        ({"name": "王"}, ["L-D"]),
        ({"name": "o'n"}, ["L-C"]),
        ({"name": "%"}, []),
        ({"name": "_"}, []),
        ({"email": "ADA@"}, ["L-D", "L-A"]),
        ({"email": "example", "code": "l-b"}, ["L-B"]),
        ({"code": "-c"}, ["L-C"]),
        ({"since": START + 60_000}, ["L-D", "L-C", "L-B"]),
        ({"until": START + 60_000}, ["L-A"]),
        ({"since": START + 60_000, "until": START + 120_000, "code": "l"}, ["L-B"]),
    ],
)
def test_registrations_are_found_newest_change_first(searched, wanted, codes):
    assert searched.search(**wanted) == codes


def test_a_change_that_commits_late_is_found_by_whoever_asked_before(searched):
    clock, now = searched.node.clock, searched.node.clock()
    begun, may_end = threading.Event(), threading.Event()

    def change_slowly(tx):
        leaving.cancel_sitting(tx, searched.org_id, searched.guid(2), "ill", actor="test")
        begun.set()
        may_end.wait(30)

    def count(tx):
        return searching.count_found(tx, searched.org_id, SittingFilter(since=now + MINUTE_MS))

    thread = threading.Thread(target=lambda: searched.db.call(change_slowly))
    thread.start()
    assert begun.wait(30)
    try:
        clock.advance(120)
        first = searched.node.client.run(searched.db.read(count))
    finally:
        may_end.set()
        thread.join()
    assert first == 0
    assert searched.search(since=now + MINUTE_MS) == ["L-C"]
    assert searched.search(since=now + 10 * MINUTE_MS) == []


def test_every_change_brings_a_registration_to_the_front(searched):
    searched.cancel(1)
    assert searched.search() == ["L-B", "L-D", "L-C", "L-A"]


def test_a_learner_is_known_by_guid_and_code_and_may_share_an_address(college):
    ada, other = (find_by(college, letter) for letter in "ad")
    assert ada.email == other.email
    assert ada.person_id != other.person_id
    assert college.db.call(find_person, college.org_id, "ada@example.com").id == ada.person_id
    changed = NewLearner("l-a", "Augusta", "King", "")
    again = college.db.call(add_learner, college.org_id, changed, actor="test")
    assert again == (ada.person_id, ada.uuid, "l-a", ada.email, "Augusta", "King")
    assert [learner.code for learner in college.db.call(list_learners, college.org_id, 9)] == [
        "l-a",
        "L-B",
        "L-C",
        "L-D",
    ]


def test_somebody_who_is_known_becomes_a_learner(college):
    known = college.db.call(merge_person, college.org_id, Contact(email="eve@example.com"))
    new = NewLearner("E", "Eve", "Moneypenny", "EVE@example.com")
    learner = college.db.call(add_learner, college.org_id, new, actor="test")
    assert learner.person_id == known.id


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (NewLearner("", "A", "B"), Invalid),
        (NewLearner("X", "", ""), Invalid),
        (NewLearner("X", "A", "B", "nobody"), Invalid),
        (NewLearner("L-A", "A", "B", uuid="10000000-0000-4000-8000-000000000000"), Conflict),
    ],
)
def test_who_cannot_be_a_learner_is_refused(college, new, kind):
    with pytest.raises(kind):
        college.db.call(add_learner, college.org_id, new, actor="test")


def test_a_guid_is_one_persons(college):
    taken = NewLearner("X", "A", "B", uuid=college.learners["b"])
    with pytest.raises(Conflict):
        college.db.call(add_learner, college.org_id, taken, actor="test")


def find_by(college: College, letter: str):
    return college.db.call(find_learner, college.org_id, college.learners[letter])


def test_the_calendar_has_what_is_published_and_shown(college):
    exam = college.register(1)
    drafted = college.register(2, venue=college.annex)
    hidden = college.register(3, "b", venue=college.annex, starts_at=MORNING + 60_000)
    for uuid in (exam, hidden):
        event_id = college.get_exam(uuid).event_id
        college.db.call(
            planning.set_exam_state, college.org_id, event_id, EventState.OPEN, actor="test"
        )
    college.db.call(
        planning.set_appearance,
        college.org_id,
        college.get_exam(hidden).event_id,
        is_on_calendar=False,
        actor="test",
    )
    when = span("2027-01-31T22:00", "2027-02-01T02:00", "America/Vancouver")
    party = college.db.call(create_event, college.org_id, "Party", when, actor="test")
    secret = EventDetails(is_public=False)
    college.db.call(create_event, college.org_id, "Secret", when, details=secret, actor="test")

    def titles(day: str | None) -> list[tuple[str, str | None]]:
        date = datetime.date.fromisoformat(day) if day else None
        found = college.db.call(searching.list_calendar, college.org_id, "America/Vancouver", date)
        return [(exam.title, exam.kind) for exam in found]

    welder = ("Trades Hall / Welder Level 1", "Exam")
    assert titles("2027-01-20") == [welder, ("Party", None)]
    assert titles("2027-02-20") == [("Party", None)]
    assert titles("2027-03-01") == []
    assert titles(None) == [welder, ("Party", None)]
    assert drafted != exam
    assert party.title == "Party"


def test_classes_that_are_to_come(college):
    wanted = {
        name: college.exam(starts_at=MORNING + day * DAY_MS, registration_limit=limit)
        for day, (name, limit) in enumerate({"Open": None, "Full": 1, "Closed": 5}.items())
    }
    made = {
        name: college.db.call(
            planning.make_exam,
            college.org_id,
            value,
            kind=ExamKind.CLASS,
            title=name,
            state=EventState.OPEN,
            actor="test",
        )
        for name, value in wanted.items()
    }
    college.register(1, starts_at=MORNING + DAY_MS)
    college.db.call(
        set_event_state, college.org_id, made["Closed"].event_id, EventState.CLOSED, actor="test"
    )
    found = college.db.call(searching.list_classes, college.uuid)
    assert [(exam.title, exam.is_full, exam.is_closed) for exam in found] == [
        ("Open", False, False),
        ("Full", True, False),
        ("Closed", False, True),
    ]
    event_id = college.get_exam(made["Full"].uuid).event_id
    college.node.execute(
        f"UPDATE events SET details = '{{\"is_public\":false}}' WHERE id = {event_id}"
    )
    found = college.db.call(searching.list_classes, college.uuid)
    assert [exam.title for exam in found] == ["Open", "Closed"]
    calendar = college.db.call(searching.list_calendar, college.org_id, "UTC", None)
    assert "Full" not in {exam.title for exam in calendar}
    college.node.execute(f"UPDATE events SET details = '{{}}' WHERE id = {event_id}")
    assert college.get_exam(made["Full"].uuid).title == "Full"
    college.node.clock.now = MORNING
    assert len(college.db.call(searching.list_classes, college.uuid)) == 2
    assert college.db.call(searching.list_classes, college.guid(1)) == []


def test_lists_are_the_organizations_own_where_it_has_some(college):
    kind = ValueKind.EXAM_FORMAT
    assert college.db.call(lists.list_values, college.org_id, kind) == ["Online", "Paper"]
    college.db.call(lists.add_value, college.org_id, kind, "Oral", actor="test")
    assert college.db.call(lists.list_values, college.org_id, kind) == ["Oral"]
    assert college.db.call(lists.find_value, college.org_id, kind, " oral ") == "Oral"
    with refuses(Invalid, "exam.format", value="Online"):
        college.register(1)
    college.db.call(lists.remove_value, college.org_id, kind, "Oral", actor="test")
    with pytest.raises(Missing):
        college.db.call(lists.remove_value, college.org_id, kind, "Oral", actor="test")
    with pytest.raises(Invalid):
        college.db.call(lists.add_value, college.org_id, kind, " ", actor="test")


def test_what_cannot_be_imported_is_refused(college):
    for verb, new in (
        (lists.set_venue, NewVenue("", "UTC")),
        (lists.set_venue, NewVenue("Hall", "Nowhere/Land")),
        (lists.set_venue, NewVenue("Trades Hall", "UTC", room="1", seats=0)),
        (lists.add_form, NewForm("", 1, "a", "a")),
        (lists.add_form, NewForm("A", 0, "a", "a")),
    ):
        with pytest.raises(Invalid):
            college.db.call(verb, college.org_id, new, actor="test")
    forms = college.db.call(lists.list_forms, college.org_id)
    assert [(form.code, form.version) for form in forms] == [
        ("BI", 1),
        ("W1", 1),
        ("W1", 2),
        ("W1", 3),
        ("W2", 1),
    ]


def test_a_learner_is_found_by_what_the_person_is_called_now(searched):
    renamed = Contact(email="bjorn@example.com", last_name="Ångström", company="Åre")
    searched.db.call(merge_person, searched.org_id, renamed)
    assert (searched.search(name="åkesson"), searched.search(name="ångström")) == (["L-B"], [])
    person = searched.db.call(find_person, searched.org_id, "bjorn@example.com")
    assert (person.contact.last_name, person.contact.company) == ("Åkesson", "Åre")
    again = NewLearner("L-A", "Augusta", "King")
    searched.db.call(add_learner, searched.org_id, again, actor="test")
    assert searched.search(name="king", email="ada@") == ["L-A"]


def test_an_address_that_changed_leads_to_its_learner(college):
    bjorn = find_by(college, "b").person_id
    for email in ("b@example.com", "ada@example.com"):
        moved = NewLearner("L-B", "Björn", "Åkesson", email)
        college.db.call(add_learner, college.org_id, moved, actor="test")
        found = college.db.call(find_person, college.org_id, "bjorn@example.com")
        assert found is None
        assert find_by(college, "b").email == email
        known = college.db.call(find_person, college.org_id, email)
        assert (known.id == bjorn) is (email == "b@example.com")
