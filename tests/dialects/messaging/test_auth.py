"""Basic authentication: cheap when it was right before, and over at once when things change."""

import asyncio
from contextlib import closing

import pytest
from argon2 import PasswordHasher

from tests.dialects.messaging.people import PASSWORD, Request, basic
from tests.support.node import SEED, LocalNode
from turnout.core.identity.guessing import PAIR_LIMIT, PLACE_LIMIT, WINDOW_MS
from turnout.core.identity.passwords import NOBODYS_HASH
from turnout.core.identity.users import set_password
from turnout.http.logins import REMEMBERED_MS

NEW = "a new password"
# What no password fits: anyone who gets in after this was not held against the stored hash.
SPOILED = "UPDATE credentials SET digest = 'spoiled'"


def status(node: LocalNode, request: Request) -> int:
    return request.send(node).status


def test_a_password_is_checked_once_in_five_minutes(node, people):
    request = people.ask("acct", "GET", "/users")
    assert status(node, request) == 200
    node.execute(SPOILED)
    node.clock.advance(REMEMBERED_MS / 1000 - 1)
    assert status(node, request) == 200
    node.clock.advance(1)
    assert status(node, request) == 401


def test_a_wrong_password_is_never_remembered(node, people):
    wrong = people.ask("acct", "GET", "/users", password="incorrect horse")
    assert [status(node, wrong), status(node, wrong)] == [401, 401]
    assert status(node, people.ask("acct", "GET", "/users")) == 200
    assert status(node, wrong) == 401


def test_the_user_code_has_any_case_and_the_password_one(node, people):
    def ask(code: str, password: str) -> int:
        return status(node, Request("GET", "/api/v1/users", basic(code, password)))

    assert ask(" AU/Acct", PASSWORD) == 200
    assert ask("au/acct", PASSWORD.upper()) == 401


def test_a_changed_password_ends_the_old_one_at_once(node, people):
    old = people.ask("acct", "GET", "/users")
    new = people.ask("acct", "GET", "/users", password=NEW)
    assert [status(node, old), status(node, new)] == [200, 401]
    change = people.ask("acct", "PUT", "/users/{acct}", {"password": NEW})
    assert status(node, change) == 200
    assert [status(node, old), status(node, new)] == [401, 200]

    back = people.ask("acct", "PUT", "/users/{acct}", {"password": PASSWORD}, password=NEW)
    assert status(node, back) == 200
    assert [status(node, old), status(node, new)] == [200, 401]


def test_a_disabled_user_is_out_at_once_and_back_when_enabled(node, people):
    request = people.ask("acct", "GET", "/users")
    assert status(node, request) == 200
    for is_live, expected in ((False, 401), (True, 200)):
        change = people.ask("admin", "PUT", "/users/{acct}", {"user_live": is_live})
        assert status(node, change) == 200
        assert status(node, request) == expected


def test_a_changed_role_counts_at_once(node, people):
    request = people.ask("acct", "GET", "/users")
    assert isinstance(request.send(node).json()["data"], dict)
    change = people.ask("admin", "PUT", "/users/{acct}", {"account_type": "Agent"})
    assert status(node, change) == 200
    # Its company is under the same agent, so now it sees the three users linked to that.
    assert len(request.send(node).json()["data"]) == 3


def test_many_first_requests_at_once_share_one_check(node, people):
    request = people.ask("acct", "GET", "/users")

    async def ask_all() -> list[int]:
        sent = [
            node.client.send("GET", request.target, headers=request.headers)
            for _ in range(5 * PAIR_LIMIT)
        ]
        return [answer.status for answer in await asyncio.gather(*sent)]

    assert node.client.run(ask_all()) == [200] * 5 * PAIR_LIMIT


def test_guessing_is_throttled_for_the_user_guessed_and_ends(node, people):
    known = people.ask("colleague", "GET", "/users")
    right = people.ask("acct", "GET", "/users")
    assert status(node, known) == 200
    guesses = [
        status(node, people.ask("acct", "GET", "/users", password=f"guess {number}"))
        for number in range(PAIR_LIMIT + 2)
    ]
    assert guesses == [401] * PAIR_LIMIT + [429] * 2
    # Neither who is known nor another user is kept out; the right password is, for a while.
    assert status(node, known) == 200
    assert status(node, people.ask("agent", "GET", "/users")) == 200
    assert status(node, right) == 429
    node.clock.advance(WINDOW_MS / 1000)
    assert status(node, right) == 200


def test_guessing_unknown_users_is_throttled_alike(node, people):
    def guess(name: str, number: int) -> int:
        return status(node, people.ask(name, "GET", "/users", password=f"guess {number}"))

    outcomes = [guess("nobody", number) for number in range(PAIR_LIMIT + 1)]
    assert outcomes == [401] * PAIR_LIMIT + [429]
    assert PLACE_LIMIT > PAIR_LIMIT


def test_nobodys_hash_takes_as_long_as_a_real_one():
    assert not PasswordHasher().check_needs_rehash(NOBODYS_HASH)


def test_what_is_remembered_is_worth_nothing_elsewhere(node, people):
    """Two processes remember one sign-in by different keys, and keep no password."""
    request = people.ask("acct", "GET", "/users")
    with closing(LocalNode(node.settings, node.clock, SEED)) as other:
        assert [status(node, request), status(other, request)] == [200, 200]
        memories = [repr(node_.node.logins._remembered) for node_ in (node, other)]
    assert memories[0] != memories[1]
    for memory in memories:
        assert PASSWORD not in memory
        assert "au/acct" not in memory


@pytest.mark.parametrize("name", ["acct", "admin"])
def test_the_last_use_is_noted(node, people, name):
    assert status(node, people.ask(name, "GET", "/users")) == 200
    used = node.node.last_uses.take()
    assert [org_id for org_id, _ in used] == [people.company(name)]
    assert list(used.values()) == [node.clock()]
    assert node.node.last_uses.take() == {}


def test_a_password_set_elsewhere_counts_here(node, people):
    request = people.ask("acct", "GET", "/users")
    assert status(node, request) == 200
    node.db.call(set_password, people.company("acct"), people.id("acct"), NOBODYS_HASH)
    assert status(node, request) == 401
