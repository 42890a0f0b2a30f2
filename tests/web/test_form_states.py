"""How a page's form stands: what was typed comes back after a wrong address, and by Back."""

import base64
import random
import re
import string
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.cli.runner import Turnout
from tests.core.registrations.guest import LinkedGuest
from tests.core.registrations.office import Office
from tests.support.chromium import open_browser
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.support.server import Server
from tests.web.reading import Page, follow
from tests.web.test_events import ADA, BROWSER, FORM, Fair
from tests.web.test_invitations import Invited
from tests.web.test_languages import encode
from tests.web.test_series import Talks
from tests.web.test_watch import Theatre
from turnout.bootstrap import DIALECTS
from turnout.catalogue import Phrase
from turnout.core.events.programme import list_ticket_types
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Kind
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing
from turnout.web.catalogue import WebParts
from turnout.web.form_states import KEPT_S, Refusal, failure_of, refusal_of
from turnout.web.routes import build

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fair(node: LocalNode) -> Fair:
    return Fair(node)


def typed_of(answer: Answer) -> str:
    return next(one for one in answer.set_cookies if one.startswith("typed="))


def ask_again(site: AppClient, fair: Fair, cookie: str) -> str:
    thanks = f"{fair.path}?again=1"
    answer = site.request("GET", thanks, headers=BROWSER | {"Cookie": cookie.partition(";")[0]})
    assert answer.headers["cache-control"] == "private, no-store"
    return answer.body.decode()


def value_of(page: str, name: str) -> str | None:
    found = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', page)
    value = re.search(r'\bvalue="([^"]*)"', found[0]) if found else None
    return value[1] if value else None


def test_of_a_form_that_was_taken_the_address_alone_is_kept(site: AppClient, fair: Fair) -> None:
    paid = next(
        kind.id
        for kind in fair.db.call(list_ticket_types, fair.org_id, fair.event_id)
        if kind.name == "Paid"
    )
    given = ADA | {"ticket": str(paid), "answer": "register", "company": 'A & "B"'}
    sent = fair.post(site, given)
    # Nothing of a person stands in an address, and no script reads it.
    assert not re.search("ada|lovelace|example", sent.headers["location"], re.IGNORECASE)
    cookie = typed_of(sent)
    assert f"Path={fair.path}; " in f"{cookie}; "
    assert {"HttpOnly", "SameSite=Strict", "Max-Age=600"} <= set(cookie.split("; "))
    thanks = follow(site, sent).body.decode()
    (link,) = re.findall(r'href="(\?again=1[^"]*)"', thanks)
    assert link.startswith("?again=1&amp;")
    page = ask_again(site, fair, cookie)
    assert [value_of(page, name) for name in ("email", "first_name", "last_name", "company")] == [
        *(ADA["email"], "", "", ""),
    ]
    assert not re.search(rf'name="ticket" value="{paid}"[^>]* checked', page)
    # Loaded again it is the same, for as long as the browser keeps that; no other page has it.
    assert ask_again(site, fair, cookie) == page
    assert not value_of(ask_again(site, fair, ""), "email")
    kept = {"Cookie": cookie.partition(";")[0]}
    plain = site.request("GET", fair.path, headers=BROWSER | kept).body.decode()
    assert not value_of(plain, "email")


@pytest.mark.parametrize("cookie", ["typed=x", "typed=WzFd", "typed=é", "typed="])
def test_what_we_never_handed_on_is_not_taken(site: AppClient, fair: Fair, cookie: str) -> None:
    assert not value_of(ask_again(site, fair, cookie), "email")


def test_a_confirmation_that_is_opened_later_says_so(
    site: AppClient, node: LocalNode, fair: Fair
) -> None:
    talks = Talks(node)
    forms = {
        fair.path: ADA | {"ticket": str(fair.type_id)},
        talks.series: ADA | {f"event-{talks.talks[0].id}": "1"},
    }
    for path, given in forms.items():
        sent = site.request("POST", path, headers=FORM, body=encode(given))
        where = sent.headers["location"].partition("#")[0]
        assert "done=" in where
        node.clock.advance(16 * 60)
        page = Page(site.request("GET", where, headers=BROWSER).body)
        assert "You sent this form." in page.text
        assert "Open the form again" in page.text
        # Nobody makes such an address up.
        forged = site.request("GET", f"{where}0", headers=BROWSER)
        assert "You sent this form." not in Page(forged.body).text


def test_a_tab_never_names_the_address_of_another(
    site: AppClient, node: LocalNode, fair: Fair
) -> None:
    form = ADA | {"ticket": str(fair.type_id)}
    first = fair.post(site, form | {"email": "a@fair.example.com"})
    node.clock.advance(1)
    second = fair.post(site, form | {"email": "b@fair.example.com"})
    kept = "; ".join(one.partition(";")[0] for one in second.set_cookies)
    for sent, is_named in ((first, False), (second, True)):
        where = sent.headers["location"].partition("#")[0]
        shown = site.request("GET", where, headers=BROWSER | {"Cookie": kept}).body.decode()
        assert ("b@fair.example.com" in shown) == is_named
        assert "a@fair.example.com" not in shown


def test_a_frame_on_another_site_is_told_by_cookies_that_it_gets(
    fair: Fair,
) -> None:
    parts = WebParts("https://turnout.test", DIALECTS, None, db=fair.db)
    with AppClient(build(parts)) as site:
        form = ADA | {"ticket": fair.type_id, "answer": "register"}
        body = encode(form)
        sent = site.request("POST", f"{fair.path}/embed", headers=FORM, body=body)
        for name in ("typed", "address"):
            (cookie,) = [one for one in sent.set_cookies if one.startswith(f"{name}=")]
            assert {"SameSite=None", "Secure", "Partitioned", "HttpOnly"} <= set(cookie.split("; "))
        headers = BROWSER | {"Cookie": typed_of(sent).partition(";")[0]}
        again = site.request("GET", f"{fair.path}/embed?again=1", headers=headers)
        assert value_of(again.body.decode(), "email") == ADA["email"]
        # It may be loaded again.
        assert again.set_cookies == ()
        # The page itself is in no frame.
        plain = typed_of(site.request("POST", fair.path, headers=FORM, body=body))
        assert {"SameSite=Strict", "Secure"} <= set(plain.split("; "))


def test_a_wrong_address_on_the_waiting_list_is_put_right_likewise(
    site: AppClient, node: LocalNode
) -> None:
    full = Fair(node, places=1)
    full.send(site)
    bob = {"email": "bob@fair.example.com", "first_name": "Bob", "ticket": full.type_id}
    sent = full.post(site, bob | {"answer": "wait"})
    thanks = follow(site, sent).body.decode()
    assert "Wrong address? Join with the right one" in thanks
    assert re.search(r'href="\?again=1', thanks)
    assert value_of(ask_again(site, full, typed_of(sent)), "email") == "bob@fair.example.com"


def test_another_address_for_a_code_keeps_what_was_typed(site: AppClient, fair: Fair) -> None:
    form = ADA | {"ticket": fair.type_id, "proof": "x", "code": "1", "switch": "1"}
    page = site.request("POST", fair.path, headers=FORM, body=encode(form)).body.decode()
    assert value_of(page, "email") == ADA["email"]
    assert fair.registration() is None


# What a browser sends with a form over plain http, and over https.
PLAIN = {"Upgrade-Insecure-Requests": "1"}
SECURE = PLAIN | {"Sec-Fetch-Mode": "navigate"}


def browse(site: AppClient, path: str, given: dict[str, str], marks: dict[str, str]) -> Answer:
    """What a browser shows that sends a form, which is a page that it can go back to."""
    own = "; ".join(filter(None, (marks.get("Cookie"), "cookie=1")))
    headers = FORM | marks | {"Cookie": own}
    sent = site.request("POST", path, headers=headers, body=encode(given))
    assert (sent.status, sent.body, sent.headers["cache-control"]) == (
        *(303, b""),
        "private, no-store",
    )
    assert "again=1" in sent.headers["location"]
    cookie = typed_of(sent).partition(";")[0]
    where = sent.headers["location"].partition("#")[0]
    shown = [site.request("GET", where, headers=BROWSER | {"Cookie": cookie}) for _ in range(2)]
    assert Page(shown[0].body).text == Page(shown[1].body).text
    assert shown[0].headers["cache-control"] in ("private, no-store", "no-store")
    return shown[0]


def list_pages(node: LocalNode) -> dict[str, tuple[str, dict[str, str]]]:
    """A form of each public page that is answered with a page."""
    fair, office, talks = Fair(node), Office(node), Talks(node)
    guest = LinkedGuest(office, facts={"last_name": "Lee"})
    mine = f"/my/{guest.access.token}"
    theatre, invited = Theatre(node, f"cinema-{fair.event_id}"), Invited(node, places=0)
    pak = theatre.cinema.talk.pak
    return {
        "no ticket": (fair.path, ADA | {"company": "A & B"}),
        "no name": (fair.path, {"ticket": str(fair.type_id), "email": "a@b.example.com"}),
        "language": (fair.path, ADA | {"switch": "1"}),
        "typo": (fair.path, ADA | {"ticket": str(fair.type_id), "email": "ada@gmial.com"}),
        "series": (talks.series, dict(ADA)),
        "lost link": (f"/my/find/{office.slug}", {"email": "ann"}),
        "lost link mailed": (f"/my/find/{office.slug}", {"email": "ann@example.com"}),
        "answers": (f"{mine}/answers", {"do": "details", "first_name": ""}),
        "transfer": (f"{mine}/transfer", {"do": "transfer", "email": "bob", "first_name": "Bob"}),
        "code": (f"{mine}/data", {"do": "code"}),
        "way in": (f"/watch/{pak}", {"email": "nobody"}),
        "wrong code": (f"/watch/{pak}", {"email": "ann@example.com", "code": "000000"}),
        "invitation": (invited.links["Ann"], {"answer": "confirm"}),
    }


@pytest.mark.parametrize("marks", [PLAIN, SECURE], ids=["http", "https"])
def test_what_answers_a_form_is_a_page_to_go_back_to(
    site: AppClient, node: LocalNode, marks: dict[str, str]
) -> None:
    for name, (path, given) in list_pages(node).items():
        shown = browse(site, path, given, marks)
        assert shown.status == 200, name
        # A program that sends the same gets the same page, with its status.
        program = site.request("POST", path, headers=FORM, body=encode(given))
        assert program.status in (200, 401, 409, 422, 429), name
        if name in ("code", "wrong code", "way in", "lost link mailed"):
            continue  # what was done by the first is counted with the second
        assert Page(program.body).text == Page(shown.body).text, name
        # What a script of ours sends is answered at once, too.
        script = {"Sec-Fetch-Mode": "cors"}
        assert site.request("POST", path, headers=FORM | script, body=encode(given)).status != 303


@pytest.mark.parametrize("marks", [PLAIN, SECURE], ids=["http", "https"])
def test_a_browser_that_refuses_cookies_gets_the_page_at_once(
    site: AppClient, node: LocalNode, marks: dict[str, str]
) -> None:
    for name, (path, given) in list_pages(node).items():
        # It is asked once to send the form again with a cookie, before anything is done.
        facts: dict[str, Any] = {"headers": FORM | marks, "body": encode(given)}
        asked = site.request("POST", f"{path}?lang=de", **facts)
        assert (asked.status, asked.body) == (307, b""), name
        assert asked.headers["location"] == f"{path}?lang=de&cookie=1"
        assert {f"Path={path}", "HttpOnly", "SameSite=Strict"} <= set(
            asked.set_cookies[0].split("; ")
        )
        shown = site.request("POST", asked.headers["location"], **facts)
        assert shown.status in (200, 409, 422), name
        assert 'lang="de"' in shown.body.decode(), name
        typed = next((given[part] for part in ("email", "company") if part in given), "")
        assert typed.replace("&", "&amp;") in shown.body.decode(), name


def test_a_page_asked_for_what_it_has_not_says_so(site: AppClient, node: LocalNode) -> None:
    for name, (path, _) in list_pages(node).items():
        shown = site.request("GET", f"{path}?again=1", headers=BROWSER)
        assert shown.status == 200, name
        assert Page(shown.body).text.count("The form starts again") == 1, name
        plain = site.request("GET", path, headers=BROWSER)
        assert "The form starts again" not in Page(plain.body).text, name


def test_a_state_is_sealed_for_its_page_and_for_ten_minutes(
    site: AppClient, node: LocalNode, fair: Fair
) -> None:
    given = ADA | {"company": "Unmistakable"}
    headers = FORM | PLAIN | {"Cookie": "cookie=1"}
    sent = site.request("POST", fair.path, headers=headers, body=encode(given))
    cookie = typed_of(sent)
    again = f"{fair.path}?again=1"
    assert value_of(ask_again(site, fair, cookie), "company") == "Unmistakable"
    name, _, sealed = cookie.partition(";")[0].partition("=")
    packed = base64.urlsafe_b64decode(sealed)
    assert b"Unmistakable" not in packed
    # Changed in any part, of another page, or in the address: nothing.
    for place in (0, 20, len(packed) - 1):
        changed = bytearray(packed)
        changed[place] ^= 1
        wrong = base64.urlsafe_b64encode(bytes(changed)).decode()
        assert not value_of(ask_again(site, fair, f"{name}={wrong}"), "company")
    other = Fair(node)
    assert not value_of(ask_again(site, other, cookie), "company")
    by_address = site.request("GET", f"{fair.path}?again={sealed}", headers=BROWSER)
    assert b"Unmistakable" not in by_address.body
    node.clock.advance(KEPT_S)
    assert not value_of(ask_again(site, fair, cookie), "company")
    assert site.request("GET", again, headers=BROWSER).status == 200


def test_a_link_that_has_ended_still_says_with_what(site: AppClient, node: LocalNode) -> None:
    guest = LinkedGuest(Office(node), facts={"last_name": "Lee"})
    path = f"/my/{guest.access.token}/renew"
    shown = browse(site, path, {"do": "renew"}, SECURE)
    assert "new link" in Page(shown.body).text
    assert b"data-gone" in shown.body
    assert site.request("GET", path, headers=BROWSER).status == 404


def test_a_refused_sign_in_is_a_page_to_go_back_to(site: AppClient) -> None:
    path = "/console/sign-in"
    opened = site.request("GET", path, headers=BROWSER)
    (token,) = re.findall(r'name="token" value="([^"]+)"', opened.body.decode())
    own = {"Cookie": opened.set_cookies[0].partition(";")[0]}
    given = {"user_code": "ada", "password": "Unmistakable 1", "token": token}
    shown = browse(site, path, given, SECURE | own)
    assert value_of(shown.body.decode(), "user_code") == "ada"
    assert "alert" in shown.body.decode()
    assert b"Unmistakable" not in shown.body
    program = site.request("POST", path, headers=FORM | own, body=encode(given))
    assert program.status == 401


def test_two_long_answers_are_kept(site: AppClient, fair: Fair) -> None:
    """Of prose, which letters by chance are not."""
    prose = (ROOT / "docs" / "organizers.md").read_text()
    asked = {}
    for number, name in enumerate(("why", "how"), start=2):
        change = QuestionChange(name=name, label=f"And {name}?", kind=Kind.LONG_TEXT)
        where = (fair.org_id, fair.event_id)
        question = fair.db.call(add_question, *where, change, actor="test")
        text = re.sub("[^A-Za-z0-9., ]+", " ", prose)[number * 4000 :]
        asked[f"q{question.id}"] = text[:2000].strip()
    headers = FORM | SECURE | {"Cookie": "cookie=1"}
    sent = site.request("POST", fair.path, headers=headers, body=encode(ADA | asked))
    assert sent.status == 303
    assert sum(len(name) + len(value) + 4 for name, value in sent.headers.items()) < 4000
    page = ask_again(site, fair, typed_of(sent))
    assert all(text in page for text in asked.values())


def test_what_does_not_fit_is_answered_at_once(site: AppClient, fair: Fair) -> None:
    source = random.Random(3)
    long = "".join(source.choices(string.ascii_letters, k=6000))
    given = {"access": long, "first_name": "Ada"}
    headers = FORM | SECURE | {"Cookie": "cookie=1"}
    sent = site.request("POST", fair.path, headers=headers, body=encode(given))
    assert (sent.status, value_of(sent.body.decode(), "first_name")) == (200, "Ada")


@pytest.mark.parametrize(
    "failure",
    [
        Invalid("contact.long", fields={"email": []}, field=Phrase("field.email"), limit=200),
        Conflict("tickets.sold_out", name="A"),
        Limited("rate_limit.exceeded", retry_after=7),
        Missing("link.missing"),
    ],
)
def test_a_refusal_comes_back_as_it_was(failure: Failure) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(refusal_of(failure)), type=Refusal)
    found = failure_of(kept)
    assert found is not None
    assert (type(found), found.code, found.facts) == (type(failure), failure.code, failure.facts)
    assert getattr(found, "fields", None) == getattr(failure, "fields", None)


def test_back_leads_to_the_form_as_it_stood_without_a_script(server: Server) -> None:
    """Adding somebody, a wrong answer, and a page of somebody's own: elsewhere, and back."""
    database = f"sqlite:///{server.folder / 'turnout.db'}"
    number = server.demo["attendance"]["eventId"]
    Turnout(database).ok("event", "set", "rail-forum", number, "--companions", "2")
    with open_browser() as browser:
        tab = browser.new_context(java_script_enabled=False).new_page()
        tab.goto(f"{server.url}/rail-forum/{number}")
        tab.locator("[name=company]").fill("A & B")
        tab.locator("[name=add]").click()
        tab.locator("[name=p1-first_name]").wait_for()
        go_and_come_back(tab, server.url)
        expect(tab.locator("[name=company]")).to_have_value("A & B")
        tab.locator("[name=email]").fill("ada@gmial.com")
        tab.locator("#register-form button.main").last.click()
        expect(tab.get_by_role("alert")).to_contain_text("gmail.com")
        go_and_come_back(tab, server.url)
        expect(tab.get_by_role("alert")).to_contain_text("gmail.com")
        expect(tab.locator("[name=company]")).to_have_value("A & B")
        tab.goto(f"{server.url}/my/find/rail-forum")
        tab.get_by_role("textbox").fill("ann@nowhere")
        tab.locator("main button").click()
        expect(tab.get_by_role("alert")).to_be_visible()
        go_and_come_back(tab, server.url)
        expect(tab.get_by_role("textbox")).to_have_value("ann@nowhere")


def go_and_come_back(tab: Tab, elsewhere: str) -> None:
    tab.goto(f"{elsewhere}/rail-forum")
    tab.go_back()
