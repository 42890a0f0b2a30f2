"""What somebody was called before is kept, whichever door changed it."""

import pytest

from turnout.core.erasure.overview import read_overview
from turnout.core.erasure.uniting import unite_people
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.ids import PersonId
from turnout.core.people.correcting import correct_person
from turnout.core.people.finding import list_former_names
from turnout.core.people.merging import merge_people, merge_person
from turnout.core.people.model import Contact, FormerName
from turnout.core.text import email_key

EMAIL = "ada@example.com"


def call_them(db, org_id, first: str, last: str) -> PersonId:
    contact = Contact(email=EMAIL, first_name=first, last_name=last)
    return db.call(merge_person, org_id, contact).id


@pytest.fixture
def ada(db, org_id) -> PersonId:
    return call_them(db, org_id, "Ada", "Byron")


def names(db, org_id, person_id) -> list[str]:
    return [former.name for former in db.call(list_former_names, org_id, person_id)]


def correct(db, org_id, ada) -> None:
    db.call(correct_person, org_id, ada, {"last_name": "Lovelace"}, actor="test")


def say_again(db, org_id, _ada) -> None:
    call_them(db, org_id, "", "Lovelace")


def take_in_batch(db, org_id, _ada) -> None:
    contact = Contact(email="ADA@example.com", last_name="Lovelace")
    db.call(merge_people, {(org_id, email_key(EMAIL)): ("uuid-of-nobody", contact)})


def examine(db, org_id, _ada) -> None:
    new = NewLearner("L-1", "Ada", "Lovelace", EMAIL)
    db.call(add_learner, org_id, new, actor="test")


@pytest.mark.parametrize("rename", [correct, say_again, take_in_batch, examine])
def test_a_name_that_changes_is_kept_until_then(db, org_id, ada, rename):
    db.clock.advance(60)
    rename(db, org_id, ada)
    assert db.call(list_former_names, org_id, ada) == [FormerName("Ada", "Byron", db.clock())]
    overview = db.call(read_overview, org_id, ada)
    assert overview.person.contact.last_name == "Lovelace"
    assert [former.name for former in overview.names] == ["Ada Byron"]
    rename(db, org_id, ada)
    assert names(db, org_id, ada) == ["Ada Byron"]


def test_other_details_and_a_first_name_of_all_are_no_change(db, org_id):
    ada = call_them(db, org_id, "", "")
    call_them(db, org_id, "Ada", "Byron")
    db.call(correct_person, org_id, ada, {"company": "Engines"}, actor="test")
    assert names(db, org_id, ada) == []


def test_a_name_that_comes_again_was_that_until_the_last_time(db, org_id, ada):
    for last in ("Lovelace", "Byron", "Lovelace"):
        db.clock.advance(60)
        call_them(db, org_id, "Ada", last)
    found = db.call(list_former_names, org_id, ada)
    assert [former.name for former in found] == ["Ada Lovelace", "Ada Byron"]
    assert found[-1].until == db.clock()


def test_merging_keeps_the_names_of_both(db, org_id, ada):
    call_them(db, org_id, "Ada", "Lovelace")
    other = Contact(email="b@example.com", first_name="A.", last_name="King")
    twin = db.call(merge_person, org_id, other).id
    changed = {"last_name": "Noel"}
    db.call(correct_person, org_id, twin, changed, actor="test")
    db.call(unite_people, org_id, ada, twin, actor="test")
    assert sorted(names(db, org_id, ada)) == ["A. King", "A. Noel", "Ada Byron"]
    assert names(db, org_id, twin) == []


def test_a_name_that_is_taken_away_is_not_kept(db, org_id, ada):
    """As erasing does, which leaves nothing to find."""
    nothing = {"first_name": "", "last_name": ""}
    db.call(correct_person, org_id, ada, nothing, actor="test")
    assert names(db, org_id, ada) == []
