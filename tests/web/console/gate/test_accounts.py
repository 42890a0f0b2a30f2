"""Links to a new password, to set up and to accept an invitation; passwords in the open."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.core.identity.staff import add_user
from tests.core.identity.test_second_steps import turn_on
from tests.support.builder import make_organization
from tests.support.client import Answer
from tests.support.mails import QueuedMail, list_mails
from tests.support.node import LocalNode, new_database, open_node
from tests.web.console.desk import PASSWORD
from tests.web.console.gate.browser import Gate
from turnout.core.identity.first_start import make_set_up
from turnout.core.identity.model import User
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import make_reset
from turnout.core.identity.staff_invitations import make_invitation
from turnout.core.ids import OrgId

NEW = {"password": "four plain little words", "again": "four plain little words"}
FIRST = {
    "organization": "Canal Ltd",
    "slug": "canal",
    "timezone": "Europe/Berlin",
    "name": "Ann Doe",
    "email": "ann@example.com",
}


def faults(answer: Answer) -> list[str]:
    return re.findall(r'<li><a href="#f-(\w+)">', answer.body.decode())


def mailed(node: LocalNode, gate: Gate, user: User, count: int) -> list[QueuedMail]:
    """The organization's mails. They are made behind the answers: while more requests are answered,
    and none beyond `count` once those after it are."""
    for _ in range(1_000):
        gate.open("/console/reset")
        if len(node.db.call(list_mails, user.org_id)) >= count:
            break
    for _ in range(20):
        gate.open("/console/reset")
    return node.db.call(list_mails, user.org_id)


def test_asking_for_a_link_says_the_same_to_everybody(
    node: LocalNode, gate: Gate, user: User
) -> None:
    answers = [
        gate.send("/console/reset", name=name)
        for name in (user.email, user.user_code, "nobody", "nobody@example.com", "a' OR 1=1 --")
    ]
    pages = {re.sub(r'value="[^"]*"', "", answer.body.decode()) for answer in answers}
    assert ({answer.status for answer in answers}, len(pages)) == ({200}, 1)
    assert [mail.address for mail in mailed(node, gate, user, 2)] == [user.email] * 2


def test_a_mailed_link_begins_with_our_address_whatever_the_host(
    node: LocalNode, gate: Gate, user: User
) -> None:
    token = re.findall(r'name="token" value="([^"]+)"', gate.open("/console/reset").body.decode())
    node.client.request(
        "POST",
        "/console/reset",
        headers={
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Cookie": f"turnout-form={gate.cookies['turnout-form']}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=f"token={token[0]}&name={user.user_code}".encode(),
    )
    [mail] = mailed(node, gate, user, 1)
    assert "http://localhost:8080/console/reset/" in mail.text
    assert "evil" not in mail.text


def test_a_link_sets_the_password_once(node: LocalNode, gate: Gate, user: User) -> None:
    path = f"/console/reset/{node.db.call(make_reset, user, actor='test')}"
    wrong = gate.send(path, password="short", again="short")
    differ = gate.send(path, password=NEW["password"], again="other words")
    assert [(wrong.status, faults(wrong)), (differ.status, faults(differ))] == [
        (422, ["password"]),
        (422, ["again"]),
    ]
    done = gate.send(path, **NEW)
    assert (done.status, done.headers["location"], gate.is_in()) == (303, "/console", True)
    assert Gate(node.client).open(path).status == 410
    assert gate.post(path, token=gate.cookies["turnout-form"], **NEW).status == 410
    assert Gate(node.client).sign_in(user.email, PASSWORD).status == 401
    assert Gate(node.client).sign_in(user.email, NEW["password"]).status == 303


def test_a_link_does_not_pass_the_second_step(node: LocalNode, gate: Gate, user: User) -> None:
    turn_on(node, user)
    path = f"/console/reset/{node.db.call(make_reset, user, actor='test')}"
    answer = gate.send(path, **NEW)
    assert (answer.headers["location"], gate.is_in()) == ("/console/sign-in/step", False)


def test_an_empty_installation_is_set_up_once(node: LocalNode) -> None:
    token = node.db.call(make_set_up)
    gate, path = Gate(node.client), f"/console/set-up/{token}"
    wrong = gate.send(path, **FIRST | NEW | {"email": "ann", "slug": ""})
    taken = gate.send(path, **FIRST | NEW | {"slug": "console"})
    assert [(wrong.status, faults(wrong)), (taken.status, faults(taken))] == [
        (422, ["slug", "email"]),
        (422, ["slug"]),
    ]
    assert 'value="Canal Ltd"' in wrong.body.decode()
    assert NEW["password"] not in wrong.body.decode()
    done = gate.send(path, **FIRST | NEW)
    assert (done.status, done.headers["location"]) == (303, "/console")
    assert "Canal Ltd" in gate.open("/console").body.decode()
    assert gate.open("/console/canal/users").status == 200
    for again in (gate.open(path), gate.post(path, token=gate.cookies["turnout-form"])):
        assert again.status == 410


def test_a_colleague_accepts_an_invitation(node: LocalNode, org_id: OrgId) -> None:
    _, token = node.db.call(
        make_invitation, org_id, "jo@example.com", {StaffRole.DOOR}, actor="test"
    )
    gate, path = Gate(node.client), f"/console/invitation/{token}"
    page = gate.open(path).body.decode()
    assert "Work for Rail Forum" in page
    assert "checks people in" in page
    assert faults(gate.send(path, name="", **NEW)) == ["name"]
    done = gate.send(path, name="Jo Doe", **NEW)
    assert (done.status, done.headers["location"], gate.is_in()) == (303, "/console", True)
    assert gate.open("/console/rail/users").status == 403
    assert Gate(node.client).open(path).status == 410


def test_somebody_who_is_a_user_signs_in_to_accept(node: LocalNode, gate: Gate, user: User) -> None:
    canal = node.db.call(make_organization, "canal", "Canal")
    _, token = node.db.call(make_invitation, canal, user.email, {StaffRole.DOOR}, actor="test")
    path = f"/console/invitation/{token}"
    page = gate.open(path).body.decode()
    assert f'href="/console/sign-in?next={path}"' in page
    assert 'name="password"' not in page
    # Anybody could have given the address to a user of their own.
    assert f'href="{path}?new=1"' in page
    assert 'name="password"' in gate.open(f"{path}?new=1").body.decode()
    gate.sign_in(user.email, PASSWORD, next=path)
    form = gate.open(path).body.decode()
    [session] = re.findall(r'name="session" value="([^"]+)"', form)
    assert gate.send(path, as_user="1", session="x").status == 403
    done = gate.send(path, as_user="1", session=session)
    assert (done.status, done.headers["location"]) == (303, "/console?org=canal")
    assert "Canal" in gate.open("/console?org=canal").body.decode()


def test_an_invitation_makes_no_second_user_of_an_address(
    node: LocalNode, gate: Gate, user: User
) -> None:
    _, token = node.db.call(
        make_invitation, user.org_id, user.email, {StaffRole.DOOR}, actor="test"
    )
    path = f"/console/invitation/{token}"
    gate.open("/console/sign-in")
    answer = gate.post(path, token=gate.cookies["turnout-form"], name="Eve", **NEW)
    assert answer.status == 422
    assert Gate(node.client).sign_in(user.email, PASSWORD).status == 303


@pytest.mark.parametrize(
    ("base_url", "client", "insecure", "is_open"),
    [
        ("http://events.example.org", "203.0.113.7", False, False),
        ("http://events.example.org", "203.0.113.7", True, True),
        ("https://events.example.org", "203.0.113.7", False, True),
        ("http://127.0.0.1:8080", "203.0.113.7", False, False),
        ("http://127.0.0.1:8080", "127.0.0.1", False, True),
        ("http://localhost:8080", "::1", False, True),
        ("http://events.example.org", "127.0.0.1", False, False),
    ],
)
def test_passwords_do_not_travel_in_the_open(
    tmp_path: Path, base_url: str, client: str, insecure: bool, is_open: bool
) -> None:
    url = new_database("sqlite", tmp_path)
    with open_node(url, base_url=base_url, insecure_http=insecure) as node:
        org_id = node.db.call(make_organization, "rail", "Rail")
        user = add_user(node.db, org_id, "ann", {StaffRole.OWNER})
        token = node.db.call(make_reset, user, actor="test")
        app = node.client.app

        async def from_there(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"client": (client, 50000)}, receive, send)

        node.client.app = from_there
        gate, host = Gate(node.client), base_url.partition("://")[2]
        for path in ("/console/sign-in", f"/console/reset/{token}"):
            page = gate.open(path, Host=host).body.decode()
            assert ('type="password"' in page) is is_open
            assert ("--insecure-http" in page) is not is_open
        gate.cookies = {"turnout-form": "x" * 43, "__Host-turnout-form": "x" * 43}
        answer = gate.post(f"/console/reset/{token}", token="x" * 43, **NEW)
        assert answer.status == (303 if is_open else 403)
