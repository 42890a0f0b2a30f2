"""What staff do to a registration: places always fit, and what was refused changed nothing."""

from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.erasure.erasing import erase_person
from turnout.core.erasure.uniting import unite_people
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.programme import set_session_state
from turnout.core.ids import RegistrationId, SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.changing import (
    add_by_staff,
    book_session,
    get_only_ticket,
    leave_session,
    resend_tickets,
    set_answers,
    set_details,
    set_type,
)
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_party
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.restoring import restore_registration
from turnout.core.tickets.mails import claim_ticket_mails
from turnout.core.waiting_list.entries import list_entries
from turnout.errors import Conflict, Invalid, Missing

NOBODY = {"event": 0, "general": 0, "hall": 0, "talk": 0, "tour": 0}


@pytest.fixture
def office(node) -> Office:
    return Office(node, 2)


@pytest.mark.parametrize("state", [EventState.DRAFT, EventState.OPEN, EventState.CLOSED])
def test_staff_add_somebody_with_sessions_and_answers(office, state):
    office.act(set_event_state, office.event_id, state)
    diet = Answer("Diet", "vegan")
    id_ = office.add(
        "ann", ticket_type_id=office.hall, session_ids=[office.tour, office.talk], answers=[diet]
    )
    added = office.get(id_)
    assert (added.source, added.state) == ("staff", RegistrationState.CONFIRMED)
    assert added.submitted.answers == [diet]
    assert office.sessions(id_) == sorted([office.talk, office.tour])
    assert office.held() == {"event": 1, "general": 0, "hall": 1, "talk": 1, "tour": 1}
    assert [ticket.granted_by for ticket in office.tickets(id_)] == ["staff"]
    assert office.mails() == 1
    assert office.audited(id_) == ["added"]


def test_adding_again_keeps_the_ticket_and_adds_the_rest(office):
    id_ = office.add("ann", session_ids=[office.talk], answers=[Answer("Diet", "vegan")])
    code = office.tickets(id_)[0].code
    again = office.add(
        "ann",
        session_ids=[office.talk, office.tour],
        answers=[Answer("Seat", "aisle")],
        is_mailed=False,
    )
    assert (again, [ticket.code for ticket in office.tickets(id_)]) == (id_, [code])
    assert office.held() == {"event": 1, "general": 1, "hall": 0, "talk": 1, "tour": 1}
    assert office.get(id_).submitted.answers == [Answer("Diet", "vegan"), Answer("Seat", "aisle")]
    assert office.mails() == 1


def test_what_staff_may_not_add_changes_nothing(office):
    office.add("ann", session_ids=[office.tour])
    before = office.held()
    for more, failure, code in (
        ({"session_ids": [office.tour]}, Conflict, "session.taken"),
        ({"session_ids": [SessionId(1)]}, Invalid, "session.not_in_event"),
        ({"ticket_type_id": TicketTypeId(1)}, Invalid, "ticket_type.not_in_event"),
        ({"answers": [Answer("Diet", "x\x07")]}, Invalid, "answer.text"),
        ({"answers": [Answer("", "x")]}, Invalid, "answer.text"),
        ({"facts": {"email": "bob"}}, Invalid, "contact.email"),
        ({"facts": {"first_name": "B\x1bob"}}, Invalid, "contact.control"),
    ):
        with pytest.raises(failure) as refused:
            office.add("bob", **more)
        assert refused.value.code == code
    assert office.held() == before
    assert office.person("bob") is None
    office.add("cid")
    with pytest.raises(Conflict) as refused:
        office.add("bob")
    assert refused.value.code == "event.full"
    office.act(set_event_state, office.event_id, EventState.CANCELLED)
    with pytest.raises(Conflict) as refused:
        office.add("bob")
    assert refused.value.code == "event.cancelled"


def test_a_cancelled_session_is_booked_by_nobody(office):
    id_ = office.add("ann")
    office.act(set_session_state, office.talk, SessionState.CANCELLED)
    with pytest.raises(Conflict) as refused:
        office.act(book_session, id_, office.talk)
    assert refused.value.code == "session.cancelled"


def test_answers_are_changed_added_and_taken_away(office):
    id_ = office.add("ann", answers=[Answer("Diet", "vegan"), Answer("Seat", "aisle")])
    office.act(set_answers, id_, {"Diet": "none\nat all", "Seat": " ", "Shirt": "M"})
    kept = office.get(id_).submitted.answers
    assert kept == [Answer("Diet", "none\nat all"), Answer("Shirt", "M")]
    with pytest.raises(Invalid):
        office.act(set_answers, id_, {"": "x"})
    with pytest.raises(Invalid) as many:
        office.act(set_answers, id_, {f"Q{number}": "x" for number in range(101)})
    assert many.value.code == "answer.many"
    with pytest.raises(Missing):
        office.act(set_answers, RegistrationId(1), {"Diet": "vegan"})
    assert office.get(id_).submitted.answers == kept


def test_details_are_corrected_in_the_registration_and_of_the_person(office):
    id_ = office.add("ann")
    office.act(set_details, id_, {"last_name": "Leigh", "company": "Acme"})
    assert office.get(id_).submitted.contact == contact("ann", last_name="Leigh", company="Acme")
    assert office.person("ann").contact == contact("ann", last_name="Leigh", company="Acme")
    for details in ({"email": "x@example.com"}, {"shoe": "43"}):
        with pytest.raises(Invalid) as refused:
            office.act(set_details, id_, details)
        assert refused.value.code == "contact.field"
    with pytest.raises(Invalid):
        office.act(set_details, id_, {"company": "A\x00"})


def test_sessions_are_booked_and_left(office):
    ann, bob = office.add("ann"), office.add("bob")
    office.act(book_session, ann, office.tour)
    office.act(book_session, ann, office.tour)
    with pytest.raises(Conflict) as refused:
        office.act(book_session, bob, office.tour)
    assert refused.value.code == "session.taken"
    office.act(leave_session, ann, office.tour)
    office.act(leave_session, ann, office.tour)
    office.act(book_session, bob, office.tour)
    assert (office.sessions(ann), office.sessions(bob)) == ([], [office.tour])
    assert office.held()["tour"] == 1
    assert office.audited(ann) == ["added", "booked", "left"]


def test_the_type_is_changed_and_the_code_stays(office):
    id_ = office.add("ann")
    [before] = office.tickets(id_)
    office.act(set_type, id_, office.hall)
    office.act(set_type, id_, office.hall)
    [after] = office.tickets(id_)
    assert (after.code, after.ticket_type_id) == (before.code, office.hall)
    assert office.held() == NOBODY | {"event": 1, "hall": 1}
    with pytest.raises(Invalid):
        office.act(set_type, id_, TicketTypeId(1))
    office.add("ann", ticket_type_id=office.general)
    with pytest.raises(Conflict) as several:
        office.act(set_type, id_, office.general)
    assert several.value.code == "registration.tickets"
    with pytest.raises(Conflict):
        office.call(get_only_ticket, office.get(id_))


def test_somebody_who_was_merged_is_not_restored(office):
    cancelled, kept = office.add("ann"), office.add("zoe")
    office.act(cancel_registration, cancelled)
    office.act(unite_people, office.person("zoe").id, office.person("ann").id)
    with pytest.raises(Missing, match="was merged into person"):
        office.act(restore_registration, cancelled)
    assert len(office.tickets(kept)) == 1


def test_tickets_of_a_party_without_its_contact_go_to_the_guest(own_node):
    office = Office(own_node)
    guests = [Guest(contact("ann"), office.general)]
    party = office.act(register_party, office.event_id, contact("boss"), guests)
    id_ = party.tickets[0].registration_id
    office.act(erase_person, office.person("boss").id)
    assert office.act(resend_tickets, id_) == 1
    [mail] = office.db.call(claim_ticket_mails)
    assert mail.email == "ann@example.com"


def test_nobody_is_restored_beyond_the_places(office):
    id_ = office.add("ann")
    office.act(cancel_registration, id_)
    office.add("bob")
    office.add("cid")
    with pytest.raises(Conflict) as refused:
        office.act(restore_registration, id_)
    assert refused.value.code == "event.full"
    assert office.get(id_).state is RegistrationState.CANCELLED


def test_what_is_cancelled_goes_to_the_waiting_list_first(office):
    ann, _ = office.add("ann"), office.add("bob")
    office.call(join_list, office.event_id, office.general, contact("cid"))
    office.act(cancel_registration, ann)
    [entry] = office.call(list_entries, office.event_id, limit=10)
    assert (entry.email, entry.state) == ("cid@example.com", "offered")
    with pytest.raises(Conflict):
        office.act(restore_registration, ann)
    added = office.add("cid")
    assert office.call(list_entries, office.event_id, limit=10) == []
    assert office.held()["event"] == 2
    assert office.get(added).state is RegistrationState.CONFIRMED


def test_tickets_are_mailed_again(office):
    id_ = office.add("ann", is_mailed=False)
    assert office.mails() == 0
    assert office.act(resend_tickets, id_) == 1
    assert office.act(resend_tickets, id_) == 1
    assert office.mails() == 1
    office.act(cancel_registration, id_)
    with pytest.raises(Conflict) as refused:
        office.act(resend_tickets, id_)
    assert refused.value.code == "registration.not_confirmed"


def test_a_candidates_registration_is_changed_in_the_exam(node):
    college = College(node)
    college.register(1)
    registration_id, event_id = college.sitting(1, "r.id, r.event_id")
    with pytest.raises(Conflict) as exam:
        college.db.call(
            add_by_staff,
            college.org_id,
            event_id,
            Contact(email="x@example.com"),
            actor="test",
        )
    assert exam.value.code == "event.exam"
    verbs: tuple[tuple[Any, tuple[Any, ...], str], ...] = (
        (restore_registration, (), "registration.candidate_left"),
        (set_type, (TicketTypeId(1),), "registration.candidate"),
    )
    for verb, arguments, code in verbs:
        with pytest.raises(Conflict) as refused:
            college.db.call(verb, college.org_id, registration_id, *arguments, actor="test")
        assert refused.value.code == code
