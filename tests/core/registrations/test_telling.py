"""What people are told by mail when staff change their registration."""

import json

import pytest

from tests.core.registrations.hosts import NAMELESS
from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.ids import RegistrationId
from turnout.core.registrations.changing import book_session, leave_session, set_address, set_type
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_party
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.telling import (
    find_mail_address,
    read_holding,
    tell_cancelled,
    tell_changed,
    tell_passed_on,
)
from turnout.errors import Conflict, Missing

WHEN = "It takes place Tuesday, 1 June 2027, 09:00 to 17:00 (Europe/Berlin)."


@pytest.fixture
def office(node) -> Office:
    return Office(node)


def mails(office: Office) -> list[tuple[str, str, list[str]]]:
    """Address, subject and lines of what was written, oldest first."""
    question = (
        f"SELECT destination, fields FROM recipients WHERE org_id = {office.org_id} ORDER BY id"
    )
    rows = office.db.call(lambda tx: tx.connection.execute(question).fetchall())
    found = [(address, json.loads(fields)) for address, fields in rows]
    return [(one, fields["subject"], fields["text"].splitlines()) for one, fields in found]


def test_who_is_cancelled_is_told_in_the_organizers_words(office):
    ann = office.add("ann")
    office.act(cancel_registration, ann)
    assert office.call(tell_cancelled, ann, message="The bus\nis full.")
    assert mails(office) == [
        (
            "ann@example.com",
            "Your registration is cancelled: Summit",
            [
                "Your registration is cancelled: Summit.",
                WHEN,
                "",
                "The bus",
                "is full.",
            ],
        )
    ]


def test_the_contact_of_a_party_is_told_of_a_guest_without_an_address(office):
    guests = [Guest(NAMELESS, office.general)]
    party = office.act(register_party, office.event_id, contact("hob"), guests)
    guest = party.tickets[0].registration_id
    assert office.call(tell_cancelled, guest)
    assert mails(office) == [
        (
            "hob@example.com",
            "Your registration is cancelled: Summit",
            ["Your registration is cancelled: Summit.", WHEN, "This is about your guest Zoe."],
        )
    ]


def test_a_guest_may_get_an_address_later(office):
    guests = [Guest(NAMELESS, office.general)]
    party = office.act(register_party, office.event_id, contact("hob"), guests)
    guest = office.get(party.tickets[0].registration_id)
    office.act(set_address, guest.id, " zoe@example.com")
    assert office.person("zoe").id == guest.person_id
    assert office.get(guest.id).submitted.contact.email == "zoe@example.com"
    with pytest.raises(Conflict):
        office.act(set_address, office.add("ann"), "zoe@example.com")
    # The party's mails still go to its contact.
    assert office.call(find_mail_address, guest) == "hob@example.com"


def test_changes_of_type_and_sessions_are_told_together(office):
    ann = office.add("ann", session_ids=[office.talk])
    before = office.call(read_holding, ann)
    assert not office.call(tell_changed, ann, before)
    office.act(leave_session, ann, office.talk)
    office.act(book_session, ann, office.tour)
    office.act(set_type, ann, office.hall)
    assert office.call(tell_changed, ann, before)
    [(address, subject, lines)] = mails(office)
    assert (address, subject) == ("ann@example.com", "Your registration was changed: Summit")
    assert lines[3:] == [
        "Your ticket is of the type Hall now. Its code stays.",
        "You have a place in: Tour.",
        "Your place is cancelled in: Talk.",
    ]


def test_whose_ticket_was_passed_on_learns_nothing_of_the_new_holder(office):
    ann = office.add("ann")
    assert office.call(tell_passed_on, ann, "ABCDEFGHIJ")
    [(address, subject, lines)] = mails(office)
    assert (address, subject) == ("ann@example.com", "Your ticket was passed on: Summit")
    assert lines[3:] == [
        "The ticket ABCDEFGHIJ was passed on to somebody else and lets nobody in any more."
    ]


def test_nobody_is_told_of_what_is_not_there(office):
    with pytest.raises(Missing):
        office.call(tell_cancelled, RegistrationId(1))
    assert mails(office) == []
