"""Somebody's own account: password, second step, passkeys, sessions."""

import re

import pytest

from tests.core.identity.key import SoftKey
from tests.core.identity.test_second_steps import code_of
from tests.support.node import LocalNode
from tests.web.console.desk import PASSWORD, Desk, add_user
from tests.web.console.gate.browser import Gate
from turnout.core.identity.model import Role, User
from turnout.core.identity.second_steps import find_second_steps, find_unconfirmed
from turnout.core.identity.signing_in import find_user_of
from turnout.core.ids import OrgId

ACCOUNT = "/console/rail/account"
NEW = "four plain little words"


@pytest.fixture
def own(node: LocalNode, org_id: OrgId, request: pytest.FixtureRequest) -> Desk:
    """The desk of somebody whose account no other test changes."""
    name = re.sub(r"\W", "-", request.node.name)
    return add_user(node, org_id, f"own/{name}", Role.ACCT)


def user_of(node: LocalNode, desk: Desk) -> User:
    user = node.db.call(find_user_of, desk.user_code)
    assert user is not None
    return user


def faults(text: str) -> dict[str, str]:
    return dict(re.findall(r'<li><a href="#f-(\w+)">([^<]+)</a>', text))


def test_a_password_is_changed_by_somebody_who_knows_it(node: LocalNode, own: Desk) -> None:
    other = Desk(node.client, own.user_code)
    fields = {"do": "password", "current": "not it", "password": NEW, "again": NEW}
    answer = own.send(ACCOUNT, ACCOUNT, **fields)
    assert (answer.status, faults(answer.body.decode())) == (
        422,
        {"current": "This is not your present password."},
    )
    done = own.send(ACCOUNT, ACCOUNT, **fields | {"current": PASSWORD})
    assert (done.status, done.headers["location"]) == (303, f"{ACCOUNT}?done=password")
    gate = Gate(node.client)
    assert [desk.open(ACCOUNT).status for desk in (own, other)] == [303, 303]
    assert gate.sign_in(own.user_code, PASSWORD).status == 401
    assert gate.sign_in(own.user_code, NEW).status == 303


def test_two_steps_are_turned_on_by_a_code_and_off_by_the_password(
    node: LocalNode, own: Desk
) -> None:
    own.send(ACCOUNT, ACCOUNT, do="begin")
    user = user_of(node, own)
    url = node.db.call(find_unconfirmed, user)
    page = own.read(ACCOUNT)
    assert url is not None
    assert '<svg class="qr"' in page or 'class="qr"' in page
    wrong = own.send(ACCOUNT, ACCOUNT, do="confirm", code="000000")
    assert (wrong.status, list(faults(wrong.body.decode()))) == (422, ["code"])
    done = own.send(ACCOUNT, ACCOUNT, do="confirm", code=code_of(node, url))
    codes = re.findall(r"<li><code>([a-z2-9-]{19})</code>", done.body.decode())
    assert (done.status, len(codes), done.headers["cache-control"]) == (200, 10, "no-store")
    assert codes[0] not in own.read(ACCOUNT)
    gate = Gate(node.client)
    gate.sign_in(own.user_code, PASSWORD)
    assert gate.send("/console/sign-in/step", code=codes[0]).status == 303
    refused = own.send(ACCOUNT, ACCOUNT, do="off", current="not it")
    assert (refused.status, list(faults(refused.body.decode()))) == (422, ["current"])
    assert node.db.call(find_second_steps, user.org_id, user.id).is_on
    own.send(ACCOUNT, ACCOUNT, do="off", current=PASSWORD)
    assert not node.db.call(find_second_steps, user.org_id, user.id).is_on


def test_recovery_codes_are_for_those_with_two_steps(own: Desk) -> None:
    assert own.send(ACCOUNT, ACCOUNT, do="codes").status == 400


def test_other_sessions_are_seen_and_ended(node: LocalNode, own: Desk) -> None:
    gate = Gate(node.client, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/605.1.15")
    gate.sign_in(own.user_code, PASSWORD)
    page = own.read(ACCOUNT)
    assert "Safari, iPhone" in page
    [number] = re.findall(r'name="number" value="(\d+)"', page)
    assert own.send(ACCOUNT, ACCOUNT, do="end_session", number=number).status == 303
    assert gate.open(ACCOUNT).status == 303
    assert own.send(ACCOUNT, ACCOUNT, do="end_session", number=number).status == 404
    gate.sign_in(own.user_code, PASSWORD)
    own.send(ACCOUNT, ACCOUNT, do="end_others")
    assert (gate.open(ACCOUNT).status, own.open(ACCOUNT).status) == (303, 200)


def test_passkeys_are_not_offered_where_they_cannot_work(own: Desk) -> None:
    assert "data-add-passkey" not in own.read(ACCOUNT)
    wrong = own.send(f"{ACCOUNT}/passkey", ACCOUNT, current="guessed")
    assert (wrong.status, b"not your present password" in wrong.body) == (422, True)
    assert own.send(f"{ACCOUNT}/passkey", ACCOUNT, current=PASSWORD).status == 400


def test_a_form_of_another_session_changes_nothing(node: LocalNode, own: Desk, desk: Desk) -> None:
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(ACCOUNT))
    for forged in ("", token):
        assert own.send(ACCOUNT, ACCOUNT, token=forged, do="begin").status == 403
    assert node.db.call(find_unconfirmed, user_of(node, own)) is None


def test_a_passkey_of_a_forged_answer_is_refused(own: Desk) -> None:
    answer = SoftKey("http://turnout.test").make('{"challenge": "AAAA"}')
    refused = own.send(ACCOUNT, ACCOUNT, do="add_passkey", answer=answer, name="Work laptop")
    assert (refused.status, b"There is a problem" in refused.body) == (422, True)
