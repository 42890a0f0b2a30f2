"""Correcting people, finding them, and changing their address."""

import msgspec
import pytest

from turnout.core.audit.recording import list_entries
from turnout.core.exams.learners import NewLearner, add_learner, list_learners
from turnout.core.ids import PersonId
from turnout.core.people.correcting import change_address, correct_person
from turnout.core.people.finding import (
    get_named_person,
    get_person,
    list_former_addresses,
    search_people,
)
from turnout.core.people.merging import find_person, merge_person
from turnout.core.people.model import Contact, FormerAddress
from turnout.errors import Conflict, Invalid, Missing

ADA = Contact(
    email="ada@example.com",
    first_name="Ada",
    last_name="Lovelace",
    company="Engines Ltd",
    phone="+44 20 7946-0018",
)


@pytest.fixture
def ada(db, org_id) -> PersonId:
    return db.call(merge_person, org_id, ADA).id


def test_details_are_corrected_and_taken_away(db, org_id, ada):
    db.clock.advance(60)
    changes = {"last_name": " Byron ", "company": "", "first_name": "Ada"}
    assert db.call(correct_person, org_id, ada, changes, actor="test") == ["last_name", "company"]
    person = db.call(get_person, org_id, ada)
    assert person.contact == msgspec.structs.replace(ADA, last_name="Byron", company="")
    assert person.updated_at == db.clock()
    (entry,) = db.call(list_entries, org_id, "person", ada)
    assert (entry.action, entry.facts) == ("corrected", {"fields": ["last_name", "company"]})
    assert db.call(correct_person, org_id, ada, changes, actor="test") == []
    assert len(db.call(list_entries, org_id, "person", ada)) == 1


def test_a_former_phone_is_kept_for_the_messages_to_it(db, org_id, ada):
    db.call(correct_person, org_id, ada, {"phone": "+49 30 1"}, actor="test")
    former = [FormerAddress("phone", "+44 20 7946-0018", db.clock())]
    assert db.call(list_former_addresses, org_id, ada) == former


def test_a_learner_is_corrected_and_found_by_the_new_name(db, org_id):
    new = NewLearner(code="L1", first_name="Ada", last_name="L", email="ada@example.com", uuid="")
    learner = db.call(add_learner, org_id, new, actor="test")
    db.call(correct_person, org_id, learner.person_id, {"last_name": "Byron"}, actor="test")
    assert [learner.name for learner in db.call(list_learners, org_id, 9)] == ["Ada Byron"]


def test_what_cannot_be_is_refused(db, org_id, ada, account):
    with pytest.raises(Invalid, match="control character"):
        db.call(correct_person, org_id, ada, {"last_name": "a\x07b"}, actor="test")
    with pytest.raises(Missing, match="no person 999999"):
        db.call(correct_person, org_id, PersonId(999999), {"title": "Dr"}, actor="test")
    with pytest.raises(Missing):
        db.call(correct_person, account.org_id, ada, {"title": "Dr"}, actor="test")
    with pytest.raises(Invalid, match="not an e-mail address"):
        db.call(change_address, org_id, ada, "nowhere", actor="test")
    assert db.call(get_person, org_id, ada).contact == ADA


def test_an_address_is_changed_and_the_former_one_known(db, org_id, ada):
    assert db.call(change_address, org_id, ada, " ada@new.example ", actor="test")
    assert not db.call(change_address, org_id, ada, "ada@new.example", actor="test")
    person = db.call(find_person, org_id, "ADA@new.example")
    assert person
    assert (person.id, person.contact.email) == (ada, "ada@new.example")
    assert db.call(find_person, org_id, ADA.email) is None
    assert db.call(list_former_addresses, org_id, ada) == [
        FormerAddress("email", "ada@example.com", db.clock())
    ]
    (entry,) = db.call(list_entries, org_id, "person", ada)
    assert (entry.action, entry.facts) == ("changed address", {})


def test_another_spelling_of_the_same_address_is_no_former_one(db, org_id, ada):
    assert db.call(change_address, org_id, ada, "Ada@Example.com", actor="test")
    assert db.call(get_person, org_id, ada).contact.email == "Ada@Example.com"
    assert db.call(list_former_addresses, org_id, ada) == []


def test_an_address_that_is_taken_is_refused(db, org_id, ada):
    other = db.call(merge_person, org_id, Contact(email="b@example.com")).id
    with pytest.raises(Conflict, match=f"address of person {other}"):
        db.call(change_address, org_id, ada, "B@example.com", actor="test")
    assert db.call(get_person, org_id, ada).contact.email == ADA.email


@pytest.mark.parametrize(
    "text", ["ada", "LOVE ada", "engines", "a@EXAMPLE.com", "7946 0018", "20-7946", "+44 20 79"]
)
def test_people_are_found_by_what_is_known(db, org_id, ada, text):
    db.call(merge_person, org_id, Contact(email="b@other.org", first_name="B", phone="123"))
    found, after = db.call(search_people, org_id, text, PersonId(0), 10)
    assert ([person.id for person in found], after) == ([ada], None)


@pytest.mark.parametrize("text", ["adam", "ada zz", "", " ", "123", "%", "_"])
def test_nobody_is_found_by_something_else(db, org_id, ada, text):
    assert db.call(search_people, org_id, text, PersonId(0), 10) == ([], None)


def test_more_than_the_limit_go_on_behind_it(db, org_id):
    ids = [db.call(merge_person, org_id, Contact(email=f"x{n}@example.com")).id for n in range(3)]
    first, after = db.call(search_people, org_id, "x", PersonId(0), 2)
    assert ([person.id for person in first], after) == (ids[:2], ids[1])
    rest, after = db.call(search_people, org_id, "x", ids[1], 2)
    assert ([person.id for person in rest], after) == (ids[2:], None)


def test_a_person_is_named_by_number_or_address(db, org_id, ada):
    assert db.call(get_named_person, org_id, str(ada)).id == ada
    assert db.call(get_named_person, org_id, "ADA@example.com").id == ada
    for name in ("999999", "b@example.com"):
        with pytest.raises(Missing, match=f"no person {name}"):
            db.call(get_named_person, org_id, name)
