"""What an event asks, on its page and on that of an invitation, without scripts."""

import itertools
import re
import zlib
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.builder import Builder, contact
from tests.support.client import Answer as Response
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page, follow
from turnout.core.events.model import span
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import CampaignId, EventId, OrgId
from turnout.core.invitations.campaigns import send_campaign
from turnout.core.messaging.delivering import claim
from turnout.core.people.merging import find_person
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Answer, Kind, Question
from turnout.core.registrations import booking
from turnout.core.registrations.extras import read_extras
from turnout.core.registrations.places import set_event_capacity
from turnout.core.waiting_list.entries import get_entry, list_entries
from turnout.store import Tx

BROWSER = {"Accept": "text/html"}
FORM = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
EVIL = '"><script>alert(1)</script>'
CHOICES = ("vegan", EVIL, "no; pork".replace(";", ","))
_numbers = itertools.count(1)


class Asking:
    """An event with a question of every kind, and one for another ticket type."""

    def __init__(self, node: LocalNode) -> None:
        self.node, self.db = node, node.db
        node.clock.advance(600)
        self.slug = f"asking-{next(_numbers)}"
        self.org_id, self.event_id, campaign_id = node.db.call(self._make)
        node.db.call(send_campaign, self.org_id, campaign_id, "", actor="test")
        jobs = node.db.call(claim, "email", 100, 1000)
        (invited,) = [job for job in jobs if job.head.org_id == self.org_id]
        fields = invited.recipients[0].fields
        self.invitation = fields.partition('"link":"')[2].rstrip('"}')
        self.path = f"/{self.slug}/{self.event_id}"
        types = node.db.call(list_ticket_types, self.org_id, self.event_id)
        self.type_id, self.dinner_id = (kind.id for kind in types)
        self.questions = {
            kind: self.ask(
                kind.name.title(),
                kind=kind,
                choices=CHOICES if kind in (Kind.CHOICE, Kind.SEVERAL) else (),
                text="I agree to the [terms](https://acme.example/terms)."
                if kind is Kind.AGREEMENT
                else "",
                hint=f"Hint <{kind}>",
            )
            for kind in Kind
        }

    def _make(self, tx: Tx) -> tuple[OrgId, EventId, CampaignId]:
        house = Builder(tx, self.slug, "Acme")
        house.user()
        event = house.event("Fair", span("2099-06-01T18:00", "2099-06-01T23:00", "Europe/Berlin"))
        dinner = house.ticket_type(event, "Dinner <1>")
        campaign = house.campaign(event, dinner, [contact("ann")])
        return house.org_id, event.id, campaign.id

    def ask(self, name: str, **facts: Any) -> Question:
        change = QuestionChange(name=name, **facts)
        return self.db.call(add_question, self.org_id, self.event_id, change, actor="t")

    def field(self, kind: Kind) -> str:
        return f"q{self.questions[kind].id}"

    def filled(self) -> dict[str, str]:
        """An answer to everything."""
        return {
            self.field(Kind.TEXT): "Gate <4>",
            self.field(Kind.LONG_TEXT): "\r\nfirst\r\nsecond",
            self.field(Kind.NUMBER): "12,5",
            self.field(Kind.CHOICE): EVIL,
            f"{self.field(Kind.SEVERAL)}-0": "vegan",
            f"{self.field(Kind.SEVERAL)}-2": "no, pork",
            self.field(Kind.DATE): "2027-03-01",
            self.field(Kind.YES_NO): "no",
            self.field(Kind.AGREEMENT): "yes",
            self.field(Kind.PHONE): "+49 30 1234567",
            self.field(Kind.COUNTRY): "DE",
        }

    def look(self, site: AppClient) -> str:
        answer = site.request("GET", self.path, headers=BROWSER)
        assert answer.status == 200
        return answer.body.decode()

    def send(self, site: AppClient, path: str = "", **given: Any) -> Response:
        form = {"ticket": self.type_id, "answer": "register"} | ADA | given
        body = urlencode(form).encode()
        return follow(site, site.request("POST", path or self.path, headers=FORM, body=body))

    def kept(self, email: str = ADA["email"]) -> list[Answer] | None:
        def find(tx: Tx) -> list[Answer] | None:
            person = find_person(tx, self.org_id, email)
            whose = (tx, self.org_id, self.event_id)
            found = booking.find_registration(*whose, person.id) if person else None
            return found.submitted.answers if found else None

        return self.db.call(find)

    def answers(self) -> list[Answer]:
        """What `filled` is kept as, agreed to now."""
        texts = {
            Kind.TEXT: "Gate <4>",
            Kind.LONG_TEXT: "first\nsecond",
            Kind.NUMBER: "12.5",
            Kind.CHOICE: EVIL,
            Kind.SEVERAL: "vegan; no, pork",
            Kind.DATE: "2027-03-01",
            Kind.YES_NO: "no",
            Kind.AGREEMENT: "yes",
            Kind.PHONE: "+49 30 1234567",
            Kind.COUNTRY: "DE",
        }
        agreed = {"version": 1, "agreed_at": self.node.clock()}
        return [
            Answer(kind.name.title(), text, **(agreed if kind is Kind.AGREEMENT else {}))
            for kind, text in texts.items()
        ]


@pytest.fixture
def asking(node: LocalNode) -> Asking:
    return Asking(node)


def test_the_page_asks_in_order_with_labels_hints_and_no_markup_of_strangers(
    site: AppClient, asking: Asking
) -> None:
    body = asking.look(site)
    text = Page(body.encode()).text
    places = [text.index(f"{kind.name.title()} (optional)") for kind in Kind]
    hints = [text.index(f"Hint <{kind}>") for kind in Kind]
    assert places == sorted(places)
    assert [text.count(f"Hint <{kind}>") for kind in Kind] == [1] * len(Kind)
    assert hints == sorted(hints)
    assert "<script>alert" not in body
    assert '<a href="https://acme.example/terms"' in body
    assert 'autocomplete="country"' in body
    assert "Åland Islands" in text
    for kind in Kind:
        name = asking.field(kind)
        assert f'aria-describedby="{name}-' in body
        assert f'id="{name}-hint"' in body
        assert f'id="{name}"' in body
    assert "required" not in body[body.index(f'id="{asking.field(Kind.TEXT)}"') :]


def test_what_is_answered_is_kept_with_the_registration(site: AppClient, asking: Asking) -> None:
    answer = asking.send(site, **asking.filled())
    assert "Your ticket is on its way" in Page(answer.body).text
    assert asking.kept() == asking.answers()


def test_nothing_has_to_be_answered_that_is_not_required(site: AppClient, asking: Asking) -> None:
    assert "Your ticket is on its way" in Page(asking.send(site).body).text
    assert asking.kept() == []


def test_wrong_answers_are_named_beside_their_fields_and_nothing_is_lost(
    site: AppClient, asking: Asking
) -> None:
    asking.ask("Shirt", label="Which <shirt>?", is_required=True)
    given = asking.filled() | {
        asking.field(Kind.NUMBER): "many",
        asking.field(Kind.DATE): "1.3.2027",
        asking.field(Kind.CHOICE): "beef",
        asking.field(Kind.COUNTRY): "Atlantis",
    }
    body = asking.send(site, **given).body.decode()
    text = Page(body.encode()).text
    assert "Some answers are missing or cannot be taken: see beside the questions." in text
    for kind in (Kind.NUMBER, Kind.DATE, Kind.CHOICE, Kind.COUNTRY):
        name = asking.field(kind)
        assert f'<p class="error" id="{name}-error">' in body
        assert re.search(rf'id="{name}"[^>]*{name}-error"[^>]* aria-invalid="true"', body)
        assert f'<li><a href="#{name}">' in body
    assert body.count('class="error"') == 5
    assert "'Which <shirt>?' must be answered." in text
    assert "'Number' takes a number such as 12 or 12.5." in text
    assert 'value="many"' in body
    assert ">\nfirst\r\nsecond</textarea>" in body
    assert 'value="vegan" checked' in body
    assert 'value="no" checked' in body
    assert 'value="yes" checked' in body
    assert 'value="ada@example.com"' in body
    assert asking.kept() is None


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("de", ("'Shirt' muss beantwortet", "'Number' gehört eine Zahl", "Deutschland", "Nein")),
        ("es", ("responder a 'Shirt'", "'Number' va un número", "Alemania", "Sí")),
    ],
)
def test_what_is_said_of_questions_is_in_the_language_of_the_page(
    site: AppClient, asking: Asking, locale: str, words: tuple[str, ...]
) -> None:
    asking.ask("Shirt", is_required=True)
    given = {asking.field(Kind.NUMBER): "many"}
    for path, button in ((asking.path, "register"), (asking.invitation, "confirm")):
        refused = asking.send(site, f"{path}?lang={locale}", answer=button, **given)
        text = Page(refused.body).text
        assert [word for word in words if word not in text] == []
        assert "takes a" not in text
        assert "Germany" not in text


def test_a_required_question_is_required_in_the_browser_where_all_must_answer_it(
    site: AppClient, asking: Asking
) -> None:
    shirt = asking.ask("Shirt", is_required=True)
    table = asking.ask("Table", is_required=True, ticket_type_ids=[asking.dinner_id])
    body = asking.look(site)
    assert re.search(rf'name="q{shirt.id}"[^>]* required', body)
    assert not re.search(rf'name="q{table.id}"[^>]* required', body)
    assert f'data-types="{asking.dinner_id}"' in body
    assert "Only with Dinner <1>." in Page(body.encode()).text
    asking.send(site, **{f"q{shirt.id}": "M", f"q{table.id}": "7"})
    assert asking.kept() == [Answer("Shirt", "M")]  # the table goes with dinner alone
    bob: dict[str, Any] = {
        "email": "bob@example.com",
        "ticket": asking.dinner_id,
        f"q{shirt.id}": "L",
    }
    assert "'Table' must be answered." in Page(asking.send(site, **bob).body).text
    asking.send(site, **bob, **{f"q{table.id}": "7"})
    assert asking.kept("bob@example.com") == [Answer("Shirt", "L"), Answer("Table", "7")]


def test_the_step_with_the_code_carries_the_answers_on(site: AppClient, asking: Asking) -> None:
    given = asking.filled()
    for number in range(50):
        asking.send(site, email=f"guest{number}@example.com")
    body = asking.send(site, **given).body.decode()
    assert "One more step" in Page(body.encode()).text
    first = body[: body.index("Go on")]
    hidden = dict(re.findall(r'type="hidden" name="(q[\d-]+)" value="([^"]*)"', first))
    assert set(hidden) == set(given)
    assert asking.kept() is None


def test_who_joins_the_waiting_list_has_answered(site: AppClient, asking: Asking) -> None:
    asking.db.call(set_event_capacity, asking.org_id, asking.event_id, 0, actor="t")
    asking.send(site, answer="wait", **asking.filled())
    (listed,) = asking.db.call(list_entries, asking.org_id, asking.event_id, limit=9)
    entry = asking.db.call(get_entry, asking.org_id, listed.id)
    submitted = read_extras(entry.extras).submitted
    assert submitted
    assert submitted.answers == asking.answers()


def test_an_invitation_asks_and_declining_does_not(site: AppClient, asking: Asking) -> None:
    table = asking.ask("Table", is_required=True, ticket_type_ids=[asking.dinner_id])
    body = site.request("GET", asking.invitation, headers=BROWSER).body.decode()
    assert re.search(rf'name="q{table.id}"[^>]* required', body)
    assert 'value="decline" formnovalidate' in body
    refused = asking.send(site, asking.invitation, answer="confirm").body.decode()
    assert "'Table' must be answered." in Page(refused.encode()).text
    assert "Your answer was not changed." in refused
    declined = asking.send(site, asking.invitation, answer="decline")
    assert "You are not coming" in Page(declined.body).text
    given = asking.filled() | {f"q{table.id}": "7"}
    confirmed = asking.send(site, asking.invitation, answer="confirm", **given)
    assert "You are coming" in Page(confirmed.body).text
    assert f'name="q{table.id}"' not in confirmed.body.decode()
    assert asking.kept("ann@example.com") == [*asking.answers(), Answer("Table", "7")]
    again = asking.send(site, asking.invitation, answer="decline").body.decode()
    assert f'name="q{table.id}" value="7"' in again
    assert 'value="vegan" checked' in again
    assert '<option value="DE" selected>' in again


def test_long_answers_in_any_script_fit_the_form(site: AppClient, asking: Asking) -> None:
    others = [asking.ask(f"More {number}", kind=Kind.LONG_TEXT) for number in range(10)]
    text = "\N{CJK UNIFIED IDEOGRAPH-6F22}" * 2000
    asking.send(site, **{f"q{question.id}": text for question in others})
    assert asking.kept() == [Answer(question.name, text) for question in others]


def test_a_page_with_fifty_questions_is_small(site: AppClient, asking: Asking) -> None:
    for number in range(40):
        asking.ask(f"Country {number}", kind=Kind.COUNTRY, hint="Where you live.")
    assert len(zlib.compress(asking.look(site).encode())) < 40_000


def test_an_event_that_asks_nothing_takes_no_bigger_form(site: AppClient, node: LocalNode) -> None:
    asking = Asking(node)
    for question in asking.questions.values():
        node.execute(f"DELETE FROM agreement_texts WHERE question_id = {question.id}")
        node.execute(f"DELETE FROM event_questions WHERE id = {question.id}")
    assert 'class="asked"' not in asking.look(site)
    body = urlencode(ADA | {"company": "x" * 16_384}).encode()
    assert site.request("POST", asking.path, headers=FORM, body=body).status == 400
