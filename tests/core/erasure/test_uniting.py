"""Merging two people who are one."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from turnout.catalogue import Phrase
from turnout.core.audience.summary import summarize
from turnout.core.audit.recording import list_entries
from turnout.core.erasure.overview import Part, read_overview
from turnout.core.erasure.uniting import unite_people
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.ids import PersonId, RegistrationId
from turnout.core.invitations.campaigns import LINKS, list_campaigns
from turnout.core.invitations.invitees import (
    InviteeFilter,
    confirm,
    decline,
    list_invitees,
    read_link,
)
from turnout.core.people.finding import get_person
from turnout.core.people.merging import count_people, find_person, merge_person
from turnout.core.people.model import Contact, FormerAddress
from turnout.core.registrations.booking import lock_registration
from turnout.core.registrations.changing import set_answers
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.timeline.reading import read_timeline
from turnout.core.waiting_list.entries import WaitingState, make_link, read_waiting_link
from turnout.errors import Conflict, Invalid, Missing


@pytest.fixture
def hall(node) -> Hall:
    """Three seats in the hall, two on the balcony."""
    return Hall(node, None, (3, 2))


def register(hall: Hall, guest: str, type_: int = 0) -> None:
    hall.call(register_directly, hall.event_id, hall.type_ids[type_], contact(guest))


def person_id(hall: Hall, guest: str) -> PersonId:
    person = hall.call(find_person, contact(guest).email)
    assert person
    return person.id


def unite(hall: Hall, kept: str, other: str) -> PersonId:
    """Merge two guests; the number of the one who is gone."""
    gone = person_id(hall, other)
    hall.call(unite_people, person_id(hall, kept), gone, actor="test")
    return gone


def answers(hall: Hall, registration_id: RegistrationId) -> dict[str, str]:
    found = hall.call(lock_registration, registration_id).submitted.answers
    return {answer.question: answer.answer for answer in found}


def test_a_registration_goes_over_with_its_ticket(hall):
    register(hall, "b")
    code, before = hall.code("b"), hall.places()
    gone = unite(hall, "a", "b")
    assert (hall.registered(), hall.code("a"), hall.places()) == ({"a": 0}, code, before)
    with pytest.raises(Missing, match=f"merged into person {person_id(hall, 'a')}"):
        hall.call(get_person, gone)


def test_two_registrations_of_one_event_become_one_with_both_tickets(hall):
    register(hall, "a")
    register(hall, "b", 1)
    assert hall.places().event[0] == 2
    unite(hall, "a", "b")
    assert hall.tickets() == {"a": [0, 1]}
    assert hall.places() == ((1, None), [(1, 3), (1, 2)])
    parts = hall.call(read_overview, person_id(hall, "a")).parts
    [part] = [part for part in parts if part.what == "registration"]
    assert part == Part("Dinner", "registration", "confirmed", hall.db.clock(), part.event_id)


def test_answers_go_over_unless_the_kept_one_gave_one(hall):
    register(hall, "a")
    register(hall, "b", 1)
    mine, theirs = hall.registration_id("a"), hall.registration_id("b")
    hall.call(set_answers, mine, {"Diet": "vegan"}, actor="test")
    hall.call(set_answers, theirs, {"diet ": "none", "Bus": "yes", "Size": "L"}, actor="test")
    unite(hall, "a", "b")
    assert answers(hall, mine) == {"Diet": "vegan", "Bus": "yes", "Size": "L"}
    assert answers(hall, theirs) == {"diet": "none"}


def test_a_place_that_becomes_free_goes_to_the_waiting_list(node):
    hall = Hall(node, 2, (2, 1))
    register(hall, "a")
    register(hall, "b", 1)
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("c"))
    unite(hall, "a", "b")
    assert hall.queue() == [("c", "offered")]
    assert hall.places().event == (2, 2)


def test_a_cancelled_registration_changes_hands_with_a_confirmed_one(hall):
    register(hall, "a")
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    register(hall, "b")
    code, before = hall.code("b"), hall.places()
    unite(hall, "a", "b")
    assert (hall.registered(), hall.code("a"), hall.places()) == ({"a": 0}, code, before)


def test_a_merged_registration_says_where_it_went(hall):
    register(hall, "a")
    register(hall, "b", 1)
    mine, theirs = hall.registration_id("a"), hall.registration_id("b")
    unite(hall, "a", "b")
    told = [step for step in hall.call(read_timeline, theirs) if step.world == "registration"]
    went = Phrase("did.registration.merged", {"into": mine})
    assert [(step.what, step.who) for step in told[1:]] == [(went, "test")]


def test_the_link_of_a_wait_that_was_merged_shows_the_place_that_is_kept(hall):
    for guest in "cde":
        register(hall, guest)
    for guest in "ab":
        hall.call(join_list, hall.event_id, hall.type_ids[0], contact(guest))
    key = hall.db.call(ensure_link_key)
    kept, gone = hall.entry("a"), hall.entry("b")
    unite(hall, "b", "a")
    for entry_id in (kept, gone):
        token = make_link(key, "", entry_id).rpartition("/")[2]
        org_id, shown = hall.db.call(read_waiting_link, token)
        assert (org_id, shown.id, shown.state) == (hall.org_id, kept, WaitingState.WAITING)


def test_the_newer_of_two_waits_is_left_and_one_beside_a_registration(hall):
    for guest in "cde":
        register(hall, guest)
    for guest in "ab":
        hall.call(join_list, hall.event_id, hall.type_ids[0], contact(guest))
    unite(hall, "b", "a")
    assert hall.queue() == [("b", "waiting")]
    unite(hall, "c", "b")
    assert hall.queue() == []
    assert hall.registered() == {"c": 0, "d": 0, "e": 0}


def test_invitations_move_unless_both_have_one(hall):
    stranger = hall.call(merge_person, contact("z")).id
    hall.call(unite_people, stranger, person_id(hall, "a"), actor="test")
    hall.call(confirm, hall.invitees[0]["a"], actor="test")
    parts = [part.what for part in hall.call(read_overview, stranger).parts]
    assert parts == ["invitation", "invitation", "registration"]
    unite(hall, "z", "b")
    assert [part.what for part in hall.call(read_overview, stranger).parts] == parts


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", "pending"),
        ("a-", "declined"),
        ("b-", "declined"),
        ("a+", "confirmed"),
        ("b+", "confirmed"),
        ("a- b+", "confirmed"),
        ("a+ b-", "confirmed"),
        ("b+ a+ a-", "confirmed"),
        ("a+ b+", "confirmed"),
    ],
)
def test_two_invitations_of_one_campaign_become_one(hall, said, expected):
    campaign_id, recipients = hall.campaigns[0], hall.invitees[0]
    for guest, sign in said.split():
        answer(hall, recipients[guest], sign)
    before = hall.call(list_invitees, hall.event_id, InviteeFilter(campaign_id=campaign_id))
    unite(hall, "a", "b")
    after = hall.call(list_invitees, hall.event_id, InviteeFilter(campaign_id=campaign_id))
    assert [(one.id, one.email) for one in after] == [
        (one.id, one.email) for one in before if one.id != recipients["b"]
    ]
    assert after[0].state == expected
    ((_, counts), _) = hall.call(list_campaigns, hall.event_id)
    assert counts == {"pending": 4} | {expected: 1 + 4 * (expected == "pending")}
    assert hall.call(summarize, hall.event_id).invited == 5
    with pytest.raises(Missing, match="no recipient"):
        hall.call(confirm, recipients["b"], actor="test")
    answer(hall, recipients["a"], "-")
    assert (hall.tickets(), hall.places().event[0]) == ({}, 0)


def test_the_link_of_a_merged_person_leads_to_the_kept_ones_invitation(hall):
    links = hall.db.call(ensure_link_key)
    gone, kept = hall.invitees[0]["b"], hall.invitees[0]["a"]
    unite(hall, "a", "b")
    org_id, event_id, invitee = hall.db.call(read_link, LINKS.token(links, gone))
    assert (org_id, event_id, invitee.id) == (hall.org_id, hall.event_id, kept)
    unite(hall, "c", "a")
    kept = hall.invitees[0]["c"]
    for guest in "abc":
        token = LINKS.token(links, hall.invitees[0][guest])
        assert hall.db.call(read_link, token)[2].id == kept


def answer(hall: Hall, invitee_id, sign: str) -> None:
    hall.call(confirm if sign == "+" else decline, invitee_id, actor="test")


def test_details_are_completed_and_the_address_is_a_former_one(db, org_id):
    kept = db.call(merge_person, org_id, Contact(email="a@x.example", first_name="Ann")).id
    facts = {"first_name": "A.", "company": "Mills", "phone": "+1 2"}
    other = db.call(merge_person, org_id, Contact(email="b@x.example", **facts)).id
    db.call(unite_people, org_id, kept, other, actor="test")
    overview = db.call(read_overview, org_id, kept)
    assert overview.person.contact == Contact(
        email="a@x.example", first_name="Ann", company="Mills", phone="+1 2"
    )
    assert overview.former == [FormerAddress("email", "b@x.example", db.clock())]
    assert db.call(find_person, org_id, "b@x.example") is None
    assert db.call(count_people, org_id) == 1
    (entry,) = db.call(list_entries, org_id, "person", kept)
    assert (entry.action, entry.facts) == ("merged", {"other": other})


def test_somebody_without_an_address_gets_the_others(db, org_id):
    learner = NewLearner(code="L", first_name="Ann", last_name="Lee", email="", uuid="")
    kept = db.call(add_learner, org_id, learner, actor="test").person_id
    facts = {"first_name": "Anna", "last_name": "L"}
    other = db.call(merge_person, org_id, Contact(email="a@x.example", **facts)).id
    with pytest.raises(Conflict, match=f"Person {kept} sits exams"):
        db.call(unite_people, org_id, other, kept, actor="test")
    db.call(unite_people, org_id, kept, other, actor="test")
    person = db.call(find_person, org_id, "a@x.example")
    assert person
    assert (person.id, person.contact.first_name) == (kept, "Ann")


def test_one_person_or_a_stranger_is_refused(db, org_id, account):
    one = db.call(merge_person, org_id, Contact(email="a@x.example")).id
    with pytest.raises(Invalid, match="one person already"):
        db.call(unite_people, org_id, one, one, actor="test")
    foreign = db.call(merge_person, account.org_id, Contact(email="b@x.example")).id
    with pytest.raises(Missing, match=f"no person {foreign}"):
        db.call(unite_people, org_id, one, foreign, actor="test")


def test_every_table_that_names_people_is_moved(db):
    columns = {
        "registrations.person_id",
        "waiting_entries.person_id",
        "invitations.person_id",
        "exam_registrations.person_id",
        "parties.contact_id",
        "queue_items.person_id",
        # Who is a learner is never merged into another; former addresses go with the contact.
        "learners.person_id",
        "former_addresses.person_id",
        "former_names.person_id",
        # What people are searched by is made again of them.
        "people_search_due.person_id",
        "people_search_texts.person_id",
        # Nobody finds a person who was erased.
        "erasures.person_id",
    }
    ask = {
        "sqlite": "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND c.name IN ('person_id', 'contact_id')",
        "postgresql": "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name NOT LIKE '%states'"
        " AND column_name IN ('person_id', 'contact_id')",
    }
    found = db.call(lambda tx: [row[0] for row in tx.connection.execute(ask[db.backend])])
    assert set(found) == columns
