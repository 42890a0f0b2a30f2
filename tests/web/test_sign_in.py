"""The pages' sign-in: forms, cookies, how sessions begin and end, and where they lead."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.builder import make_organization
from tests.support.client import Answer
from tests.support.node import LocalNode, new_database, open_node
from tests.web.reading import Page
from tests.web.signing_in import FORM, open_form, send_form, sign_in
from turnout.core.identity.guessing import PAIR_LIMIT
from turnout.core.identity.members import find_password
from turnout.core.identity.page_sessions import (
    IDLE_MS,
    LONGEST_MS,
    forget_old_page_sessions,
    form_token_of,
)
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.users import create_user, set_password
from turnout.web.console.gate.page import own_path

PASSWORD = "Test password 1"
HASH = hash_password(PASSWORD)
BROWSER = {"Accept": "text/html"}


def add_user(node: LocalNode) -> None:
    org_id = node.db.call(make_organization, "acme")
    node.db.call(
        create_user,
        org_id,
        "acme/ada",
        name="Ada",
        email="ada@example.com",
        password_hash=HASH,
        actor="test",
    )


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path)) as node:
        add_user(node)
        yield node


def look(node: LocalNode, headers: dict[str, str]) -> Answer:
    return node.client.request("GET", "/outbox", headers=headers | BROWSER)


def is_signed_in(node: LocalNode, headers: dict[str, str]) -> bool:
    answer = look(node, headers)
    assert answer.status in (200, 303)
    return answer.status == 200


def count_sessions(node: LocalNode) -> int:
    query = "SELECT count(*) FROM page_sessions"
    count: int = node.db.call(lambda tx: tx.connection.execute(query).fetchone()[0])
    return count


def test_a_right_password_leads_to_the_page_that_was_wanted(node: LocalNode) -> None:
    form = open_form(node.client, "/console/sign-in?next=%2Foutbox%3Fchannel%3Dsms")
    assert form["cookie"].startswith("turnout-form=")
    answer = send_form(node.client, "ACME/ada", PASSWORD, next="/outbox?channel=sms")
    assert (answer.status, answer.headers["location"]) == (303, "/outbox?channel=sms")
    assert answer.headers["cache-control"] == "no-store"
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie.startswith("turnout-session=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax"]
    page = look(node, {"Cookie": cookie})
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert "Sign out acme/ada" in Page(page.body).text


def test_cookies_of_an_https_server_belong_to_it_alone(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    with open_node(url, base_url="https://turnout.test") as node:
        add_user(node)
        answer = send_form(node.client, "acme/ada", PASSWORD)
        cookie, *attributes = answer.headers["set-cookie"].split("; ")
        assert cookie.startswith("__Host-turnout-session=")
        assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
        assert is_signed_in(node, {"Cookie": cookie, "Host": "turnout.test"})


@pytest.mark.parametrize(
    ("user_code", "password"),
    [
        ("acme/ada", "wrong"),
        ("acme/bob", PASSWORD),
        ("x" * 300, "y"),
        ("acme/ada", "x" * 300),
    ],
)
def test_a_wrong_password_is_told_on_the_form(
    node: LocalNode, user_code: str, password: str
) -> None:
    answer = send_form(node.client, user_code, password, next="/outbox?job=1")
    assert (answer.status, answer.headers["www-authenticate"]) == (
        401,
        'Cookie realm="Turnout pages", form-action="/console/sign-in"',
    )
    text = answer.body.decode()
    assert "The user name or the password is wrong." in text
    assert 'name="next" value="/outbox?job=1"' in text
    assert 'type="password" required maxlength="255"' in text
    assert "turnout-session" not in answer.headers.get("set-cookie", "")


def describe(text: str) -> dict[str, str]:
    """The sentences that describe the fields marked as wrong, by the fields' names."""
    marked = re.findall(r'name="(\w+)"[^>]* aria-invalid="true" aria-describedby="([\w-]+)"', text)
    return {
        name: re.findall(rf'role="alert" id="{beside}">.*<strong>([^<]+)</strong></p>', text)[0]
        for name, beside in marked
    }


@pytest.mark.parametrize(
    ("user_code", "password", "wrong"),
    [
        ("acme/ada", "wrong one", ["user_code", "password"]),
        ("acme/bob", PASSWORD, ["user_code", "password"]),
        ("", PASSWORD, ["user_code"]),
        ("acme/ada", "", ["password"]),
    ],
)
def test_the_fields_that_are_wrong_are_marked_and_keep_what_was_typed(
    node: LocalNode, user_code: str, password: str, wrong: list[str]
) -> None:
    text = send_form(node.client, user_code, password).body.decode()
    said = describe(text)
    assert list(said) == wrong
    assert all(text.count(sentence) == 1 for sentence in said.values())
    assert f'value="{user_code}"' in text
    assert not password or password not in text


def test_it_speaks_the_visitors_language_and_stays_in_it(node: LocalNode) -> None:
    page = node.client.request("GET", "/console/sign-in?next=%2Foutbox&lang=de", headers=BROWSER)
    text = page.body.decode()
    assert "Passwort" in text
    assert 'action="/console/sign-in?lang=de"' in text
    assert 'href="?next=%2Foutbox&amp;lang=es"' in text
    assert '<html lang="de">' in text


def test_a_form_with_nul_is_not_understood(node: LocalNode) -> None:
    answer = send_form(node.client, "acme/ada\0", PASSWORD)
    assert answer.status == 400
    assert "It has a character that cannot be kept" in Page(answer.body).text
    assert "turnout-session" not in answer.headers.get("set-cookie", "")


def test_guessing_is_refused_with_a_time_to_wait(node: LocalNode) -> None:
    for _ in range(PAIR_LIMIT):
        assert send_form(node.client, "acme/ada", "guess").status == 401
    answer = send_form(node.client, "acme/ada", PASSWORD)
    assert (answer.status, answer.headers["retry-after"]) == (429, "300")
    assert "Too many failed sign-ins. Try again in 5 minutes." in Page(answer.body).text


def test_a_browser_that_signed_in_before_is_not_kept_out_by_a_guesser_beside_it(
    node: LocalNode,
) -> None:
    first = send_form(node.client, "acme/ada", PASSWORD)
    [browser] = re.findall(r"turnout-browser=[^;,]+", ",".join(first.set_cookies))
    guesses = [send_form(node.client, "acme/ada", f"guess {n}").status for n in range(40)]
    assert guesses == [401] * PAIR_LIMIT + [429] * 30
    assert send_form(node.client, "acme/ada", PASSWORD).status == 429
    form = open_form(node.client)
    fields = {"user_code": "acme/ada", "password": PASSWORD, "token": form["token"]}

    def enter(cookie: str) -> int:
        headers = FORM | BROWSER | {"Cookie": f"{form['cookie']}; {cookie}"}
        body = urlencode(fields).encode()
        return node.client.request("POST", "/console/sign-in", headers=headers, body=body).status

    assert [enter("turnout-browser=" + "x" * 43), enter(browser)] == [429, 303]


@pytest.mark.parametrize("case", ["no cookie", "no token", "another token", "two cookies"])
def test_a_form_of_another_browser_signs_nobody_in(node: LocalNode, case: str) -> None:
    form, other = open_form(node.client), open_form(node.client)
    cookies = {"no cookie": "", "two cookies": f"{form['cookie']}; {other['cookie']}"}
    tokens = {"no token": "", "another token": other["token"]}
    fields = {
        "user_code": "acme/ada",
        "password": PASSWORD,
        "token": tokens.get(case, form["token"]),
    }
    headers = FORM | BROWSER | {"Cookie": cookies.get(case, form["cookie"])}
    answer = node.client.request(
        "POST", "/console/sign-in", headers=headers, body=urlencode(fields).encode()
    )
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert count_sessions(node) == 0


def sign_out(node: LocalNode, headers: dict[str, str], token: str) -> Answer:
    body = urlencode({"token": token}).encode()
    return node.client.request("POST", "/sign-in/out", headers=headers | FORM | BROWSER, body=body)


def test_signing_out_ends_the_session_on_the_server(node: LocalNode) -> None:
    headers = sign_in(node.client, "acme/ada", PASSWORD)
    token = form_token_of(headers["Cookie"].partition("=")[2])
    assert sign_out(node, headers, "wrong").status == 403
    assert is_signed_in(node, headers)
    answer = sign_out(node, headers, token)
    assert (answer.status, answer.headers["location"]) == (303, "/console/sign-in")
    assert "expires=Thu, 01 Jan 1970 00:00:00 GMT" in answer.headers["set-cookie"]
    assert not is_signed_in(node, headers)
    assert count_sessions(node) == 0
    assert sign_out(node, headers, token).status == 303
    assert node.client.request("GET", "/sign-in/out", headers=headers).status == 405


@pytest.mark.parametrize(
    "foreign",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_no_other_site_signs_anybody_out(node: LocalNode, foreign: dict[str, str]) -> None:
    headers = sign_in(node.client, "acme/ada", PASSWORD)
    token = form_token_of(headers["Cookie"].partition("=")[2])
    for answer in (sign_out(node, headers | foreign, token), sign_out(node, foreign, token)):
        assert (answer.status, answer.headers.get("set-cookie")) == (403, None)
    for method in ("GET", "HEAD"):
        assert node.client.request(method, "/sign-in/out", headers=headers).status == 405
    assert is_signed_in(node, headers)


def test_signing_out_without_the_cookie_takes_none_away(node: LocalNode) -> None:
    """As another site's form would: browsers send no cookie of ours with it (SameSite)."""
    headers = sign_in(node.client, "acme/ada", PASSWORD)
    answer = sign_out(node, {}, "")
    assert (answer.status, answer.headers.get("set-cookie")) == (303, None)
    assert is_signed_in(node, headers)


def test_signing_in_again_makes_a_new_session_and_ends_the_former(node: LocalNode) -> None:
    first = sign_in(node.client, "acme/ada", PASSWORD)
    form = open_form(node.client)
    fields = {"user_code": "acme/ada", "password": PASSWORD, "token": form["token"]}
    headers = FORM | {"Cookie": f"{form['cookie']}; {first['Cookie']}"}
    answer = node.client.request(
        "POST", "/console/sign-in", headers=headers, body=urlencode(fields).encode()
    )
    second = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert (is_signed_in(node, first), is_signed_in(node, second)) == (False, True)


def test_a_session_ends_when_it_is_idle_and_after_a_day(node: LocalNode) -> None:
    headers = sign_in(node.client, "acme/ada", PASSWORD)
    for _ in range(LONGEST_MS // (IDLE_MS - 1000)):
        node.clock.advance(IDLE_MS / 1000 - 1)
        assert is_signed_in(node, headers)
    node.clock.advance(IDLE_MS / 1000 - 1)
    assert not is_signed_in(node, headers)
    idle = sign_in(node.client, "acme/ada", PASSWORD)
    node.clock.advance(IDLE_MS / 1000)
    assert not is_signed_in(node, idle)
    assert node.db.call(forget_old_page_sessions, 10) == 1
    node.clock.advance(1)
    assert node.db.call(forget_old_page_sessions, 10) == 1
    assert count_sessions(node) == 0


def test_a_session_ends_with_the_password_and_the_user(node: LocalNode) -> None:
    first = sign_in(node.client, "acme/ada", PASSWORD)
    found = node.db.call(find_password, "acme/ada")
    assert found
    whose = (found.principal.org_id, found.principal.user_id)
    node.db.call(set_password, *whose, HASH)
    assert not is_signed_in(node, first)
    second = sign_in(node.client, "acme/ada", PASSWORD)
    node.execute("UPDATE users SET disabled_at = 1")
    assert not is_signed_in(node, second)


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "ä", '"', "a; turnout-session=b"])
def test_an_unknown_cookie_is_nobody(node: LocalNode, token: str) -> None:
    assert not is_signed_in(node, {"Cookie": f"turnout-session={token}"})


def test_the_token_is_not_in_the_database(node: LocalNode) -> None:
    headers = sign_in(node.client, "acme/ada", PASSWORD)
    token = headers["Cookie"].partition("=")[2]
    query = "SELECT digest FROM page_sessions"
    rows: Any = node.db.call(lambda tx: tx.connection.execute(query).fetchall())
    assert token not in repr(rows)
    audit = "SELECT action FROM audit_entries WHERE noun = 'user' ORDER BY id"
    actions: Any = node.db.call(lambda tx: tx.connection.execute(audit).fetchall())
    assert actions[-1][0] == "signed in"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("/outbox?job=1", "/outbox?job=1"),
        ("/summary/1000001", "/summary/1000001"),
        ("/", "/"),
        ("", "/console"),
        ("//evil.example", "/console"),
        ("/\\evil.example", "/console"),
        ("\\\\evil.example", "/console"),
        ("/a\\b", "/console"),
        ("https://evil.example/", "/console"),
        ("javascript:alert(1)", "/console"),
        ("outbox", "/console"),
        ("/\t/evil.example", "/console"),
        ("/a\r\nSet-Cookie: x=y", "/console"),
        ("/a b", "/console"),
        ("/ä", "/console"),
        ("/" + "x" * 600, "/console"),
    ],
)
def test_it_leads_to_this_server_only(wanted: str, expected: str) -> None:
    assert own_path(wanted) == expected


def test_blanks_of_a_password_count_and_those_of_a_user_code_do_not(node: LocalNode) -> None:
    whose = node.db.call(find_password, "acme/ada")
    assert whose
    secret = "  blanks at both ends "
    node.db.call(
        set_password, whose.principal.org_id, whose.principal.user_id, hash_password(secret)
    )
    assert send_form(node.client, " acme/ada ", secret).status == 303
    assert send_form(node.client, "acme/ada", secret.strip()).status == 401
