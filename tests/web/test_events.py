"""An event's page and the pages that its forms lead to, as a browser without scripts uses them."""

import itertools
from typing import Any
from urllib.parse import quote, urlencode

import icalendar
import pytest

from tests.core.exams.college import College
from tests.formats.rfc5545 import faults_of
from tests.support.builder import Builder
from tests.support.client import Answer, AppClient
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from tests.support.turns import move_on, tell_of_list
from tests.web.reading import Page, follow, send_form
from tests.web.saying import said, unsigned
from turnout.core.erasure.uniting import unite_people
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventDetails, EventState, PayingDoor, Visibility, span
from turnout.core.events.programme import create_session, list_ticket_types, set_person_limit
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.events.speakers import SpeakerChange, add_speaker
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.messaging.pictures import keep_picture
from turnout.core.payments.settling import list_payments
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.registrations import booking
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly, register_party
from turnout.core.registrations.model import Registration
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.places import set_event_state, set_ticket_capacity
from turnout.core.waiting_list.entries import list_entries
from turnout.core.waiting_list.steering import set_closed
from turnout.errors import Conflict
from turnout.formats.pictures import Picture
from turnout.store import Tx
from turnout.web.brand_sheets import brand_path
from turnout.web.said import SAID_MS

BROWSER = {"Accept": "text/html"}
FORM = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
_numbers = itertools.count(1)


class Fair:
    """An event with `places` for everybody, a locked type and one by invitation."""

    def __init__(self, node: LocalNode, places: int | None = None) -> None:
        self.node, self.db = node, node.db
        # What the last test sent is no longer counted.
        node.clock.advance(600)
        self.slug = f"fair-{next(_numbers)}"
        self.org_id, self.event_id = node.db.call(self._make, places)
        self.path = f"/{self.slug}/{self.event_id}"
        self.read_until = 0
        self.type_id = self.db.call(list_ticket_types, self.org_id, self.event_id)[0].id

    def _make(self, tx: Tx, places: int | None) -> tuple[OrgId, EventId]:
        house = Builder(tx, self.slug, "Acme & Sons")
        house.user()
        details = EventDetails(
            description="Food & <b>music</b>", speakers=("Grace",), schedule=("18:00 Doors",)
        )
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "Europe/Berlin")
        event = house.event("Fair <1>", when, capacity=places, details=details)
        for name, options in (
            ("Dinner", {"is_rsvp": True}),
            ("Early bird", {"is_locked": True}),
            ("Paid", {"price_minor": 100, "currency": "EUR"}),
        ):
            house.ticket_type(event, name, **options)
        return house.org_id, event.id

    def shown(self) -> EventView:
        return self.db.call(get_shown_event, self.org_id, self.event_id)

    def look(self, site: AppClient) -> Page:
        answer = site.request("GET", self.path, headers=BROWSER)
        assert (answer.status, answer.headers["cache-control"]) == (200, "public, no-cache")
        return Page(answer.body)

    def send(self, site: AppClient, **form: Any) -> str:
        given = ADA | {"ticket": self.type_id, "answer": "register"} | form
        return Page(follow(site, self.post(site, given)).body).text

    def post(self, site: AppClient, form: dict[str, Any]) -> Answer:
        return site.request("POST", self.path, headers=FORM, body=urlencode(form).encode())

    def registration(self, email: str = ADA["email"]) -> Registration | None:
        def find(tx: Tx) -> Registration | None:
            person = find_person(tx, self.org_id, email)
            if person is None:
                return None
            return booking.find_registration(tx, self.org_id, self.event_id, person.id)

        return self.db.call(find)

    def cancel(self, email: str = ADA["email"]) -> None:
        known = self.registration(email)
        assert known is not None
        self.db.call(cancel_registration, self.org_id, known.id, actor="test")

    def mails(self) -> dict[str, list[str]]:
        """What was newly written, by address: subject and text."""
        self.db.call(tell_of_list, "http://turnout.test")
        found: dict[str, list[str]] = {}
        for mail in self.db.call(list_mails, self.org_id, self.read_until):
            self.read_until = mail.id
            found.setdefault(mail.address, []).append(f"{mail.subject}\n{mail.text}")
        return found

    def ticket_mails(self) -> int:
        """How many tickets wait to be mailed."""
        question = f"SELECT count(*) FROM ticket_mails WHERE org_id = {self.org_id}"
        return int(self.db.call(lambda tx: tx.connection.execute(question).fetchone()[0]))

    def list(self) -> list[tuple[str, str]]:
        found = self.db.call(list_entries, self.org_id, self.event_id, is_all=True, limit=10)
        return [(entry.email, entry.state.value) for entry in found]

    def letters(self) -> dict[str, str]:
        """The last of what was newly written to each address."""
        return {address: texts[-1] for address, texts in self.mails().items()}


@pytest.fixture
def fair(node: LocalNode) -> Fair:
    return Fair(node)


def test_the_page_says_what_it_is_when_and_what_there_is(site: AppClient, fair: Fair) -> None:
    text = fair.look(site).text
    for words in (
        "Acme & Sons",
        "Share Fair <1>",
        "Monday, 1 June 2099, 18:00 \N{EN DASH} 23:00 (Europe/Berlin, UTC+2)",
        "Food & <b>music</b>",
        "Speakers G Grace",
        "Schedule 18:00 Doors",
        "Ticket General admission Free",
    ):
        assert words in text
    for words in ("Dinner", "Early bird", "waiting list"):
        assert words not in text


def test_who_registers_gets_a_ticket_by_mail(site: AppClient, fair: Fair) -> None:
    assert "Your ticket is on its way to ada@example.com." in fair.send(site, company="Analytical")
    known = fair.registration()
    assert known is not None
    assert (known.source, known.submitted.contact.company) == ("page", "Analytical")
    assert fair.ticket_mails() == 1


def test_a_ticket_with_a_price_is_shown_with_it_and_is_to_be_paid(
    site: AppClient, fair: Fair
) -> None:
    assert "Paid €1.00 To be paid within 14 days of registering" in fair.look(site).text
    german = Page(site.request("GET", f"{fair.path}?lang=de", headers=BROWSER).body).text
    assert "Paid 1,00 € Zu bezahlen" in german
    types = fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
    paid = next(kind.id for kind in types if kind.name == "Paid")
    # The bar at the foot says what holds for any choice; with scripts, the price of what is chosen.
    for chosen in (fair.type_id, paid):
        page = fair.send(site, ticket=chosen, email="nobody")
        assert "Free, or up to €1.00Register" in page
    assert "Your ticket is on its way to ada@example.com." in fair.send(site, ticket=paid)
    [payment] = fair.db.call(list_payments, fair.org_id, fair.event_id, limit=9)
    asked = (payment.state.value, payment.amount_minor, payment.currency, payment.reference)
    assert asked == ("open", 100, "EUR", f"T-{payment.code}")
    shown = site.request("GET", f"/ticket/{fair.org_id}-{payment.code}", headers=BROWSER)
    assert f"with the reference T-{payment.code}." in Page(shown.body).text
    assert "Please pay €1.00 by" in Page(shown.body).text


def sell(fair: Fair, name: str, **change: Any) -> None:
    def edit(tx: Tx) -> None:
        known = {kind.name: kind.id for kind in list_ticket_types(tx, fair.org_id, fair.event_id)}
        given = TicketTypeChange(**change)
        edit_ticket_type(tx, fair.org_id, fair.event_id, known[name], given, actor="t")

    fair.db.call(edit)


def test_a_sale_that_begins_is_the_waiting_lists_first(site: AppClient, node: LocalNode) -> None:
    """Before the worker has looked, which it does every few seconds."""
    fair = Fair(node)
    types = fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
    paid = next(kind.id for kind in types if kind.name == "Paid")
    fair.db.call(set_ticket_capacity, fair.org_id, paid, 0, actor="t")
    fair.send(site, email="first@list.example.com", ticket=paid, answer="wait")
    sell(fair, "Paid", sale_starts="2099-03-01T09:00")
    fair.db.call(set_ticket_capacity, fair.org_id, paid, 1, actor="t")
    assert fair.list() == [("first@list.example.com", "waiting")]
    then, node.clock.now = node.clock.now, 4_076_100_000_000  # in the night after that day
    try:
        said = fair.send(site, email="quick@list.example.com", ticket=paid)
    finally:
        node.clock.now = then
    assert "No place is free" in said
    assert fair.registration("quick@list.example.com") is None
    assert fair.list() == [("first@list.example.com", "offered")]


def test_a_type_that_comes_later_is_shown_with_its_date(site: AppClient, fair: Fair) -> None:
    sell(fair, "Paid", sale_starts="2099-03-01T09:00")
    text = fair.look(site).text
    assert "General admission Paid from 1 March 2099, 09:00 €1.00" in text
    assert "Registration opens" not in text
    assert "To be paid" not in text


def test_the_page_says_when_registration_opens_and_that_sales_have_ended(
    site: AppClient, fair: Fair
) -> None:
    sell(fair, "Paid", sale_starts="2099-05-01T09:00")
    sell(fair, "General admission", sale_starts="2099-04-01T09:00")
    text = fair.look(site).text
    assert "Registration opens on 1 April 2099, 09:00 (Europe/Berlin)." in text
    assert "Paid €1.00 from 1 May 2099, 09:00" in text
    assert "by invitation" not in text
    german = Page(site.request("GET", f"{fair.path}?lang=de", headers=BROWSER).body).text
    assert "Die Anmeldung beginnt am 1. April 2099, 09:00 (Europe/Berlin)." in german
    for name in ("Paid", "General admission"):
        sell(fair, name, sale_starts="", sale_ends="2020-01-01T09:00")
    text = fair.look(site).text
    assert "Sales have ended." in text
    assert "by invitation" not in text
    for name in ("Paid", "General admission"):
        sell(fair, name, is_hidden=True)
    assert "This event is by invitation." in fair.look(site).text


def test_a_code_that_opens_nothing_is_said_to_be_unknown(site: AppClient, fair: Fair) -> None:
    sell(fair, "Paid", access_code="secret")
    said = "The code in the address of this page is not known."
    for query, is_said in (("", False), ("?code=secret", False), ("?code=wrong", True)):
        page = site.request("GET", f"{fair.path}{query}", headers=BROWSER)
        assert (said in Page(page.body).text) is is_said


def test_who_chose_a_free_ticket_is_not_told_to_pay(site: AppClient, fair: Fair) -> None:
    change = EventChange(payment_text="DE02")
    fair.db.call(change_event, fair.org_id, fair.event_id, change, actor="test")
    types = fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
    paid = next(kind.id for kind in types if kind.name == "Paid")
    for _ in range(2):
        free = fair.send(site)
        assert "Thank you" in free
        assert "paid" not in free
        assert "DE02" not in free
        assert "Paid: €1.00. To be paid within 14 days" in fair.send(site, ticket=paid)
    sell(fair, "Paid", access_code="secret")
    few = fair.send(site, ticket=paid, access="secret")
    assert "To be paid within 14 days" in few
    assert "€1.00" not in few
    told = said(fair.db, fair.path, f"registered-{paid}")
    guessed = site.request("GET", f"{fair.path}?done={told}", headers=BROWSER)
    assert "To be paid" not in Page(guessed.body).text


def test_loading_the_thanks_again_sends_nothing_and_a_link_names_nobody(
    site: AppClient, fair: Fair
) -> None:
    told = said(fair.db, fair.path, "registered")
    answer = fair.post(site, ADA | {"ticket": fair.type_id, "answer": "register"})
    assert (answer.status, answer.headers["location"]) == (
        303,
        f"{fair.path}?done={told}#register",
    )
    for _ in range(2):
        thanks = follow(site, answer)
        assert "on its way to ada@" in Page(thanks.body).text
        assert not any(one.startswith("address=") for one in thanks.set_cookies)
    again = site.request("GET", f"{fair.path}?done={told}", headers=BROWSER)
    assert "on its way to the address that you gave." in Page(again.body).text
    forged = BROWSER | {"Cookie": "address=%3Cscript%3E"}
    other = site.request("GET", f"{fair.path}?done={told}", headers=forged)
    assert "on its way to the address that you gave." in Page(other.body).text
    assert fair.ticket_mails() == 1


def test_the_bar_at_the_foot_says_what_holds_for_every_choice(
    site: AppClient, node: LocalNode
) -> None:
    """Without scripts it stays as it is while another ticket is chosen."""
    fair = Fair(node, places=2)

    def bar() -> str:
        page = site.request("GET", fair.path, headers=BROWSER).body.decode()
        return page.partition('<nav class="bar-bottom"')[2].partition("</nav>")[0]

    assert "Free, or up to €1.00</b>" in bar()
    assert '<span class="says-register">Register</span></a>' in bar()
    paid = next(kind.id for kind in fair.shown().ticket_types if kind.name == "Paid")
    fair.db.call(set_ticket_capacity, fair.org_id, paid, 0, actor="t")
    assert "Free</b>" in bar()
    # What the button says, by the same rule.
    assert '<span class="says-join">Join the waiting list</span></a>' in bar()


def test_a_page_says_only_what_was_done(site: AppClient, fair: Fair) -> None:
    """A link that somebody makes up, or one for another page or of long ago, says nothing."""

    def shows(done: str) -> bool:
        page = site.request("GET", f"{fair.path}?done={done}", headers=BROWSER)
        return "Thank you" in Page(page.body).text

    told = said(fair.db, fair.path, "registered")
    assert shows(told)
    made_up = ("registered", told[:-1], told.replace("registered", "waiting"), f"{told}.x")
    later = told.replace(told.split(".")[1], "9" * 13)
    zero = told.replace(".", ".0", 1)
    elsewhere = said(fair.db, f"{fair.path}x", "registered")
    assert [done for done in (*made_up, later, zero, elsewhere) if shows(done)] == []
    fair.node.clock.advance(SAID_MS / 1000)
    assert not shows(told)


def test_the_answer_does_not_tell_who_is_registered(site: AppClient, fair: Fair) -> None:
    first = fair.send(site)
    assert fair.send(site, first_name="Eve") == first
    known = fair.registration()
    assert known is not None
    assert known.submitted.contact.first_name == "Ada"


def test_a_form_of_anybodys_changes_nothing_that_is_known(site: AppClient, fair: Fair) -> None:
    fair.send(site)
    fair.cancel()
    fair.send(site, first_name="Eve")
    person = fair.db.call(find_person, fair.org_id, ADA["email"])
    assert person is not None
    assert person.contact.first_name == "Ada"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"email": "ada"}, "Type your e-mail address, such as ada@example.com."),
        ({"first_name": " ", "last_name": ""}, "Type your name: the first, the last or both."),
        ({"last_name": "a\x07"}, "Type letters, digits and signs only."),
        ({"ticket": ""}, "Choose a ticket."),
        ({"ticket": "1"}, "Choose a ticket."),
    ],
)
def test_what_can_be_put_right_is_said_beside_what_was_typed(
    site: AppClient, fair: Fair, form: dict[str, str], words: str
) -> None:
    given = ADA | {"ticket": str(fair.type_id), "answer": "register", "company": 'A "B"'} | form
    answer = fair.post(site, given)
    assert answer.status == 200
    assert f"{words} Nothing was sent." in Page(answer.body).text
    assert b'value="A &#34;B&#34;"' in answer.body
    assert fair.registration() is None


def test_all_that_is_wrong_is_said_at_once_and_the_focus_goes_there(
    site: AppClient, fair: Fair
) -> None:
    asked = QuestionChange(name="Shirt", is_required=True)
    shirt = fair.db.call(add_question, fair.org_id, fair.event_id, asked, actor="t")
    form = {"email": "ada", "company": "a\x07", "ticket": "1", "answer": "register"}
    answer = fair.post(site, form)
    body = answer.body.decode()
    said = (
        "Choose a ticket. Type your name: the first, the last or both. Type your e-mail address, "
        "such as ada@example.com. Type letters, digits and signs only. Some answers are missing "
        "or cannot be taken: see beside the questions. Nothing was sent."
    )
    assert said in Page(answer.body).text
    assert body.count('id="register"') == 1
    assert '<div role="alert" class="faults" id="register" tabindex="-1">' in body
    for name in ("ticket", "first_name", "last_name", "email", "company", f"q{shirt.id}"):
        assert f'<a href="#{name}">' in body
        assert f'id="{name}-error"' in body
        assert body.count(f'id="{name}"') == 1
    assert body.count('id="register"') == fair.look(site).ids.count("register")


def test_many_forms_for_one_address_are_answered_alike(site: AppClient, fair: Fair) -> None:
    answers = {fair.send(site, email="bob@example.com") for _ in range(6)}
    (thanks,) = answers
    assert "Your ticket is on its way to bob@example.com." in thanks


def test_when_it_is_full_people_wait_and_get_the_next_place(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node, places=1)
    assert "General admission 1 left" in fair.look(site).text
    fair.send(site)
    page = fair.look(site).text
    assert "No place is free." in page
    assert "sold out: waiting list" in page
    bob = {"email": "bob@fair.example.com", "first_name": "Bob"}
    assert "No place is free. More is in a mail to you." in fair.send(site, **bob)
    assert fair.list() == []
    assert "its link shows where you stand" in fair.send(site, **bob, answer="wait")
    assert fair.list() == [("bob@fair.example.com", "waiting")]
    full, listed = fair.mails()["bob@fair.example.com"]
    assert full.startswith("No place is free: Fair <1>")
    assert full.endswith(f"waiting list on the event's page:\nhttp://turnout.test{fair.path}")
    link = link_in(listed)
    assert "You are number 1 on the list." in look(site, link)

    assert "Ticket: General admission\n\nSee where" in listed

    fair.cancel()
    offer = fair.letters()["bob@fair.example.com"]
    assert "Ticket: General admission\n\nTake it" in offer
    assert "has become free, and it is held for you until" in offer
    assert link_in(offer) == link
    text = look(site, link)
    assert "A place is held for you until" in text
    for _ in range(2):
        text = press(site, link, "take")
        assert "You are coming The ticket is in your mail. Your ticket" in text
    assert fair.list() == [("bob@fair.example.com", "taken")]
    assert fair.registration("bob@fair.example.com") is not None


def test_mails_of_the_list_say_what_is_waited_for_and_its_price(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node, places=1)
    change = EventChange(payment_doors=(PayingDoor.OFFER,))
    fair.db.call(change_event, fair.org_id, fair.event_id, change, actor="test")
    types = fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
    paid = next(kind.id for kind in types if kind.name == "Paid")
    fair.send(site)
    bob = {"email": "bob@fair.example.com", "first_name": "Bob", "ticket": paid}
    fair.send(site, **bob, answer="wait")
    wanted = "Ticket: Paid\nPrice: €1.00\n\n"
    assert f"{wanted}See where" in fair.letters()["bob@fair.example.com"]
    fair.cancel()
    assert f"{wanted}Take it" in fair.letters()["bob@fair.example.com"]


def test_who_is_registered_and_asks_to_wait_gets_the_ticket_again(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node, places=1)
    fair.send(site)
    fair.db.call(forget_ticket_mails, fair.org_id)
    assert "its link shows where you stand" in fair.send(site, answer="wait")
    assert fair.list() == []
    assert fair.ticket_mails() == 1


ANSWERS = {
    # Whether a place is free, which button is pressed, and what the page says then.
    (True, "register"): "Thank you Your ticket is on its way to EMAIL.",
    (True, "wait"): "There are places: register instead. More is in a mail to you.",
    (False, "register"): "No place is free. More is in a mail to you.",
    (False, "wait"): "Thank you A mail is on its way to EMAIL: its link shows where you stand.",
}


@pytest.mark.parametrize(("is_free", "button"), ANSWERS)
def test_an_attacker_learns_nothing_of_an_address(
    site: AppClient, node: LocalNode, is_free: bool, button: str
) -> None:
    """Whole answers, byte for byte, for an address that is registered, waits, has cancelled, was
    offered a place, or is not known at all; and each gets one mail."""
    fair = Fair(node, places=9 if is_free else 2)
    fair.send(site, email="in1@who.example.com")
    fair.send(site, email="out@who.example.com")
    fair.cancel("out@who.example.com")
    fair.send(site, email="in2@who.example.com")
    if not is_free:
        fair.send(site, email="got@who.example.com", answer="wait")
        fair.cancel("in2@who.example.com")  # so the place is offered
        fair.send(site, email="que@who.example.com", answer="wait")
    fair.mails()
    answers, mails = [], []
    for name in ("in1", "out", "got", "que", "new"):
        node.clock.advance(300)
        fair.db.call(forget_ticket_mails, fair.org_id)
        email = f"{name}@who.example.com"
        given = ADA | {"ticket": fair.type_id, "answer": button, "email": email}
        answer = fair.post(site, given)
        body = answer.body.replace(email.encode(), b"EMAIL")
        kept = {
            name: unsigned(value.replace(quote(email, safe=""), "EMAIL").encode())
            for name, value in answer.headers.items()
            if name not in ("x-request-id", "date")
        }
        page = unsigned(follow(site, answer).body.replace(email.encode(), b"EMAIL"))
        answers.append((answer.status, kept, body, page))
        mails.append(len(fair.mails().get(email, [])) + fair.ticket_mails())
    assert [answer for answer in answers if answer != answers[0]] == []
    assert mails == [1] * 5
    assert ANSWERS[is_free, button] in Page(answers[0][3]).text


def test_a_closed_waiting_list_is_offered_to_nobody(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node, places=1)
    fair.db.call(set_closed, fair.org_id, fair.event_id, is_closed=True, actor="test")
    assert "Join the waiting list" not in fair.look(site).text
    fair.send(site)
    page = fair.look(site).text
    assert "No place is free, and the waiting list is closed." in page
    assert "Join the waiting list" not in page
    said = fair.send(site, email="bob@shut.example.com", answer="wait")
    assert "The waiting list of this event is closed. Nothing was sent." in said
    assert fair.list() == []


def test_a_name_that_cannot_be_seen_is_no_name(site: AppClient, fair: Fair) -> None:
    said = fair.send(site, first_name="\u200b", last_name="\ufeff\u2060")
    assert "Nothing was sent." in said
    assert fair.registration() is None


def test_who_waits_and_asks_again_is_told_again(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node, places=1)
    fair.send(site)
    fair.send(site, email="bob@again.example.com", answer="wait")
    ((first,),) = fair.mails().values()
    fair.send(site, email="Bob@again.example.com", answer="register")
    ((again,),) = fair.mails().values()
    assert again == first
    assert fair.list() == [("bob@again.example.com", "waiting")]


@pytest.mark.parametrize(
    ("state", "said", "is_listed"),
    [
        (EventState.CLOSED, "The event is closed for registration. You keep your place", True),
        (EventState.CANCELLED, "The event is cancelled.", False),
    ],
)
def test_an_offer_of_an_event_that_takes_nobody_has_one_truth(
    site: AppClient, node: LocalNode, state: EventState, said: str, is_listed: bool
) -> None:
    """The page of the entry says it once, looked at and pressed, and nothing is held."""
    fair = Fair(node, places=1)
    fair.send(site)
    fair.send(site, email="bob@shut.example.com", answer="wait")
    fair.cancel()
    link = link_in(fair.letters()["bob@shut.example.com"])
    assert "A place is held for you until" in look(site, link)
    # What an older server left, or an end of registration that was set to an earlier time.
    fair.node.execute(f"UPDATE events SET state = '{state}' WHERE id = {fair.event_id}")
    before = look(site, link)
    assert press(site, link, "take") == before
    fair.db.call(move_on)
    for page in (before, look(site, link), press(site, link, "take")):
        assert (page.count(said), page.count("The event is"), "held" in page) == (1, 1, False)
        assert ("Leave the list" in page) == is_listed
    assert fair.list() == [("bob@shut.example.com", "waiting" if is_listed else "lapsed")]
    letters = fair.letters()
    assert ("bob@shut.example.com" in letters) == is_listed
    assert "given back" in letters.get("bob@shut.example.com", "given back")


def test_a_place_that_costs_money_is_offered_with_its_price(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node, places=1)
    types = fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
    paid = next(kind.id for kind in types if kind.name == "Paid")
    fair.send(site)
    fair.send(site, email="bob@paid.example.com", ticket=paid, answer="wait")
    fair.cancel()
    link = link_in(fair.letters()["bob@paid.example.com"])
    assert "Paid: €1.00. To be paid within 14 days of registering" in look(site, link)
    press(site, link, "take")
    [payment] = fair.db.call(list_payments, fair.org_id, fair.event_id, limit=9)
    assert (payment.email, payment.amount_minor) == ("bob@paid.example.com", 100)


def test_the_page_says_how_to_pay_before_and_after_one_registers(
    site: AppClient, node: LocalNode
) -> None:
    fair = Fair(node)
    types = fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
    paid = next(kind.id for kind in types if kind.name == "Paid")
    change = EventChange(payment_text="DE02 <b>: %%reference%%", pay_within_days=1)
    fair.db.call(change_event, fair.org_id, fair.event_id, change, actor="test")
    said = "within a day of registering"
    own = "DE02 <b>: [reference]"
    for text in (fair.look(site).text, fair.send(site, email="bob@pay.example.com", ticket=paid)):
        assert said in text
        assert own in text
    [payment] = fair.db.call(list_payments, fair.org_id, fair.event_id, limit=9)
    page = site.request("GET", f"/ticket/{fair.org_id}-{payment.code}", headers=BROWSER)
    assert "Please pay €1.00 by" in Page(page.body).text
    assert f"DE02 <b>: T-{payment.code}" in Page(page.body).text
    nobody = EventChange(payment_doors=())
    fair.db.call(change_event, fair.org_id, fair.event_id, nobody, actor="test")
    assert said not in fair.look(site).text


def test_the_page_tells_nobody_who_has_reached_the_limit_for_one_person(
    site: AppClient, fair: Fair
) -> None:
    fair.db.call(set_person_limit, fair.org_id, fair.type_id, 1, actor="test")
    guests = [Guest(Contact(email="", first_name="Zoe"), TicketTypeId(int(fair.type_id)))]
    host = Contact(email="bob@host.example.com", first_name="Bob")
    fair.db.call(register_party, fair.org_id, fair.event_id, host, guests, actor="test")
    fair.mails()
    answers = [
        fair.send(site, email=f"{name}@host.example.com").replace(name, "NAME")
        for name in ("bob", "cid")
    ]
    assert answers[0] == answers[1]
    assert fair.registration("bob@host.example.com") is None
    letter = fair.letters()["bob@host.example.com"]
    assert letter.startswith("No more tickets of that type: Fair <1>")
    assert "You have as many as one person may have." in letter


def test_an_offer_may_be_left_to_the_next(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node, places=1)
    fair.send(site)
    for name in ("bob", "cid"):
        fair.send(site, email=f"{name}@next.example.com", answer="wait")
    links = {email: link_in(text) for email, text in fair.letters().items()}
    fair.cancel()
    bob, cid = links["bob@next.example.com"], links["cid@next.example.com"]
    assert "You have left the list" in press(site, bob, "leave")
    assert fair.path in Page(site.request("GET", bob, headers=BROWSER).body).links
    assert "No place is held for you now." in press(site, bob, "take")
    in_spanish = send_form(site, f"{bob}?lang=es", BROWSER, answer="take")
    assert "Ahora no tiene ninguna plaza reservada." in Page(in_spanish.body).text
    assert "A place is held for you until" in look(site, cid)
    node.clock.advance(49 * 3600)
    assert "Too late" in look(site, cid)
    assert "The time to take the place is over." in press(site, cid, "take")
    node.clock.advance(-49 * 3600)
    other = cid.rpartition("-")[0] + "-" + "0" * 32
    assert site.request("GET", other, headers=BROWSER).status == 404
    assert site.request("POST", cid, headers=FORM, body=b"answer=x").status == 400


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_the_link_of_a_wait_says_that_they_are_registered_by_another_door(
    site: AppClient, node: LocalNode, is_cancelled: bool
) -> None:
    """Bob waits, and is one with Eve, who is registered."""
    fair = Fair(node, places=1)
    fair.send(site, email="eve@one.example.com")
    fair.send(site, email="bob@one.example.com", answer="wait")
    link = link_in(fair.letters()["bob@one.example.com"])

    def merge(tx: Tx) -> None:
        found = [find_person(tx, fair.org_id, f"{who}@one.example.com") for who in ("eve", "bob")]
        eve, bob = (person.id for person in found if person)
        unite_people(tx, fair.org_id, eve, bob, actor="test")

    fair.db.call(merge)
    if is_cancelled:
        state = EventState.CANCELLED
        fair.db.call(set_event_state, fair.org_id, fair.event_id, state, actor="test")
    page = look(site, link)
    assert "You have left" not in page
    assert ("You are registered, and do not wait for a place any more." in page) != is_cancelled
    assert ("Your ticket" in page) != is_cancelled
    assert ("is cancelled" in page) == is_cancelled
    if not is_cancelled:
        fair.cancel("eve@one.example.com")
        assert "You have left the list" in look(site, link)


def test_the_event_for_calendars(site: AppClient, fair: Fair) -> None:
    answer = site.request("GET", f"{fair.path}/event.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    (entry,) = icalendar.Calendar.from_ical(answer.body).walk("VEVENT")
    assert str(entry["summary"]) == "Fair <1>"
    assert str(entry["url"]).endswith(fair.path)
    assert faults_of(answer.body) == []
    cancelled = EventState.CANCELLED
    fair.db.call(set_event_state, fair.org_id, fair.event_id, cancelled, actor="test")
    gone = site.request("GET", f"{fair.path}/event.ics")
    assert gone.status == 200
    assert faults_of(gone.body) == []
    assert b"STATUS:CANCELLED" in gone.body


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (EventState.CANCELLED, "The event is cancelled. Acme & Sons answers questions about it."),
        (EventState.CLOSED, "Registration is closed."),
    ],
)
def test_an_event_that_takes_nobody_says_so(
    site: AppClient, fair: Fair, state: EventState, words: str
) -> None:
    fair.db.call(set_event_state, fair.org_id, fair.event_id, state, actor="test")
    assert words in fair.look(site).text
    assert "<form" not in site.request("GET", fair.path, headers=BROWSER).body.decode()
    assert fair.post(site, ADA | {"ticket": fair.type_id}).status == 200
    assert fair.registration() is None


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"answer": "zzz"}, "Choose Register or Join the waiting list. Nothing was sent."),
        (
            {"first_name": "x" * 201},
            "The first name may have 200 characters. Shorten it. Nothing was sent.",
        ),
    ],
)
def test_what_the_form_never_sends_does_nothing(
    site: AppClient, fair: Fair, form: dict[str, str], words: str
) -> None:
    answer = fair.post(site, ADA | {"ticket": fair.type_id, "answer": "register"} | form)
    assert answer.status == 422
    assert words in Page(answer.body).text
    assert fair.registration() is None


def test_seats_of_an_exam_are_the_organizers_to_book(site: AppClient, node: LocalNode) -> None:
    college = College(node)
    exam = college.get_exam(college.register(1, starts_at=4_083_840_000_000))
    node.db.call(set_event_state, college.org_id, exam.event_id, EventState.OPEN, actor="test")
    path = f"/{college.slug}/{exam.event_id}"
    page = site.request("GET", path, headers=BROWSER).body
    assert f"Seats are booked by {college.slug.title()}." in Page(page).text
    assert b"<form" not in page
    type_id = node.db.call(list_ticket_types, college.org_id, exam.event_id)[0].id
    form = urlencode(ADA | {"ticket": type_id, "answer": "register"}).encode()
    site.request("POST", path, headers=FORM, body=form)
    assert college.get_exam(exam.uuid).held == 1
    with pytest.raises(Conflict, match="Seats of this exam are booked by the organizer"):
        node.db.call(
            register_directly,
            college.org_id,
            exam.event_id,
            type_id,
            Contact(email="eve@example.com"),
        )


def test_a_draft_and_what_is_not_there_have_no_page(site: AppClient, fair: Fair) -> None:
    fair.db.call(set_event_state, fair.org_id, fair.event_id, EventState.DRAFT, actor="test")
    for path in (fair.path, f"/{fair.slug}/1", f"/{fair.slug}/x", f"/nobody/{fair.event_id}"):
        answer = site.request("GET", path, headers=BROWSER)
        assert (answer.status, f"Nothing is at {path}." in Page(answer.body).text) == (404, True)


def forget_ticket_mails(tx: Tx, org_id: OrgId) -> None:
    tx.connection.execute(f"DELETE FROM ticket_mails WHERE org_id = {org_id}")


def link_in(letter: str) -> str:
    (link,) = (word for word in letter.split() if "/waiting/" in word)
    return link.removeprefix("http://turnout.test")


def look(site: AppClient, link: str) -> str:
    answer = site.request("GET", link, headers=BROWSER)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    return Page(answer.body).text


def press(site: AppClient, link: str, answer: str) -> str:
    return Page(send_form(site, link, BROWSER, answer=answer).body).text


@pytest.mark.parametrize(
    ("state", "is_offered"), [(EventState.OPEN, True), (EventState.CANCELLED, False)]
)
def test_a_cancelled_event_is_for_no_calendar(
    site: AppClient, fair: Fair, state: EventState, is_offered: bool
) -> None:
    fair.db.call(set_event_state, fair.org_id, fair.event_id, state, actor="test")
    assert ("Add to calendar" in fair.look(site).text) == is_offered


def test_the_page_shows_what_the_organizer_says(site: AppClient, fair: Fair) -> None:
    change = EventChange(
        summary="All of it & more",
        description="# Why\n\nBecause *so*. <script>alert(1)</script>",
        colour="#0a7d5c",
        contact_name="Eva",
        contact_email="eva@example.com",
        contact_phone="+49 30 12",
    )
    fair.db.call(change_event, fair.org_id, fair.event_id, change, actor="test")
    profile = OrganizationChange(privacy_url="https://example.org/p?a=1&b")
    fair.db.call(change_organization, fair.org_id, profile, actor="test")
    body = site.request("GET", fair.path, headers=BROWSER).body.decode()
    for part in (
        '<p class="lead soft">All of it &amp; more</p>',
        '<meta name="description" content="All of it &amp; more">',
        "<h2>Why</h2>",
        "<p>Because <em>so</em>. &lt;script&gt;alert(1)&lt;/script&gt;</p>",
        f'<link rel="stylesheet" href="{brand_path("#0a7d5c")}">',
        '<a href="mailto:eva@example.com">eva@example.com</a>',
        '<a href="tel:+493012">+49 30 12</a>',
        '<a href="https://example.org/p?a=1&amp;b" rel="noopener noreferrer">Privacy</a>',
    ):
        assert part in body
    assert "<script>alert" not in body


def test_the_page_names_the_contact_of_the_organization_where_it_has_none(
    site: AppClient, fair: Fair
) -> None:
    change = OrganizationChange(contact_email="all@example.com", contact_phone="+49 30 1")
    fair.db.call(change_organization, fair.org_id, change, actor="test")
    body = site.request("GET", fair.path, headers=BROWSER).body.decode()
    assert '<a href="mailto:all@example.com">all@example.com</a>' in body
    assert '<a href="tel:+49301">+49 30 1</a>' in body
    calendar = site.request("GET", f"{fair.path}/event.ics").body.decode()
    assert "mailto:all@example.com" in calendar


def test_a_private_event_has_no_page_and_an_unlisted_one_is_not_listed(
    site: AppClient, fair: Fair
) -> None:
    calendar = f"{fair.path}/event.ics"
    for visibility, status, is_listed in (
        (Visibility.PUBLIC, 200, True),
        (Visibility.UNLISTED, 200, False),
        (Visibility.PRIVATE, 404, False),
    ):
        change = EventChange(visibility=visibility)
        fair.db.call(change_event, fair.org_id, fair.event_id, change, actor="test")
        for path in (fair.path, calendar):
            assert site.request("GET", path, headers=BROWSER).status == status
        page = site.request("GET", f"/{fair.slug}", headers=BROWSER)
        assert page.status == 200
        assert (f'href="{fair.path}"' in page.body.decode()) is is_listed
    assert fair.post(site, ADA | {"ticket": fair.type_id, "answer": "register"}).status == 404


def test_an_unknown_organization_has_no_page(site: AppClient) -> None:
    for slug in ("nobody", "a" * 70, "%00", "o/nobody"):
        assert site.request("GET", f"/{slug}", headers=BROWSER).status == 404


def test_the_cover_is_shown_and_served_for_good(site: AppClient, fair: Fair) -> None:
    picture = Picture(b"RIFF-large", b"RIFF-small", 1600, 800)
    digest = fair.db.call(keep_picture, fair.org_id, picture, default_quota=0, actor="test")
    cover = EventChange(cover=digest)
    fair.db.call(change_event, fair.org_id, fair.event_id, cover, actor="test")
    path = f"/media/{fair.org_id}-{digest}"
    assert f'src="{path}-1600.webp"' in site.request("GET", fair.path).body.decode()
    for side, content in ((1600, picture.large), (800, picture.small)):
        answer = site.request("GET", f"{path}-{side}.webp")
        assert (answer.status, answer.body) == (200, content)
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    for wrong in (
        f"{path}-400.webp",
        f"{path}-800.svg",
        f"/media/{fair.org_id + 1}-{digest}-800.webp",
    ):
        assert site.request("GET", wrong).status == 404


def test_the_page_shows_speakers_and_sessions(site: AppClient, fair: Fair) -> None:
    def build(tx: Tx) -> None:
        who = SpeakerChange(name="Ada", headline="Countess", description="*First*")
        ada = add_speaker(tx, fair.org_id, fair.event_id, who, actor="t")
        when = span("2099-06-01T19:00", "2099-06-01T20:00", "Europe/Berlin")
        talk = create_session(tx, fair.org_id, fair.event_id, "On <engines>", when, actor="t")
        said = SessionChange(room="Hall 2", speaker_ids=[ada.id], description="**Loud** <i>x</i>")
        change_session(tx, fair.org_id, fair.event_id, talk.id, said, actor="t")

    fair.db.call(build)
    text = fair.look(site).text
    assert "Speakers A Ada Countess First" in text
    assert "Monday, 1 June 19:00 20:00 On <engines> Ada · Hall 2 Loud <i>x</i>" in text
