"""What was typed, for a form that is asked for again since the address was wrong."""

import random
import re
import string

import pytest

from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.web.reading import follow
from tests.web.test_events import ADA, BROWSER, FORM, Fair
from tests.web.test_languages import encode
from turnout.bootstrap import DIALECTS
from turnout.core.events.programme import list_ticket_types
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Kind
from turnout.web.catalogue import WebParts
from turnout.web.routes import build


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


def test_a_wrong_address_is_put_right_without_typing_the_rest_again(
    site: AppClient, fair: Fair
) -> None:
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
        *(ADA["email"], ADA["first_name"], ADA["last_name"], "A &amp; &#34;B&#34;"),
    ]
    assert re.search(rf'name="ticket" value="{paid}"[^>]* checked', page)
    # Loaded again it is the same, for as long as the browser keeps that; no other page has it.
    assert ask_again(site, fair, cookie) == page
    assert not value_of(ask_again(site, fair, ""), "email")
    kept = {"Cookie": cookie.partition(";")[0]}
    plain = site.request("GET", fair.path, headers=BROWSER | kept).body.decode()
    assert not value_of(plain, "email")


@pytest.mark.parametrize("cookie", ["typed=x", "typed=WzFd", "typed=é", "typed="])
def test_what_we_never_handed_on_is_not_taken(site: AppClient, fair: Fair, cookie: str) -> None:
    assert not value_of(ask_again(site, fair, cookie), "email")


def test_the_longest_texts_are_left_out_where_a_cookie_is_too_small(
    site: AppClient, fair: Fair
) -> None:
    source = random.Random(1)
    long = "".join(source.choices(string.ascii_letters, k=6000))
    sent = fair.post(site, ADA | {"ticket": fair.type_id, "answer": "register", "access": long})
    cookie = typed_of(sent)
    assert len(cookie) < 4000
    assert value_of(ask_again(site, fair, cookie), "email") == ADA["email"]


def test_what_was_too_long_is_asked_for_again_beside_its_question(
    site: AppClient, fair: Fair
) -> None:
    source = random.Random(2)
    asked = []
    for name in ("why", "how", "when"):
        change = QuestionChange(name=name, label=f"And {name}?", kind=Kind.LONG_TEXT)
        where = (fair.org_id, fair.event_id)
        asked.append(fair.db.call(add_question, *where, change, actor="test"))
    form = ADA | {"ticket": fair.type_id, "answer": "register"}
    noise = {f"q{one.id}": "".join(source.choices(string.ascii_letters, k=1900)) for one in asked}
    sent = fair.post(site, form | noise)
    assert sent.status == 303
    page = ask_again(site, fair, typed_of(sent))
    assert value_of(page, "email") == ADA["email"]
    assert page.count("was too long to be kept. Type it again.") > 1
    assert 0 < sum(text in page for text in noise.values()) < len(noise)
    # Prose of that length is kept.
    prose = "Because the talks of last year were the best that I heard. " * 30
    told = {f"q{one.id}": f"{one.name} {prose}" for one in asked}
    sent = fair.post(site, form | told | {"email": "bob@fair.example.com"})
    page = ask_again(site, fair, typed_of(sent))
    assert all(text.strip() in page for text in told.values())
    assert "too long" not in page


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
