"""Previews and test mails: what somebody would get."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.failures import refuses
from turnout.catalogue.translations import label
from turnout.core.ids import PersonId
from turnout.core.mails.model import KINDS, MailKind, MailText
from turnout.core.mails.texts import set_text
from turnout.core.messaging.delivering import claim as claim_recipients
from turnout.core.people.merging import find_person
from turnout.core.registrations.joining import register_checked
from turnout.core.registrations.previewing import preview_mail, preview_news, send_test
from turnout.core.tickets.event_news import Told, count_told
from turnout.errors import Invalid, Missing

BASE = "https://events.example.com"


@pytest.fixture
def hall(own_node) -> Hall:
    hall = Hall(own_node, None, (None, None))
    hall.call(register_checked, hall.event_id, hall.type_ids[0], contact("a"), language="de")
    return hall


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_looked_at(hall: Hall, kind: MailKind) -> None:
    seen = hall.call(preview_mail, hall.event_id, kind, BASE, language="es")
    assert (seen.language, seen.is_own) == ("es", False)
    assert "Dinner" in seen.subject
    assert "%%" not in seen.text + seen.html
    assert ("Ada Lovelace" in seen.text) is KINDS[kind].greets


def test_a_person_is_written_to_as_they_registered(hall: Hall) -> None:
    person = hall.call(find_person, contact("a").email)
    own = MailText("Hallo %%first_name%%", "**%%ticket_code%%**: %%ticket_link%%")
    hall.call(set_text, hall.event_id, MailKind.CONFIRMATION, "de", own, actor="test")
    seen = hall.call(preview_mail, hall.event_id, MailKind.CONFIRMATION, BASE, person_id=person.id)
    code = hall.code("a")
    assert (seen.language, seen.is_own) == ("de", True)
    mine = label("de", "mail.my_link", link=f"{BASE}/my/preview")
    assert seen.text == f"{code}: {BASE}/ticket/{hall.org_id}-{code}\n\n{mine}\n"
    assert f"<strong>{code}</strong>" in seen.html
    with refuses(Missing, "person.missing", person_id=7):
        hall.call(preview_mail, hall.event_id, MailKind.CONFIRMATION, BASE, person_id=PersonId(7))


def test_dates_in_a_text_of_another_language_are_of_that_language(hall: Hall) -> None:
    where = (hall.event_id, MailKind.REMINDER)
    own = MailText("%%event%%", "Bonjour %%first_name%%,\n%%event_date%%\n%%my_link%%")
    hall.call(set_text, *where, "fr", own, actor="test")
    seen = hall.call(preview_mail, *where, BASE, language="fr")
    assert (seen.language, seen.is_own) == ("fr", True)
    when = "mardi 1 juin 2027, 09:00\u2009\u2013\u200917:00 (Europe/Berlin)"
    assert seen.text == f"Bonjour Ada,\n{when}\n{BASE}/my/preview\n"


def test_a_test_mail_goes_to_the_address_alone(hall: Hall) -> None:
    where = (hall.event_id, MailKind.OFFER, BASE)
    hall.call(send_test, *where, " me@example.com ", language="de", actor="test")
    (job,) = hall.db.call(claim_recipients, "email", 50, 1000)
    assert [recipient.destination for recipient in job.recipients] == ["me@example.com"]
    assert job.head.content.subject == "Ein Platz ist frei: Dinner"
    with refuses(Invalid, "contact.email", email="me"):
        hall.call(send_test, *where, "me", actor="test")


@pytest.mark.parametrize(
    ("kind", "starts", "day"),
    [(MailKind.CANCELLED, "", "1 June 2027"), (MailKind.POSTPONED, "2027-09-05T09:00", "5 Sept")],
)
def test_news_can_be_read_before_it_goes_out(hall: Hall, kind: MailKind, starts: str, day: str):
    seen = hall.call(
        preview_news, hall.event_id, kind, BASE, message="The roof leaks.", starts_local=starts
    )
    assert "Dinner" in seen.subject
    assert "The roof leaks." in seen.text
    assert day in seen.text
    assert "%%" not in seen.subject + seen.text + seen.html
    assert hall.call(count_told, hall.event_id) == Told(1, 0)


def test_a_text_can_be_looked_at_while_it_is_written(hall: Hall) -> None:
    where = (hall.event_id, MailKind.REMINDER, BASE)
    text = MailText("Soon: %%event%%", "See you, %%first_name%%.")
    seen = hall.call(preview_mail, *where, text=text)
    assert seen.subject == "Soon: Dinner"
    assert seen.text.splitlines()[0] == "See you, Ada."
    assert hall.call(preview_mail, *where).text != seen.text
    with refuses(Invalid, "mail.empty"):
        hall.call(preview_mail, *where, text=MailText("", "See you."))
