"""A guest's pages, as a browser without scripts uses them."""

import base64
import html
import json
import re
from typing import Any

import pytest

from tests.core.registrations.guest import CODE, LinkedGuest, choose
from tests.core.registrations.office import Office
from tests.support.client import Answer
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from tests.web.reading import Page
from turnout.core.events.describing import note_postponed, set_event_times
from turnout.core.events.model import EventState, span
from turnout.core.messaging.delivering import claim
from turnout.core.payments.settling import ask_for_payment
from turnout.core.registrations.announcing import postpone_without_date
from turnout.core.registrations.guest_access import Deed, ask_guest_code, find_guest
from turnout.core.registrations.guests import TARGETS_LIMIT, choose_own_sessions
from turnout.core.registrations.places import set_event_state
from turnout.workers.delivery import merge_fields

BROWSER = {"Accept": "text/html"}
FORM = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}


class Visit:
    """Somebody at their own pages."""

    def __init__(self, node: LocalNode) -> None:
        self.office = Office(node)
        self.guest = LinkedGuest(self.office, facts={"last_name": "Lee"})
        self.path = f"/my/{self.guest.access.token}"
        self.cookie = ""

    def get(self, part: str = "") -> Answer:
        headers = BROWSER | ({"Cookie": self.cookie} if self.cookie else {})
        return self.office.node.client.request("GET", self.path + part, headers=headers)

    def post(self, part: str = "", **given: Any) -> Answer:
        from urllib.parse import urlencode

        headers = FORM | ({"Cookie": self.cookie} if self.cookie else {})
        body = urlencode(given).encode()
        return self.office.node.client.request("POST", self.path + part, headers=headers, body=body)

    def follow(self, done: Answer) -> str:
        """What the page says that a form which was done leads to."""
        cookie = done.headers["set-cookie"]
        assert f"Path={self.path};" in cookie
        headers = BROWSER | {"Cookie": cookie.partition(";")[0]}
        shown = self.office.node.client.request("GET", done.headers["location"], headers=headers)
        assert 'done=""' in shown.headers["set-cookie"]
        return text(shown)

    def code(self, deed: Deed) -> str:
        """Have a code mailed, and read it."""
        self.guest.act(ask_guest_code, deed, CODE)
        return CODE


@pytest.fixture
def visit(node: LocalNode) -> Visit:
    return Visit(node)


def text(answer: Answer) -> str:
    return Page(answer.body).text


def first_button(answer: Answer) -> str:
    """What Enter in a field of the page's own form does."""
    (form,) = re.findall(r'<form class="form".*?</form>', answer.body.decode(), re.DOTALL)
    found = re.search(r'<button type="submit"[^>]* value="([^"]*)"', form)
    assert found
    return found[1]


def test_the_page_shows_what_is_the_guests(visit: Visit) -> None:
    visit.post("/sessions", **{"do": "sessions", f"session-{visit.office.talk}": "1"})
    answer = visit.get()
    assert (answer.status, answer.headers["cache-control"]) == (200, "private, no-store")
    assert answer.headers["referrer-policy"] == "same-origin"
    said = text(answer)
    (ticket,) = visit.office.tickets(visit.guest.id)
    for words in ("My ticket", "Confirmed", "Ann Lee", ticket.code, "My sessions", "Talk"):
        assert words in said
    # The page of a code stays what it is: no person, no action, no personal link.
    page = visit.office.node.client.request(
        "GET", f"/ticket/{visit.office.org_id}-{ticket.code}", headers=BROWSER
    )
    assert b"Lee" not in page.body
    assert b"/my/" not in page.body
    assert "form" not in Page(page.body).tags


def kept_on_phones(visit: Visit) -> tuple[Any, Any]:
    """What the page hands to a phone, and what a phone is told later; None = nothing."""
    found = re.search(r'data-keep="([^"]*)"', visit.get().body.decode())
    (ticket,) = visit.office.tickets(visit.guest.id)
    path = f"/ticket/{visit.office.org_id}-{ticket.code}/kept.json"
    told = visit.office.node.client.request("GET", f"{path}?lang=en")
    return (
        json.loads(html.unescape(found[1])) if found else None,
        told.json() if told.status == 200 else None,
    )


def test_a_phone_forgets_a_ticket_a_day_after_the_event_whenever_that_is(visit: Visit) -> None:
    office, node = visit.office, visit.office.node
    where = (office.org_id, office.event_id)
    kept, told = kept_on_phones(visit)
    event = visit.guest.act(find_guest).shown.event
    assert told["until"] == event.ends_at + 24 * 3600 * 1000
    assert {name: kept[name] for name in told} == told
    # Nobody and no code is in what anybody with the code may ask for.
    assert set(told) == {"title", "when", "where", "zone", "until"}
    # Its old date, which will be over before it takes place.
    past = span("2020-07-01T18:00", "2020-07-01T19:00", "Europe/Berlin")
    node.db.call(set_event_times, *where, past, actor="test")
    assert kept_on_phones(visit)[0] is None
    node.db.call(note_postponed, *where, since=past.starts_local, is_date_open=True)
    kept, told = kept_on_phones(visit)
    assert (kept["until"], told["until"], told["when"]) == (None, None, kept["when"])
    assert "not known" in told["when"]
    node.db.call(set_event_state, *where, EventState.CANCELLED, actor="test")
    assert kept_on_phones(visit) == (None, None)


def test_a_date_that_is_not_known_is_said_wherever_one_is(visit: Visit) -> None:
    visit.post("/sessions", **{"do": "sessions", f"session-{visit.office.talk}": "1"})
    office = visit.office
    (ticket,) = office.tickets(visit.guest.id)
    path = f"/ticket/{office.org_id}-{ticket.code}"
    event_id = office.event_id
    office.node.db.call(postpone_without_date, office.org_id, event_id, is_quiet=True, actor="test")
    for page in (visit.get(), office.node.client.request("GET", path, headers=BROWSER)):
        assert "The new date is not known yet. It was planned for " in text(page)
        assert b"<time" not in page.body
        assert b"event.ics" not in page.body
    entry = office.node.client.request("GET", f"{path}/event.ics")
    assert b"STATUS:CANCELLED" in entry.body


def test_details_are_changed_and_faults_keep_what_was_typed(visit: Visit) -> None:
    answer = visit.post("/answers", do="details", first_name="", last_name="", company="Tram & Co")
    assert answer.status == 422
    assert b'value="Tram &amp; Co"' in answer.body
    assert b'aria-describedby="e-first_name ' in answer.body
    answer = visit.post("/answers", do="details", first_name="Anna", last_name="Lee", company="")
    assert (answer.status, answer.headers["location"]) == (303, visit.path)
    assert "Saved." in visit.follow(answer)
    assert visit.office.get(visit.guest.id).submitted.contact.first_name == "Anna"


def test_a_name_has_one_field_where_the_event_asks_for_it_so(visit: Visit) -> None:
    choose(visit.office, has_one_name=True)
    assert 'name="last_name"' not in visit.get("/transfer").body.decode()
    assert 'name="last_name"' in visit.get("/answers").body.decode()  # what is known stays
    short = LinkedGuest(visit.office, "bea", facts={"last_name": ""})
    visit.path = f"/my/{short.access.token}"
    assert 'name="last_name"' not in visit.get("/answers").body.decode()
    visit.post("/answers", do="details", first_name="Bea van der Berg")
    assert "Bea van der Berg" in text(visit.get())


def test_cancelling_is_asked_and_then_done(visit: Visit) -> None:
    assert "let nobody in any more" in text(visit.get("/cancel"))
    done = visit.post("/cancel", do="cancel")
    assert done.status == 303
    assert visit.follow(done).count("This registration is cancelled.") == 1
    said = text(visit.get())
    assert "This registration is cancelled." in said
    assert "Cancel my registration" not in said
    assert visit.post("/cancel", do="cancel").status == 303
    for part, do in (("", "resend"), ("/renew", "renew")):
        refused = visit.post(part, do=do)
        assert refused.status == 422
        assert "The registration is cancelled." in text(refused)
    assert b'value="renew"' not in visit.get("/renew").body


def test_nothing_is_to_be_paid_for_a_registration_that_is_cancelled(visit: Visit) -> None:
    (ticket,) = visit.office.tickets(visit.guest.id)
    due = visit.office.db.clock() + 86_400_000
    visit.office.act(ask_for_payment, ticket.code, 4950, "EUR", due_at=due)
    assert "To be paid by" in text(visit.get())
    # Nothing was paid, so there is nothing to ask for.
    assert "what you paid" not in text(visit.get("/cancel"))
    visit.post("/cancel", do="cancel")
    said = text(visit.get())
    assert ("To be paid by" in said, "Cancelled: nothing is to be paid" in said) == (False, True)


def test_a_cancelled_event_is_not_said_to_be_confirmed(visit: Visit) -> None:
    visit.office.act(set_event_state, visit.office.event_id, EventState.CANCELLED)
    said = text(visit.get())
    assert "The event is cancelled." in said
    assert "Confirmed" not in said


def test_refusals_are_said_to_guests_in_the_language_of_the_page(visit: Visit) -> None:
    LinkedGuest(visit.office, "bob").act(choose_own_sessions, [visit.office.tour])
    tour, other = f"session-{visit.office.tour}", f"session-{visit.office.tour + 1000}"
    full = visit.post("/sessions?lang=es", **{"do": "sessions", tour: "1"})
    assert "La sesión 'Tour' está completa. Elija otra." in text(full)
    foreign = visit.post("/sessions?lang=es", **{"do": "sessions", other: "1"})
    assert "Una sesión elegida no se puede reservar." in text(foreign)
    for _ in range(11):
        refused = visit.post("/data?lang=es", do="export", code="000000")
    assert refused.status == 429
    assert "Inténtelo de nuevo dentro de 10 minutos." in text(refused)
    # No code is mailed that would be refused.
    unsent = visit.post("/data?lang=es", do="code")
    assert unsent.status == 429
    assert "Inténtelo de nuevo dentro de 10 minutos." in text(unsent)


def test_a_transfer_asks_for_a_code_and_says_who_has_the_ticket(visit: Visit) -> None:
    (ticket,) = visit.office.tickets(visit.guest.id)
    given = {"ticket": ticket.code, "email": "bob@example.com", "first_name": "Bob"}
    answer = visit.post("/transfer", do="code", **given)
    assert "A code is on its way to ann@example.com" in text(answer)
    assert b'value="bob@example.com"' in answer.body
    assert visit.post("/transfer", do="transfer", code="000000", **given).status == 422
    answer = visit.post("/transfer", do="transfer", code=visit.code(Deed.TRANSFER), **given)
    assert answer.status == 200
    assert "The ticket now belongs to bob@example.com" in text(answer)
    assert visit.get().status == 404


def test_a_code_is_for_the_page_that_asked_for_it_and_its_mail_says_so(visit: Visit) -> None:
    (ticket,) = visit.office.tickets(visit.guest.id)
    given = {"ticket": ticket.code, "email": "bob@example.com", "first_name": "Bob"}
    codes = {}
    for part, named in (
        ("/data", "Have a copy, or ask for erasure"),
        ("/transfer", "Transfer to someone"),
    ):
        visit.post(part, do="code")
        mail = visit.office.db.call(list_mails, visit.office.org_id)[-1].text
        assert f"for one thing alone: {named}" in mail
        (codes[part],) = re.findall(r"\d{6}", mail)
    assert visit.post("/transfer", do="transfer", code=codes["/data"], **given).status == 422
    assert visit.post("/transfer", do="transfer", code=codes["/transfer"], **given).status == 200


def test_another_address_in_two_steps(visit: Visit) -> None:
    answer = visit.post(
        "/address", do="address", email="anna@example.net", code=visit.code(Deed.ADDRESS)
    )
    assert "A second code is on its way to anna@example.net" in text(answer)
    step = re.search(rb'name="step" value="([^"]+)"', answer.body)
    assert step
    given = {"email": "anna@example.net", "step": step[1].decode()}
    tampered = visit.post("/address", do="address", code="1", email="eve@x.org", step=given["step"])
    assert "This step is too old: begin again." in text(tampered)
    assert "A second code is on its way" not in text(tampered)
    answer = visit.post("/address", do="address", code="1", **given)
    assert answer.status == 422
    assert step[1] in answer.body
    mails = visit.office.db.call(list_mails, visit.office.org_id)
    (second,) = [mail.text for mail in mails if mail.address == "anna@example.net"]
    found = re.search(r"\d{6}", second)
    assert found
    answer = visit.post("/address", do="address", code=found[0], **given)
    assert "Your address is anna@example.net now." in text(answer)
    assert visit.get().status == 404


def test_a_copy_of_the_data_and_its_erasure_ask_for_a_code(visit: Visit) -> None:
    assert visit.post("/data", do="export", code="000000").status == 422
    answer = visit.post("/data", do="export", code=visit.code(Deed.DATA))
    assert answer.headers["content-type"].startswith("application/json")
    copy = json.loads(answer.body)
    assert copy["people"][0]["email"] == "ann@example.com"
    # Nothing empty, and times as people and programs write them.
    assert not re.search(rb'\{\}|\[\]|: ""|: null', answer.body)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", copy["tickets"][0]["created_at"])
    page = visit.post("/data?lang=de", do="copy", code=visit.code(Deed.DATA))
    assert page.headers["content-disposition"] == 'attachment; filename="my-data.html"'
    said = text(page)
    for words in ("Über mich", "ann@example.com", "Lee", "Meine Tickets", "Gültig", "Bestätigt"):
        assert words in said
    assert b'<html lang="de">' in page.body
    assert "(Europe/Berlin)" in said
    (data,) = re.findall(rb'href="data:application/json;base64,([^"]+)"', page.body)
    assert json.loads(base64.b64decode(data)) == copy
    assert visit.post("/data", do="erase", code="000000").status == 422
    asked = visit.post("/data", do="erase", code=visit.code(Deed.DATA))
    assert asked.status == 303
    assert "answers to ann@example.com" in visit.follow(asked)


def test_an_address_says_nothing_that_was_not_done(visit: Visit) -> None:
    plain = text(visit.get())
    for done in ("cancel", "erase", "resend", "details"):
        assert text(visit.get(f"?done={done}")) == plain


@pytest.mark.parametrize(
    ("part", "main"), [("/transfer", "transfer"), ("/address", "address"), ("/data", "copy")]
)
def test_enter_does_not_ask_for_another_code(visit: Visit, part: str, main: str) -> None:
    assert first_button(visit.get(part)) == main
    visit.post("/answers", do="details", first_name="Ann", company="Trams")
    asked = visit.post(part, do="code", email="bob@example.com", first_name="Bob", last_name="Roe")
    assert first_button(asked) == main
    kept = {"/transfer": ("bob@example.com", "Bob", "Roe"), "/address": ("bob@example.com",)}
    for value in kept.get(part, ()):
        assert f'value="{value}"' in asked.body.decode()
    assert part != "/data" or "Trams" in text(asked)


def test_enter_opens_a_link_that_asks_for_a_code(visit: Visit) -> None:
    choose(visit.office, confirms_links=True)
    assert first_button(visit.get()) == "open"


def test_mails_beyond_an_hours_limit_are_not_said_to_be_on_their_way(visit: Visit) -> None:
    said = visit.follow(visit.post(do="resend"))
    assert "goes to ann@example.com. At most three mails an hour" in said


def test_a_code_does_not_search_for_those_who_are_registered(visit: Visit) -> None:
    (ticket,) = visit.office.tickets(visit.guest.id)
    LinkedGuest(visit.office, "bob")
    given = {"ticket": ticket.code, "first_name": "Bob", "code": visit.code(Deed.TRANSFER)}
    said = [
        text(visit.post("/transfer", do="transfer", email="bob@example.com", **given))
        for _ in range(TARGETS_LIMIT + 2)
    ]
    refused = ["The ticket cannot go to this address." in page for page in said]
    assert refused == [*[True] * (TARGETS_LIMIT + 1), False]


def test_a_name_that_cannot_be_taken_is_marked(visit: Visit) -> None:
    for name, words in (("A\x01nn", "Geben Sie nur Buchstaben"), ("A" * 201, "Das Feld Vorname")):
        answer = visit.post("/answers?lang=de", do="details", first_name=name, last_name="Lee")
        assert answer.status == 422
        assert words in text(answer)
        assert b'aria-describedby="e-first_name ' in answer.body
    choose(visit.office, has_one_name=True)
    short = LinkedGuest(visit.office, "bea", facts={"last_name": ""})
    visit.path = f"/my/{short.access.token}"
    for part, do in (("/answers", "details"), ("/transfer", "transfer")):
        email = "" if part == "/answers" else "bob@example.com"
        answer = visit.post(f"{part}?lang=de", do=do, email=email, first_name="")
        assert "Geben Sie Ihren Namen ein." in text(answer)
        answer = visit.post(f"{part}?lang=de", do=do, email=email, first_name="A" * 201)
        assert "Das Feld Name darf" in text(answer)


def test_a_cancelled_registration_says_once_that_nothing_can_be_changed(visit: Visit) -> None:
    visit.post("/cancel", do="cancel")
    for part, do in (("/sessions", "sessions"), ("/answers", "details")):
        refused = visit.post(part, do=do, first_name="Eve")
        assert (refused.status, text(refused).count("The registration is cancelled.")) == (422, 1)


def test_a_new_browser_enters_a_code_where_the_event_asks_for_it(visit: Visit) -> None:
    choose(visit.office, confirms_links=True)
    for part in ("", "/answers", "/cancel", "/data"):
        closed = visit.get(part)
        assert b"Lee" not in closed.body
        assert "a…@e…" in text(closed)
    assert "enter a mailed code" not in text(visit.post("/cancel", do="cancel"))
    assert len(visit.office.tickets(visit.guest.id)) == 1
    assert visit.post(do="open", code="000000").status == 422
    answer = visit.post(do="open", code=visit.code(Deed.OPEN))
    assert answer.status == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/my/" in cookie
    visit.cookie = cookie.partition(";")[0]
    assert "Ann Lee" in text(visit.get())


def test_pages_and_buttons_that_are_none(visit: Visit) -> None:
    assert visit.get("/other").status == 404
    for part, do in (("", "cancel"), ("/cancel", "transfer"), ("", ""), ("/answers", "export")):
        assert visit.post(part, do=do).status == 422
        assert "Press one of the buttons" in text(visit.post(part, do=do))
    assert len(visit.office.tickets(visit.guest.id)) == 1


@pytest.mark.parametrize(("asked", "words"), [("es", "Mi entrada"), ("de", "Mein Ticket")])
def test_the_page_speaks_the_visitors_language(visit: Visit, asked: str, words: str) -> None:
    for part in ("", "/answers", "/sessions", "/transfer", "/address", "/data", "/renew"):
        answer = visit.get(f"{part}?lang={asked}")
        assert words in text(answer)
        assert f'lang="{asked}"'.encode() in answer.body


def test_a_mail_gets_its_link_while_it_is_handed_over_and_nothing_keeps_it(visit: Visit) -> None:
    visit.post("/cancel", do="cancel")
    jobs = visit.office.db.call(claim, "email", 1000, 1000)
    (job,) = [job for job in jobs if job.head.org_id == visit.office.org_id]
    (recipient,) = job.recipients
    assert recipient.reference == str(visit.guest.id)
    assert "%%my_link%%" in job.head.content.text
    assert "%%my_link%%" in job.head.content.html
    assert "my_link" not in merge_fields(job.head, recipient, "")
