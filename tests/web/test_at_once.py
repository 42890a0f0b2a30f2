"""What an event's page says right after registering: the same to everybody, unless the event shows
tickets at once; and that nothing on it, at the door or on paper lets anybody change anything."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.core.registrations.guest import choose
from tests.core.registrations.office import Office
from tests.support.client import Answer
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from tests.web.reading import Page
from tests.web.saying import said, unsigned
from turnout.core.ids import RegistrationId
from turnout.core.registrations import booking

FORM = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
ANN = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}


class EventPage(Office):
    """The office's event, as its page is used."""

    @property
    def path(self) -> str:
        return f"/{self.slug}/{self.event_id}"

    def registration(self, name: str) -> RegistrationId:
        """The registration of somebody."""
        person = self.person(name)
        found = self.call(booking.find_registration, self.event_id, person.id)
        assert found
        return RegistrationId(found.id)

    def send(self, **given: Any) -> Answer:
        form = {"ticket": str(self.general), "answer": "register", **given}
        body = urlencode(form).encode()
        return self.node.client.request("POST", self.path, headers=FORM, body=body)

    def follow(self, answer: Answer) -> Answer:
        """The page that says what was done, with all cookies that the answer sets."""
        assert answer.status == 303
        cookies = "; ".join(one.partition(";")[0] for one in answer.set_cookies)
        headers = {"Accept": "text/html", "Cookie": cookies}
        location = answer.headers["location"].partition("#")[0]
        return self.node.client.request("GET", location, headers=headers)


@pytest.fixture
def office(node: LocalNode) -> EventPage:
    office = EventPage(node)
    # What the last test sent is no longer counted.
    node.clock.advance(7200)
    return office


def test_who_is_new_and_who_is_known_read_the_same(office: EventPage) -> None:
    pages = [office.follow(office.send(**ANN)).body for _ in range(2)]
    assert pages[0] == pages[1]
    assert b"ann@example.com" in pages[0]
    assert b"/ticket/" not in pages[0]
    assert b"/my/" not in pages[0]


def test_where_the_event_says_so_a_new_ticket_is_shown_at_once(office: EventPage) -> None:
    choose(office, shows_ticket_at_once=True)
    page = office.follow(office.send(**ANN))
    (ticket,) = office.tickets(office.registration("ann"))
    assert ticket.code in Page(page.body).text
    assert b"/my/" not in page.body
    # Never a ticket that was there before: it may be somebody else who asks.
    office.node.clock.advance(1)
    assert ticket.code.encode() not in office.follow(office.send(**ANN)).body
    # Loading the page again shows it to nobody.
    told = said(office.db, office.path, "registered")
    again = office.node.client.request("GET", f"{office.path}?done={told}", headers=FORM)
    assert b"Thank you" in again.body
    assert ticket.code.encode() not in again.body


def test_who_asks_for_another_ticket_is_told_by_mail_alone(office: EventPage) -> None:
    first = office.send(**ANN)
    office.node.clock.advance(1)
    second = office.send(**ANN, ticket=str(office.hall))
    assert unsigned(office.follow(first).body) == unsigned(office.follow(second).body)
    (mail,) = office.db.call(list_mails, office.org_id)
    assert (mail.address, mail.subject) == ("ann@example.com", "You are registered already: Summit")
    assert "for the ticket Hall" in mail.text
    assert len(office.tickets(office.registration("ann"))) == 1


def test_an_address_that_was_probably_mistyped_is_asked_about_once(office: EventPage) -> None:
    typed = ANN | {"email": "ann@gmial.com"}
    asked = office.send(**typed)
    assert "Did you mean ann@gmail.com?" in Page(asked.body).text
    assert b'name="sure" value="ann@gmial.com"' in asked.body
    assert b'value="Lee"' in asked.body
    assert office.send(**typed, sure="other@gmial.com").status == 200
    assert office.send(**typed, sure="ann@gmial.com").status == 303


def test_what_the_door_and_papers_show_changes_nothing(office: EventPage) -> None:
    """From the confirmation page, the ticket's page, its files and its code alone, no request that
    changes something succeeds."""
    choose(office, shows_ticket_at_once=True)
    page = office.follow(office.send(**ANN))
    registration_id = office.registration("ann")
    (ticket,) = office.tickets(registration_id)
    address = f"{office.org_id}-{ticket.code}"
    seen = [page.body]
    for path in ("", "/ticket.pdf", "/ticket.svg", "/event.ics"):
        answer = office.node.client.request("GET", f"/ticket/{address}{path}")
        assert answer.status == 200
        seen.append(answer.body)
    assert all(b"/my/" not in body for body in seen)
    before = office.audited(registration_id)
    shown = (ticket.code, address, str(registration_id), f"{office.org_id}-{registration_id}")
    for token in (*shown, *(part.lower() for part in shown)):
        for path in (f"/my/{token}", f"/my/{token}/cancel", f"/my/{token}/transfer"):
            for body in (b"do=cancel", b"do=transfer&ticket=" + ticket.code.encode()):
                answer = office.node.client.request("POST", path, headers=FORM, body=body)
                assert answer.status == 404
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = office.node.client.request(method, f"/ticket/{address}", headers=FORM)
        assert answer.status == 405
    assert office.audited(registration_id) == before
    assert office.tickets(registration_id) == [ticket]
