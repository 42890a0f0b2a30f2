"""One person an organization and address, however it is spelled and no matter who asks at once."""

import msgspec
import pytest

from tests.store.notes import in_threads
from turnout.core.people.merging import count_people, find_person, merge_person
from turnout.core.people.model import Contact

FULL = Contact(
    email="Ada@Example.com",
    title="Ms",
    first_name="Ada",
    last_name="Lovelace",
    company="Engines",
    job_title="Analyst",
    address_line1="1 Row",
    address_line2="Floor 2",
    address_line3="Room 3",
    city="London",
    county_or_state="Middlesex",
    post_code="W1",
    country_code="UK",
    phone="+44 20",
)
DETAILS = [name for name in Contact.__struct_fields__ if name != "email"]


def test_a_new_person_is_kept_as_given(db, org_id):
    merged = db.call(merge_person, org_id, msgspec.structs.replace(FULL, email=" Ada@Example.com "))
    person = db.call(find_person, org_id, "ada@example.com")
    assert person
    assert (merged.id, merged.is_new) == (person.id, True)
    assert person.contact == FULL
    assert person.created_at == person.updated_at == db.clock()
    assert db.call(count_people, org_id) == 1


@pytest.mark.parametrize(
    "spelling", ["ada@example.com", "ADA@EXAMPLE.COM", " Ada@Example.com\n", "aDa@exAmple.com"]
)
def test_another_spelling_is_the_same_person_kept_as_first_typed(db, org_id, spelling):
    first = db.call(merge_person, org_id, FULL)
    db.clock.advance(5)
    again = db.call(merge_person, org_id, Contact(email=spelling, city="Paris"))
    assert (again.id, again.is_new) == (first.id, False)
    person = db.call(find_person, org_id, spelling)
    assert person
    assert person.contact == msgspec.structs.replace(FULL, city="Paris")
    assert person.updated_at == person.created_at + 5000
    assert db.call(count_people, org_id) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("josé@münchen.de", "JOSE\u0301@XN--MNCHEN-3YA.DE"), ("é@example.com", "É@example.com")],
)
def test_spellings_beyond_ascii_are_one_person_too(db, org_id, one, other):
    first, again = (db.call(merge_person, org_id, Contact(email=email)) for email in (one, other))
    assert first.id == again.id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fiona@example.com", "\ufb01ona@example.com"),
        ("weiss@example.com", "wei\u00df@example.com"),
        ("mike@example.com", "mi\u212ae@example.com"),
    ],
)
def test_mailboxes_that_only_look_alike_are_two_people(db, org_id, one, other):
    first = db.call(merge_person, org_id, Contact(email=one, first_name="First"))
    second = db.call(merge_person, org_id, Contact(email=other, first_name="Second"))
    assert (first.is_new, second.is_new) == (True, True)
    for email, name in ((one, "First"), (other, "Second")):
        person = db.call(find_person, org_id, email)
        assert person
        assert person.contact == Contact(email=email, first_name=name)


def test_empty_text_never_erases_what_is_known(db, org_id):
    db.call(merge_person, org_id, FULL)
    db.call(merge_person, org_id, Contact(email=FULL.email))
    person = db.call(find_person, org_id, FULL.email)
    assert person
    assert person.contact == FULL


@pytest.mark.parametrize("name", DETAILS)
def test_each_detail_is_replaced_alone(db, org_id, name):
    db.call(merge_person, org_id, FULL)
    db.call(merge_person, org_id, Contact(email=FULL.email, **{name: "new"}))
    person = db.call(find_person, org_id, FULL.email)
    assert person
    assert person.contact == msgspec.structs.replace(FULL, **{name: "new"})


def test_different_addresses_and_organizations_are_different_people(db, org_id, account):
    emails = ["ada@example.com", "ada+1@example.com", "a.da@example.com"]
    ids = [db.call(merge_person, org_id, Contact(email=email)).id for email in emails]
    ids.append(db.call(merge_person, account.org_id, Contact(email=emails[0])).id)
    assert len(set(ids)) == 4
    assert db.call(count_people, org_id) == 3
    assert db.call(count_people, account.org_id) == 1
    assert db.call(find_person, org_id, "nobody@example.com") is None


def test_whoever_asks_at_once_gets_one_person(db, org_id):
    merged = []

    def merge(number: int) -> None:
        for turn in range(10):
            email = f"{'ada' if number % 2 else 'ADA'}{turn}@example.com"
            merged.append(db.call(merge_person, org_id, Contact(email=email)))

    in_threads(6, merge)
    assert len({person.id for person in merged}) == 10
    assert sum(person.is_new for person in merged) == 10
    assert db.call(count_people, org_id) == 10
