"""Registering others along on an event's page, as a browser without scripts does."""

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page, follow
from tests.web.saying import said
from tests.web.test_events import ADA, BROWSER, FORM, Fair
from turnout.core.events.describing import EventChange, change_event
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.web.assets import read_asset
from turnout.web.companions import count_people, press

THANKS = "Your ticket is on its way to ada@example.com."


class Party(Fair):
    """A fair that lets two come along, with a question that is asked with its first ticket."""

    def __init__(self, node: LocalNode) -> None:
        super().__init__(node, places=3)
        self.change(companions=2)
        only = QuestionChange(name="Diet", is_required=True, ticket_type_ids=[self.type_id])
        question = self.db.call(add_question, self.org_id, self.event_id, only, actor="t")
        self.asked = f"q{question.id}"
        self.paid = next(k.id for k in self.shown().ticket_types if k.name == "Paid")

    def change(self, **fields: Any) -> None:
        change = EventChange(**fields)
        self.db.call(change_event, self.org_id, self.event_id, change, actor="t")

    def send_to(self, site: AppClient, **typed: Any) -> Answer:
        given = ADA | {"ticket": self.type_id, self.asked: "none"} | typed
        body = urlencode(given).encode()
        return follow(site, site.request("POST", self.path, headers=FORM, body=body))


@pytest.fixture
def party(node: LocalNode) -> Party:
    return Party(node)


def values(answer: Answer) -> dict[str, str]:
    """What the fields of a page have in them."""
    found = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', answer.body.decode())
    return {name: html.unescape(text) for name, text in found}


def held(party: Party) -> int:
    return party.shown().event.held


def test_a_button_adds_a_person_and_keeps_what_was_typed(site: AppClient, party: Party) -> None:
    one = party.send_to(site, people="0", add="1")
    assert "Person 1" in Page(one.body).text
    two = party.send_to(site, people="1", add="1", **{"p1-first_name": "Zoe"})
    found = values(two)
    assert [found[name] for name in ("first_name", "p1-first_name", "people")] == [
        "Ada",
        "Zoe",
        "2",
    ]
    assert 'name="add"' not in two.body.decode()
    less = party.send_to(
        site, people="2", drop="1", **{"p1-first_name": "Zoe", "p2-first_name": "Max"}
    )
    assert values(less)["p1-first_name"] == "Max"
    assert held(party) == 0


def test_all_are_registered_by_one_form(site: AppClient, party: Party) -> None:
    typed = {"p1-first_name": "Zoe", "p1-ticket": party.paid, "p2-first_name": "Max"}
    typed |= {"p2-email": "max@example.com", f"p2-{party.asked}": "vegan"}
    text = Page(party.send_to(site, people="2", **typed).body).text
    assert THANKS in text
    assert "The tickets of those whom you registered along go to their own addresses" in text
    assert held(party) == 3
    known = party.registration("max@example.com")
    assert known is not None
    assert [given.answer for given in known.submitted.answers] == ["vegan"]


def test_what_is_wrong_is_said_beside_the_persons_fields(site: AppClient, party: Party) -> None:
    answer = party.send_to(site, people="1", **{"p1-email": "zoe@gmial.com"})
    text, page = Page(answer.body).text, answer.body.decode()
    for words in ("Type your name", "Nothing was sent.", "zoe@gmail.com", "Diet (Person 1)"):
        assert words in text
    assert 'id="p1-email-error"' in page
    assert f'id="p1-{party.asked}-error"' in page
    sure = {"p1-first_name": "Zoe", "p1-email": "zoe@gmial.com", "p1-sure": "zoe@gmial.com"}
    sure[f"p1-{party.asked}"] = "none"
    assert THANKS in Page(party.send_to(site, people="1", **sure).body).text


def test_an_address_that_two_have_is_said_beside_the_second(site: AppClient, party: Party) -> None:
    people = {"p1-first_name": "Zoe", "p2-first_name": "Max"}
    people |= {"p1-email": "zoe@example.com", "p2-email": "zoe@example.com"}
    people |= {f"p{number}-{party.asked}": "none" for number in (1, 2)}
    page = party.send_to(site, people="2", **people).body.decode()
    assert "The address zoe@example.com is there twice." in page
    assert 'id="p2-email-error"' in page
    assert 'id="p1-email-error"' not in page


def test_where_places_are_few_all_that_was_typed_stays(site: AppClient, party: Party) -> None:
    party.send_to(site, email="eve@example.com")
    typed = {"p1-first_name": "Zoe", "p1-ticket": party.paid, "p2-first_name": "Max"}
    answer = party.send_to(site, people="2", **typed, **{f"p2-{party.asked}": "vegan"})
    assert "There are not enough places for 3 people." in Page(answer.body).text
    assert values(answer)[f"p2-{party.asked}"] == "vegan"
    assert held(party) == 1


def test_others_are_said_to_be_registered_only_where_they_were(
    site: AppClient, party: Party
) -> None:
    others = "The tickets of those whom you registered along"
    along = party.send_to(site, people="1", **{"p1-first_name": "Zoe", f"p1-{party.asked}": "none"})
    assert others in Page(along.body).text
    done = said(party.db, party.path, "registered")
    alone = site.request("GET", f"{party.path}?done={done}&people=5", headers=BROWSER)
    assert "Thank you" in Page(alone.body).text
    assert others not in Page(alone.body).text


def test_the_waiting_list_takes_one_at_a_time(site: AppClient, party: Party) -> None:
    for name in "abc":
        party.send_to(site, email=f"{name}@example.com")
    wait = {"ticket": f"{party.type_id}-wait", "people": "1", "p1-first_name": "Zoe"}
    answer = party.send_to(site, **wait, **{f"p1-{party.asked}": "none"})
    assert "The waiting list takes one person at a time." in Page(answer.body).text
    assert party.list() == []


def test_a_name_may_have_one_field(site: AppClient, party: Party) -> None:
    party.change(has_one_name=True)
    page = Page(party.send_to(site, people="0", add="1").body)
    assert {"first_name", "p1-first_name"} <= set(page.ids)
    assert not {"last_name", "p1-last_name"} & set(page.ids)
    faulty = party.send_to(site, first_name="", last_name="").body.decode()
    assert 'href="#first_name"' in faulty
    assert 'href="#last_name"' not in faulty
    nobody = {"first_name": "", "last_name": "", "people": "1", "p1-first_name": "x" * 201}
    said = Page(party.send_to(site, **nobody).body).text
    assert "Type your name." in said
    assert "The name may have 200 characters." in said
    assert "Name (Person 1)" in said
    assert "irst name" not in said


def test_who_comes_alone_is_told_of_nobody_elses_ticket(site: AppClient, party: Party) -> None:
    text = Page(party.send_to(site).body).text
    assert THANKS in text
    assert "whom you registered along" not in text


@pytest.mark.parametrize("text", ["", "-1", "x", "9" * 30, "²"])
def test_odd_counts_are_nobody(text: str) -> None:
    assert count_people({"people": text}, 2) == 0


def test_a_button_for_nobody_changes_nothing() -> None:
    given = {"people": "1", "p1-first_name": "Zoe", "drop": "7"}
    assert press(given, 2) == given
    assert press({"people": "2", "add": "1"}, 2) == {"people": "2", "add": "1"}
    assert press({"people": "1"}, 2) is None


def test_everybody_can_use_the_form_after_each_button_and_error(
    site: AppClient, party: Party
) -> None:
    sheet, script = (read_asset(name).decode() for name in ("turnout.css", "event.js"))
    pages = [
        party.send_to(site, people="0", add="1"),
        party.send_to(site, people="2", **{"p1-email": "nobody"}),
    ]
    with open_browser() as browser:
        for answer in pages:
            tab = browser.new_page(viewport={"width": 390, "height": 844})
            page = re.sub(r'<link rel="[^"]*"[^>]*>', "", answer.body.decode())
            page = page.replace("</head>", f"<style>{sheet}</style></head>")
            tab.set_content(page.replace("</body>", f'<script type="module">{script}</script>'))
            assert find_violations(tab) == []
            assert tab.evaluate("document.documentElement.scrollWidth") == 390
        # The first person's questions follow their own ticket, else the sender's.
        diet = tab.locator(f"#p1-{party.asked}")
        expect(diet).to_be_visible()
        tab.locator("#p1-ticket").select_option(str(party.paid))
        expect(diet).to_be_hidden()
        tab.locator("#p1-ticket").select_option("")
        tab.get_by_label("Paid").first.check()
        expect(diet).to_be_hidden()
