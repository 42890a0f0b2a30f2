"""Passwords and tokens of every way in: who is slowed, who is refused, and who never is."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.support import proof
from tests.support.builder import make_organization
from tests.support.node import LocalNode, new_database, open_node
from turnout.core.identity import passwords
from turnout.core.identity.guessing import (
    ANSWERED_AT_ONCE,
    PAIR_LIMIT,
    PLACE_LIMIT,
    TOKENS_LIMIT,
    WINDOW_MS,
)
from turnout.core.identity.known_places import (
    FORGOTTEN_MS,
    PLACES_LIMIT,
    find_claim,
    remember_browser,
    remember_place,
)
from turnout.core.identity.members import find_password
from turnout.core.identity.signing_in import MOST_NAMED, find_passwords_of
from turnout.core.identity.users import create_user, set_password
from turnout.errors import Failure, Unauthenticated
from turnout.http import logs
from turnout.http.sign_ins import LINE_LIMIT, SLOW_S, Shown

HOME, CAFE, OFFICE = "192.0.2.1", "198.51.100.7", "2001:db8:0:7::1"
PASSWORD = "Test password 1"
# At the cost that servers pay: a crowd is one only as long as a check takes a while.
DEAR_HASH = PasswordHasher().hash(PASSWORD)
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalNode]:
    # What an unknown user's password is held against costs as much as that of a known one.
    monkeypatch.setattr("turnout.http.sign_ins.NOBODYS_HASH", CHEAP_HASH)
    with open_node(new_database("sqlite", tmp_path), trusted_proxies="127.0.0.1") as node:
        org_id = node.db.call(make_organization, "acme")
        for name in ("ada", "bob"):
            node.db.call(
                create_user,
                org_id,
                name,
                name=name,
                email=f"{name}@example.com",
                password_hash=CHEAP_HASH,
                actor="test",
            )
        yield node


def sign_in(
    node: LocalNode,
    address: str,
    password: str = PASSWORD,
    user: str = "ada",
    browser: str = "",
) -> str:
    """The outcome of it: the code of the failure, or `in`."""
    try:
        node.client.run(node.node.sign_ins.check("test", Shown(user, password, address, browser)))
    except Failure as failure:
        return failure.code
    return "in"


WRONG, SLOWED, IN = "login.wrong", "login.throttled", "in"


def test_wrong_passwords_are_slowed_and_then_refused_for_that_user_from_that_place(
    node: LocalNode,
) -> None:
    guesses = [sign_in(node, CAFE, f"guess {number}") for number in range(PAIR_LIMIT + 2)]
    assert guesses == [WRONG] * PAIR_LIMIT + [SLOWED] * 2
    assert node.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]
    # A stranger's place: even the right password waits there, and nowhere else.
    assert sign_in(node, CAFE) == SLOWED
    assert sign_in(node, CAFE, user="bob") == IN
    assert sign_in(node, HOME) == IN
    node.clock.advance(WINDOW_MS / 1000)
    assert sign_in(node, CAFE) == IN


def test_a_place_that_sent_wrong_passwords_is_refused_though_the_right_one_was_known_there(
    node: LocalNode,
) -> None:
    """Or a guesser there would be told which of many passwords is right."""
    assert sign_in(node, OFFICE) == IN
    guesses = [sign_in(node, OFFICE, f"guess {number}") for number in range(PAIR_LIMIT + 30)]
    assert guesses == [WRONG] * PAIR_LIMIT + [SLOWED] * 30
    assert node.pauses == [0.25] + [SLOW_S] * 5
    # Another address of the same network of 64 bits is the same place.
    assert sign_in(node, "2001:db8:0:7:ffff::9") == SLOWED
    assert sign_in(node, OFFICE, user="bob") == IN
    assert sign_in(node, "2001:db8:0:8::1") == IN
    node.clock.advance(WINDOW_MS / 1000)
    assert sign_in(node, OFFICE) == IN


def test_a_browser_that_the_user_signed_in_with_is_a_place_of_its_own(node: LocalNode) -> None:
    ada = node.db.call(find_password, "ada")
    assert ada
    node.db.call(remember_browser, ada.principal, "cookie")

    def enter(password: str = PASSWORD, browser: str = "cookie", user: str = "ada") -> str:
        return sign_in(node, OFFICE, password, user, browser)

    for number in range(PAIR_LIMIT):
        assert sign_in(node, OFFICE, f"guess {number}") == WRONG
        assert sign_in(node, OFFICE, f"guess {number}", user="bob") == WRONG
    assert [enter(), enter(browser="another"), enter(browser="")] == [IN, SLOWED, SLOWED]
    assert enter(user="bob") == SLOWED
    guesses = [enter(f"guess {number}") for number in range(PAIR_LIMIT + 2)]
    assert guesses == [WRONG] * PAIR_LIMIT + [SLOWED] * 2
    assert enter() == SLOWED
    assert sign_in(node, HOME) == IN


def test_a_remembered_password_is_refused_like_any_other(node: LocalNode) -> None:
    assert guess(node, "ada", PASSWORD, OFFICE) == 200
    guesses = [guess(node, "ada", f"guess {n}", OFFICE) for n in range(PAIR_LIMIT + 2)]
    assert guesses == [401] * PAIR_LIMIT + [429] * 2
    assert guess(node, "ada", PASSWORD, OFFICE) == 429
    assert guess(node, "ada", PASSWORD, HOME) == 200


def test_another_node_refuses_what_it_remembers_within_a_second(node: LocalNode) -> None:
    with open_node(
        node.settings.database_url, clock=node.clock, trusted_proxies="127.0.0.1"
    ) as other:
        assert guess(other, "ada", PASSWORD, OFFICE) == 200
        for number in range(PAIR_LIMIT):
            assert guess(node, "ada", f"guess {number}", OFFICE) == 401
        node.clock.advance(1)
        assert guess(other, "ada", PASSWORD, OFFICE) == 429


def test_of_an_address_the_password_says_whom_it_means(
    node: LocalNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where somebody else gave it to a user of their own, and always at the same cost."""
    other = node.db.call(make_organization, "other")
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("Another secret")
    email = "ada@example.com"
    eve = node.db.call(
        create_user, other, "eve", name="Eve", email=email, password_hash=hashed, actor="test"
    )
    hashes: list[str] = []
    check = passwords.is_password

    def count(password: str, hashed: str) -> bool:
        hashes.append(hashed)
        return check(password, hashed)

    monkeypatch.setattr(passwords, "is_password", count)

    def enter(password: str, name: str = email) -> Any:
        shown = Shown(name, password, HOME)
        found = node.node.sign_ins.check("test", shown, find_passwords_of)
        return node.client.run(found)

    ada = node.db.call(find_password, "ada")
    assert ada
    assert enter(PASSWORD).user_id == ada.principal.user_id
    assert enter("Another secret", email.upper()).user_id == eve.id
    costs = []
    for name in (email, "bob@example.com", "nobody@example.com"):
        hashes.clear()
        with pytest.raises(Unauthenticated):
            enter("A wrong guess", name)
        costs.append(len(hashes))
    assert costs == [MOST_NAMED] * 3


def test_a_known_place_holds_over_restarts_nodes_and_full_throttles(node: LocalNode) -> None:
    assert sign_in(node, HOME) == IN
    with open_node(node.settings.database_url, clock=node.clock) as other:
        for number in range(PLACE_LIMIT):
            assert sign_in(other, HOME, "guess", user=f"user-{number}") == WRONG
        assert sign_in(other, HOME, user="bob") == SLOWED
        assert sign_in(other, HOME) == IN
    node.clock.advance(FORGOTTEN_MS / 1000)
    assert not node.db.call(find_claim, "ada", HOME).is_known


def test_a_user_has_a_bounded_number_of_places(node: LocalNode) -> None:
    found = node.db.call(find_password, "ada")
    assert found
    for number in range(PLACES_LIMIT + 5):
        node.db.call(remember_place, found.principal, f"place-{number}")
        node.clock.advance(1)
    known = [
        number
        for number in range(PLACES_LIMIT + 5)
        if node.db.call(find_claim, "ADA", f"place-{number}").is_known
    ]
    assert known == list(range(5, PLACES_LIMIT + 5))


def test_a_crowd_at_a_known_place_goes_one_by_one_and_is_bounded(node: LocalNode) -> None:
    ada = node.db.call(find_password, "ada")
    assert ada
    node.db.call(set_password, ada.principal.org_id, ada.principal.user_id, DEAR_HASH)
    assert sign_in(node, HOME) == IN
    for _ in range(ANSWERED_AT_ONCE + 1):
        sign_in(node, HOME, "guess")

    async def crowd() -> list[Any]:
        shown = [Shown("ada", "guess", HOME)] * (LINE_LIMIT - 1) + [Shown("ada", PASSWORD, HOME)]
        shown += [Shown("ada", "guess", HOME)] * 3
        checks = (node.node.sign_ins.check("test", secret) for secret in shown)
        return await asyncio.gather(*checks, return_exceptions=True)

    outcomes = [getattr(outcome, "code", IN) for outcome in node.client.run(crowd())]
    # Who comes to the line last is chance; how many find no place in it is not.
    assert outcomes.count("login.busy") == 3
    # A right password ends the wait of that place: guesses behind it are only wrong.
    guesses = outcomes[: LINE_LIMIT - 1] + outcomes[LINE_LIMIT:]
    assert set(guesses) <= {WRONG, "login.busy", SLOWED}
    assert outcomes[LINE_LIMIT - 1] in (IN, "login.busy", SLOWED)


def test_wrong_tokens_are_refused_and_right_ones_let_in(node: LocalNode) -> None:
    account = node.add_account("other")
    headers = {"X-Forwarded-For": CAFE}

    def signin(key: str, **more: str) -> int:
        asked = headers | {"APIKey": key} | more
        return node.client.request("POST", "/v1.0/signin", headers=asked).status

    assert [signin("wrong") for _ in range(TOKENS_LIMIT)] == [401] * TOKENS_LIMIT
    refused = node.client.request("POST", "/v1.0/signin", headers=headers | {"APIKey": "wrong"})
    assert (refused.status, refused.headers["retry-after"]) == (429, "300")
    assert refused.json()["responseCode"] == 429
    assert signin(account.api_key) == 200
    assert signin("wrong", **{"X-Forwarded-For": HOME}) == 401
    token = {"Authorization": "event wrong"} | headers
    assert node.client.request("GET", "/v1/event.json", headers=token).status == 429
    bearer = {"Authorization": "Bearer wrong"} | headers
    search = node.client.request("POST", "/api/registrations/search", headers=bearer)
    assert (search.status, search.headers["retry-after"]) == (429, "300")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    lines: list[bytes] = []

    class Lines:
        add = staticmethod(lines.append)

    monkeypatch.setattr(logs, "_sink", Lines)
    return lines


def filter_of_docs() -> "re.Pattern[str]":
    """The failregex of docs/operations.md, with fail2ban's <HOST> as it is read there."""
    text = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    (line,) = re.findall(r"^failregex = (.*)$", text, re.MULTILINE)
    return re.compile(line.replace("<HOST>", r"(?P<host>[0-9A-Fa-f.:]+)"))


def test_fail2ban_finds_the_address_of_a_failed_sign_in(
    node: LocalNode, lines: list[bytes]
) -> None:
    assert sign_in(node, HOME, "guess") == WRONG
    asked = {"X-Forwarded-For": OFFICE, "APIKey": "secret-key"}
    node.client.request("POST", "/v1.0/signin", headers=asked)
    failed = [line.decode() for line in lines if b"sign-in failed" in line]
    matches = [filter_of_docs().search(line) for line in failed]
    assert [match["host"] for match in matches if match] == [HOME, OFFICE]
    assert [json.loads(line)["user"] for line in failed] == ["ada", ""]
    assert [json.loads(line)["way"] for line in failed] == ["test", "registration"]
    assert "secret-key" not in "".join(map(bytes.decode, lines))
    assert list(json.loads(failed[0])) == [
        "event",
        "address",
        "way",
        "user",
        "timestamp",
        "request_id",
    ]


@pytest.mark.parametrize(
    "user",
    [
        'x","address":"203.0.113.66',
        '\n{"event":"sign-in failed","address":"203.0.113.66","way":"x"}\n',
        "\x1b]0;title\x07\r\x85\u2028\u202e",
        "x" * 10_000,
    ],
)
def test_nobody_writes_into_the_log_by_a_user_name(
    node: LocalNode, lines: list[bytes], user: str
) -> None:
    logs.log_failed_sign_in("test", user, CAFE)
    (line,) = lines
    text = line.decode()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert all(sign.isprintable() for sign in text.rstrip("\n"))
    assert len(json.loads(text)["user"]) <= 64
    assert [match["host"] for match in filter_of_docs().finditer(text)] == [CAFE]


ROUNDS = proof.scale(2, 21)


@pytest.mark.proof
def test_brute_force_from_one_place_locks_nobody_out_elsewhere(node: LocalNode) -> None:
    """210 wrong passwords once locked everybody out."""
    refused = 0
    for number in range(ROUNDS * PAIR_LIMIT):
        for user in ("ada", "bob"):
            refused += guess(node, user, f"guess {number}", CAFE) == 429
    assert refused == 2 * (ROUNDS - 1) * PAIR_LIMIT
    assert [guess(node, user, PASSWORD, HOME) for user in ("ada", "bob")] == [200, 200]
    assert [guess(node, user, PASSWORD, CAFE) for user in ("ada", "bob")] == [429, 429]
    # Where it was right before, wrong ones from there refuse it all the same.
    known = [guess(node, "ada", f"guess {number}", HOME) for number in range(PAIR_LIMIT + ROUNDS)]
    assert known == [401] * PAIR_LIMIT + [429] * ROUNDS
    assert guess(node, "ada", PASSWORD, HOME) == 429
    assert guess(node, "ada", PASSWORD, OFFICE) == 200
    proof.report("brute force", wrong=2 * ROUNDS * PAIR_LIMIT + len(known))


def guess(node: LocalNode, user: str, password: str, address: str) -> int:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "X-Forwarded-For": address}
    return node.client.request("GET", "/api/v1/jobs", headers=headers).status
