"""The second step, passkeys and the demo's link, as browsers and attackers meet them."""

import json
from typing import Any

import pytest

from tests.core.identity.key import SoftKey
from tests.core.identity.staff import principal_of
from tests.core.identity.test_second_steps import code_of, turn_on
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from tests.web.console.desk import PASSWORD
from tests.web.console.gate.browser import Gate
from turnout.core.identity.first_start import make_demo_link
from turnout.core.identity.model import User
from turnout.core.identity.passkeys import add_passkey, begin_passkey
from turnout.core.identity.second_steps import WRONG_LIMIT, make_recovery_codes

HERE = "http://localhost:8080"
STEP = "/console/sign-in/step"
PASSKEY = "/console/sign-in/passkey"


def test_an_address_signs_in_like_a_code_and_leads_to_the_console(gate: Gate, user: User) -> None:
    for name in (user.email.upper(), user.user_code):
        answer = gate.sign_in(name, PASSWORD)
        assert (answer.status, answer.headers["location"]) == (303, "/console")
        assert gate.is_in()


def test_a_session_from_before_is_not_taken_over(node: LocalNode, gate: Gate, user: User) -> None:
    """Fixation: what an attacker planted in the browser is not the session afterwards."""
    gate.sign_in(user.email, PASSWORD)
    planted = Gate(node.client)
    planted.cookies["turnout-session"] = fixed = gate.session
    planted.sign_in(user.email, PASSWORD)
    assert planted.session != fixed
    assert not gate.is_in()


def test_the_second_step_leads_to_the_page_that_was_wanted(
    node: LocalNode, gate: Gate, user: User
) -> None:
    url = turn_on(node, user)
    answer = gate.sign_in(user.email, PASSWORD, next="/console/rail/users")
    assert answer.headers["location"] == f"{STEP}?next=%2Fconsole%2Frail%2Fusers"
    assert not gate.is_in()
    wrong = gate.send(STEP, code="000000", next="/console")
    assert (wrong.status, gate.is_in()) == (422, False)
    assert b'aria-invalid="true" aria-describedby="e-code h-code"' in wrong.body
    done = gate.send(STEP, code=code_of(node, url), next="/console/rail/users")
    assert (done.status, done.headers["location"]) == (303, "/console/rail/users")
    assert gate.open("/console/rail/users").status == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil", "/a b"])
def test_the_second_step_leads_nowhere_else(
    node: LocalNode, gate: Gate, user: User, wanted: str
) -> None:
    url = turn_on(node, user)
    gate.sign_in(user.email, PASSWORD, next=wanted)
    done = gate.send(STEP, code=code_of(node, url), next=wanted)
    assert done.headers["location"] == "/console"


def test_a_step_is_of_the_browser_that_began_it(node: LocalNode, gate: Gate, user: User) -> None:
    url = turn_on(node, user)
    gate.sign_in(user.email, PASSWORD)
    other = Gate(node.client)
    answer = other.open(STEP)
    assert (answer.status, answer.headers["location"]) == (
        303,
        "/console/sign-in?next=%2Fconsole",
    )
    other.open("/console/sign-in")
    answer = other.post(STEP, token=other.cookies["turnout-form"], code=code_of(node, url))
    assert (answer.status, other.is_in()) == (303, False)


def test_forms_of_others_and_without_a_token_are_refused(
    node: LocalNode, gate: Gate, user: User
) -> None:
    url = turn_on(node, user)
    gate.sign_in(user.email, PASSWORD)
    other = Gate(node.client)
    other.open("/console/sign-in")
    for fields in ({}, {"token": ""}, {"token": other.cookies["turnout-form"]}):
        answer = gate.post(STEP, code=code_of(node, url), **fields)
        assert (answer.status, gate.is_in()) == (403, False)


def test_too_many_codes_are_429_whatever_the_browser(
    node: LocalNode, gate: Gate, user: User
) -> None:
    url = turn_on(node, user)
    statuses = []
    for _ in range(WRONG_LIMIT):
        browser = Gate(node.client)
        browser.sign_in(user.email, PASSWORD)
        statuses.append(browser.send(STEP, code="000000").status)
    gate.sign_in(user.email, PASSWORD)
    answer = gate.send(STEP, code=code_of(node, url))
    assert (statuses, answer.status) == ([422] * WRONG_LIMIT, 429)
    assert int(answer.headers["retry-after"]) > 0
    assert not gate.is_in()


def test_a_recovery_code_opens_once(node: LocalNode, gate: Gate, user: User) -> None:
    turn_on(node, user)
    code = node.db.call(make_recovery_codes, user)[0]
    statuses = []
    for _ in range(2):
        browser = Gate(node.client)
        browser.sign_in(user.email, PASSWORD)
        statuses.append(browser.send(STEP, code=code).status)
    assert statuses == [303, 422]


def test_a_passkey_signs_in_without_a_password_and_once(
    node: LocalNode, gate: Gate, user: User
) -> None:
    key = SoftKey(HERE)
    options = node.db.call(begin_passkey, user, HERE)
    node.db.call(add_passkey, user, key.make(options), "Laptop", HERE)
    asked = gate.send(PASSKEY, "/console/sign-in")
    answer = key.show(asked.body.decode())
    done = gate.send(PASSKEY, "/console/sign-in", answer=answer, next="/console/rail/users")
    assert (done.status, done.json()) == (200, {"location": "/console/rail/users"})
    assert gate.is_in()
    thief = Gate(node.client)
    assert thief.send(PASSKEY, "/console/sign-in", answer=answer).status == 410
    assert not thief.is_in()


def test_a_passkey_needs_the_form_of_this_browser(node: LocalNode, gate: Gate, user: User) -> None:
    """Else another site could sign somebody in as the attacker."""
    assert gate.post(PASSKEY, answer="{}").status == 403
    options = json.loads(gate.send(PASSKEY, "/console/sign-in").body)
    assert options["rpId"] == "localhost"


def test_the_demos_link_is_good_once_and_on_its_own_machine(
    node: LocalNode, gate: Gate, user: User
) -> None:
    token = node.db.call(make_demo_link, principal_of(node.db, user))
    app = node.client.app

    async def from_afar(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"client": ("203.0.113.7", 50000)}, receive, send)

    node.client.app = from_afar
    assert gate.open(f"/console/sign-in/link/{token}").status == 404
    node.client.app = app
    answer = gate.open(f"/console/sign-in/link/{token}")
    assert (answer.status, answer.headers["location"], gate.is_in()) == (303, "/console", True)
    assert Gate(node.client).open(f"/console/sign-in/link/{token}").status == 410


def test_a_new_browser_is_told_by_mail_and_a_known_one_is_not(
    node: LocalNode, gate: Gate, user: User
) -> None:
    gate.sign_in(user.email, PASSWORD)
    gate.sign_in(user.email, PASSWORD)
    mails = node.db.call(list_mails, user.org_id)
    assert [(mail.address, mail.subject) for mail in mails] == [
        (user.email, f"New sign-in as {user.user_code}")
    ]
    assert "\nBrowser: Firefox, Linux\n" in mails[0].text


def test_cookies_are_of_this_host_and_no_script(node: LocalNode, gate: Gate, user: User) -> None:
    answer = gate.sign_in(user.email, PASSWORD)
    for cookie in answer.set_cookies:
        attributes = {part.partition("=")[0] for part in cookie.split("; ")[1:]}
        assert {"HttpOnly", "Path", "SameSite"} <= attributes
        assert "Domain" not in attributes


def test_no_recovery_code_is_asked_for_where_none_is_left_and_the_page_keeps_its_language(
    node: LocalNode, gate: Gate, user: User
) -> None:
    key = SoftKey(HERE)
    options = node.db.call(begin_passkey, user, HERE)
    node.db.call(add_passkey, user, key.make(options), "Laptop", HERE)
    answer = gate.sign_in(user.email, PASSWORD)
    page = gate.open(answer.headers["location"]).body.decode()
    assert ('name="code"' in page, "no recovery code is left" in page) == (False, True)
    page = gate.open(f"{STEP}?lang=de").body.decode()
    assert '<html lang="de">' in page
    assert "Zweiter Schritt" in page
    node.db.call(make_recovery_codes, user)
    page = gate.open(STEP).body.decode()
    assert ('name="code"' in page, "A recovery code." in page) == (True, True)
