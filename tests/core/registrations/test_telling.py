"""What people are told by mail when staff change their registration."""

import json

import pytest

from tests.core.registrations.hosts import NAMELESS
from tests.core.registrations.office import Office
from tests.support.builder import contact
from tests.support.failures import refuses
from turnout.core.ids import RegistrationId
from turnout.core.mails.model import MailKind, MailText
from turnout.core.mails.texts import set_text
from turnout.core.messaging.merging import Template
from turnout.core.registrations.booking import find_registration
from turnout.core.registrations.changing import book_session, leave_session, set_address, set_type
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_checked, register_party
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.telling import (
    find_mail_address,
    read_holding,
    tell_cancelled,
    tell_changed,
    tell_passed_on,
)
from turnout.errors import Conflict, Invalid, Missing

MY = "https://events.example.com/my/1-x"
WHEN = "Tuesday, 1 June 2027, 09:00 to 17:00 (Europe/Berlin)"


@pytest.fixture
def office(node) -> Office:
    return Office(node)


def _without_link(text: str) -> list[str]:
    *lines, blank, link = text.splitlines()
    assert (blank, link.rpartition(": ")[2]) == ("", MY)
    return lines


def mails(office: Office) -> list[tuple[str, str, list[str]]]:
    """Address, subject and lines of what was written, oldest first, each without the personal link
    below it."""
    question = (
        "SELECT r.destination, r.fields, j.content FROM recipients r JOIN jobs j"
        f" ON j.org_id = r.org_id AND j.id = r.job_id WHERE r.org_id = {office.org_id}"
        " ORDER BY r.id"
    )
    rows = office.db.call(lambda tx: tx.connection.execute(question).fetchall())
    found = [(address, json.loads(fields), json.loads(text)) for address, fields, text in rows]
    return [
        (
            address,
            Template(content["subject"]).merge(fields),
            _without_link(Template(content["text"]).merge({**fields, "my_link": MY})),
        )
        for address, fields, content in found
    ]


def test_who_is_cancelled_is_told_in_the_organizers_words(office):
    ann = office.add("ann")
    office.act(cancel_registration, ann)
    assert office.call(tell_cancelled, ann, message="The bus\nis full.")
    assert mails(office) == [
        (
            "ann@example.com",
            "Your registration is cancelled: Summit",
            [
                "Dear Ann Guest,",
                "",
                "Your registration for Summit is cancelled.",
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
            [
                "Hello,",
                "",
                "Your registration for Summit is cancelled.",
                WHEN,
                "",
                "This is about your guest Zoe.",
            ],
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
    assert lines[5:] == [
        "Your ticket is of the type Hall now. Its code stays.",
        "You have a place in: Tour.",
        "Your place is cancelled in: Talk.",
    ]


def test_whose_ticket_was_passed_on_learns_nothing_of_the_new_holder(office):
    ann = office.add("ann")
    assert office.call(tell_passed_on, ann, "ABCDEFGHIJ")
    [(address, subject, lines)] = mails(office)
    assert (address, subject) == ("ann@example.com", "Your ticket was passed on: Summit")
    assert lines[2:] == [
        "The ticket ABCDEFGHIJ for Summit was passed on to somebody else and lets nobody in any "
        "more.",
        WHEN,
    ]


def test_each_is_told_in_the_language_in_which_they_registered(office):
    where = (office.event_id, office.general)
    office.call(register_checked, *where, contact("ann"), language="es")
    ann = office.call(find_registration, office.event_id, office.person("ann").id).id
    before = office.call(read_holding, ann)
    office.act(set_type, ann, office.hall)
    office.act(book_session, ann, office.talk)
    assert office.call(tell_changed, ann, before)
    assert office.call(tell_passed_on, ann, "ABCDEFGHIJ")
    assert office.call(tell_cancelled, ann)
    when = "martes, 1 de junio de 2027, 09:00 a 17:00 (Europe/Berlin)"
    assert [(subject, lines[2:]) for _, subject, lines in mails(office)] == [
        (
            "Su inscripción ha cambiado: Summit",
            [
                "Su inscripción en Summit ha cambiado.",
                when,
                "",
                "Su entrada es ahora del tipo Hall. Su código no cambia.",
                "Tiene una plaza en: Talk.",
            ],
        ),
        (
            "Su entrada se ha transferido: Summit",
            [
                "La entrada ABCDEFGHIJ para Summit se ha transferido a otra persona y ya no deja "
                "pasar a nadie.",
                when,
            ],
        ),
        (
            "Su inscripción se ha cancelado: Summit",
            ["Su inscripción en Summit se ha cancelado.", when],
        ),
    ]


def test_the_events_own_text_is_used(office):
    own = MailText("Off: %%event%%", "%%first_name%%, you are out.\n\n%%message%%")
    kind = MailKind.REGISTRATION_CANCELLED
    office.act(set_text, office.event_id, kind, "en", own)
    ann = office.add("ann")
    with refuses(Invalid, "mail.words_field", field="event"):
        office.call(tell_cancelled, ann, message="%%event%% is full.")
    assert office.call(tell_cancelled, ann, message="%%event *is* full.")
    [(_, subject, lines)] = mails(office)
    assert (subject, lines[0]) == ("Off: Summit", "Ann, you are out.")
    assert "event" in lines[2]
    assert "Summit" not in lines[2]


def test_nobody_is_told_of_what_is_not_there(office):
    with pytest.raises(Missing):
        office.call(tell_cancelled, RegistrationId(1))
    assert mails(office) == []
