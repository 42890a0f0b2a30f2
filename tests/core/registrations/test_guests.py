"""What guests do by themselves, from their personal page."""

from typing import Any

import pytest

from tests.core.registrations.guest import CODE, HERE, RIGHT, LinkedGuest, choose
from tests.core.registrations.office import Office
from tests.support.builder import WHEN, contact
from tests.support.mails import list_mails
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.events.model import EventState, GuestRight
from turnout.core.events.programme import create_event, create_session, list_ticket_types
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations import booking
from turnout.core.registrations.changing import book_session
from turnout.core.registrations.forms import register_by_form
from turnout.core.registrations.guest_access import Access, Deed, Proof
from turnout.core.registrations.guests import (
    TARGETS_LIMIT,
    ask_new_address,
    cancel_own,
    change_own_address,
    change_own_answers,
    change_own_details,
    choose_own_sessions,
    renew_own_link,
    resend_own,
    set_own_language,
    transfer_own,
)
from turnout.core.registrations.places import set_event_state
from turnout.core.tickets.guest_links import read_guest_token
from turnout.errors import Conflict, Invalid, Missing


@pytest.fixture
def office(node) -> Office:
    return Office(node)


@pytest.fixture
def ann(office: Office) -> LinkedGuest:
    return LinkedGuest(office)


def code_of(guest: LinkedGuest) -> str:
    (ticket,) = guest.office.tickets(guest.id)
    return ticket.code


def has_ended(guest: LinkedGuest) -> bool:
    with pytest.raises(Missing):
        guest.office.db.call(read_guest_token, guest.access.token)
    return True


def subjects(office: Office, address: str) -> list[str]:
    mails = office.db.call(list_mails, office.org_id)
    return [mail.subject for mail in mails if mail.address == address]


def test_a_guest_corrects_name_and_answers(ann):
    ann.act(change_own_details, {"first_name": " Anna ", "email": "eve@example.com"})
    ann.act(change_own_answers, [Answer("Diet", "vegan")])
    submitted = ann.office.get(ann.id).submitted
    assert (submitted.contact.first_name, submitted.contact.email) == ("Anna", "ann@example.com")
    assert submitted.answers == [Answer("Diet", "vegan")]
    assert ann.office.audited(ann.id)[-2:] == ["changed details", "changed answers"]
    with pytest.raises(Invalid) as refused:
        ann.act(change_own_details, {"first_name": "", "last_name": ""})
    assert refused.value.code == "contact.name"


def test_a_guest_chooses_sessions_and_gives_others_back(ann):
    office = ann.office
    ann.act(choose_own_sessions, [office.talk, office.tour])
    assert office.sessions(ann.id) == [office.talk, office.tour]
    ann.act(choose_own_sessions, [office.talk])
    assert office.sessions(ann.id) == [office.talk]
    assert office.held()["tour"] == 0
    LinkedGuest(office, "bob").act(choose_own_sessions, [office.tour])
    with pytest.raises(Conflict) as full:
        ann.act(choose_own_sessions, [office.talk, office.tour])
    assert full.value.code == "session.taken"
    with pytest.raises(Invalid):
        ann.act(choose_own_sessions, [office.talk + 1000])
    assert office.sessions(ann.id) == [office.talk]


def test_nobody_books_a_session_that_is_open_to_all(ann):
    office = ann.office
    hike = office.act(create_session, office.event_id, "Hike", WHEN).id
    with pytest.raises(Invalid):
        ann.act(choose_own_sessions, [hike])
    office.act(book_session, ann.id, hike)
    ann.act(choose_own_sessions, [office.talk])
    assert office.sessions(ann.id) == [office.talk, hike]


def test_a_guest_cancels_and_is_told_with_a_link_that_goes_on_working(ann):
    ann.act(cancel_own)
    ann.act(cancel_own)
    assert ann.office.tickets(ann.id) == []
    assert ann.office.held()["event"] == 0
    assert subjects(ann.office, "ann@example.com")[-1].startswith("Your registration is cancelled")
    assert ann.office.db.call(read_guest_token, ann.access.token)[1] == ann.id
    with pytest.raises(Conflict) as over:
        ann.act(change_own_details, {"first_name": "Eve"})
    assert over.value.code == "guest.cancelled"


def test_a_ticket_is_transferred_with_a_mailed_code_and_the_link_ends(ann):
    office, code = ann.office, code_of(ann)
    bob = contact("bob")
    assert ann.act(transfer_own, code, bob, Proof("000000", HERE)).code == "form.code"
    proof = ann.prove()
    assert ann.act(transfer_own, code, bob, Proof("000000", HERE)).code == "form.code"
    assert ann.act(transfer_own, code, bob, proof) is None
    assert office.tickets(ann.id) == []
    assert office.person("bob") is not None
    assert office.audited(ann.id)[-1] == "transferred"
    assert subjects(office, "ann@example.com")[-1].startswith("Your ticket was passed on")
    assert has_ended(ann)


@pytest.mark.parametrize(
    ("chosen", "known", "spoken"),
    [("de", "", "de"), ("", "de", "de"), ("es", "de", "es"), ("", "", ""), ("xx", "", "")],
)
def test_a_new_holder_reads_in_their_own_language_and_not_in_the_givers(
    office, chosen, known, spoken
):
    ann = LinkedGuest(office)
    ann.act(set_own_language, "es")
    if known:
        other = office.act(create_event, "Other", WHEN)
        (kind, *_) = office.call(list_ticket_types, other.id)
        facts = (other.id, kind.id, contact("bob"), "http://turnout.test")
        assert office.call(register_by_form, *facts, language=known) is None
    assert ann.act(transfer_own, code_of(ann), contact("bob"), ann.prove(), chosen) is None
    bob = office.person("bob").id
    assert office.call(booking.find_language, office.event_id, bob) == spoken


def test_a_ticket_of_somebody_else_is_not_transferred(ann):
    bob = LinkedGuest(ann.office, "bob")
    proof = ann.prove()
    with pytest.raises(Missing):
        ann.act(transfer_own, code_of(bob), contact("eve"), proof)
    assert len(ann.office.tickets(bob.id)) == 1


def test_a_transfer_names_nobody_who_is_registered(ann):
    LinkedGuest(ann.office, "bob")
    ann.prove()
    for _ in range(TARGETS_LIMIT):
        refusal = ann.act(transfer_own, code_of(ann), contact("bob"), RIGHT)
        assert (refusal.code, refusal.facts) == ("guest.transfer", {})
    assert len(ann.office.tickets(ann.id)) == 1
    # Who goes on looking for others uses the code up.
    assert ann.act(transfer_own, code_of(ann), contact("bob"), RIGHT).code == "guest.transfer"
    assert ann.act(transfer_own, code_of(ann), contact("eve"), RIGHT).code == "form.code"


def test_a_refused_transfer_leaves_its_code_to_be_entered_again(ann):
    LinkedGuest(ann.office, "bob")
    ann.prove()
    assert ann.act(transfer_own, code_of(ann), contact("bob"), RIGHT).code == "guest.transfer"
    assert ann.act(transfer_own, code_of(ann), contact("eve"), RIGHT) is None


def test_another_address_needs_a_code_from_both(ann):
    office, new = ann.office, "anna@example.net"
    assert ann.act(ask_new_address, new, Proof("1", HERE)).code == "form.code"
    step = ann.act(ask_new_address, new, ann.prove(Deed.ADDRESS), "654321")
    second = Proof("654321", HERE)
    assert ann.act(change_own_address, new, step, RIGHT).code == "form.code"
    for address, shown in (("eve@example.net", step), (new, "1-" + step[2:]), (new, "x")):
        with pytest.raises(Invalid) as refused:
            ann.act(change_own_address, address, shown, second)
        assert refused.value.code == "guest.step"
    assert ann.act(change_own_address, new, step, second) is None
    assert office.get(ann.id).submitted.contact.email == new
    assert has_ended(ann)
    assert office.mails() == 1


def test_another_address_answers_the_same_whoever_has_it(ann):
    LinkedGuest(ann.office, "bob")
    steps = [
        ann.act(ask_new_address, email, ann.prove(Deed.ADDRESS), CODE)
        for email in ("nobody@example.com", "bob@example.com")
    ]
    assert [len(step.split("-")) for step in steps] == [2, 2]
    refusal = ann.act(change_own_address, "bob@example.com", steps[1], RIGHT)
    assert (refusal.code, refusal.facts) == ("guest.address", {})


def test_a_new_link_ends_those_before(ann):
    older = Access(ann.mail())
    ann.act(renew_own_link)
    assert has_ended(ann)
    with pytest.raises(Missing):
        ann.office.db.call(cancel_own, older)
    assert ann.office.mails() == 1
    assert Access(ann.mail()) != ann.access


def test_tickets_are_mailed_again_and_the_language_is_kept(ann):
    ann.act(resend_own)
    ann.act(set_own_language, "es-MX")
    assert ann.office.mails() == 1
    with pytest.raises(Invalid):
        ann.act(set_own_language, "tlh")
    assert ann.office.audited(ann.id)[-1] == "changed language"


VERBS: list[tuple[GuestRight, Any]] = [
    (GuestRight.CHANGE, lambda guest: guest.act(change_own_details, {"first_name": "Eve"})),
    (GuestRight.CHANGE, lambda guest: guest.act(change_own_answers, [])),
    (GuestRight.CHANGE, lambda guest: guest.act(choose_own_sessions, [])),
    (GuestRight.CHANGE, lambda guest: guest.act(ask_new_address, "e@example.com", RIGHT)),
    (GuestRight.CHANGE, lambda guest: guest.act(change_own_address, "e@e.org", "", RIGHT)),
    (GuestRight.CANCEL, lambda guest: guest.act(cancel_own)),
    (
        GuestRight.TRANSFER,
        lambda guest: guest.act(transfer_own, "", Contact(email="e@e.org"), RIGHT),
    ),
]


def test_the_organizer_says_what_guests_do(ann):
    choose(ann.office, guest_rights=())
    for _, verb in VERBS:
        with pytest.raises(Conflict) as refused:
            verb(ann)
        assert refused.value.code == "guest.right"
    choose(ann.office, guest_rights=(GuestRight.CANCEL,))
    ann.act(cancel_own)


def test_after_the_event_and_in_a_cancelled_one_nothing_changes(ann):
    office = ann.office
    office.act(set_event_state, office.event_id, EventState.CANCELLED)
    for _, verb in VERBS:
        with pytest.raises(Conflict) as refused:
            verb(ann)
        assert refused.value.code == "event.cancelled"


def test_who_is_inside_neither_cancels_nor_transfers(ann):
    office = ann.office
    scan = Scan(code=code_of(ann), at=office.node.clock())
    office.call(check_in, office.event_id, scan)
    for right, verb in VERBS:
        if right is GuestRight.CHANGE:
            continue
        with pytest.raises(Conflict) as refused:
            verb(ann)
        assert refused.value.code == "guest.inside"
    ann.act(change_own_details, {"first_name": "Anna"})
