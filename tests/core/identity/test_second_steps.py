"""Codes of authenticators and on paper: once each, and not for guessers."""

from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tests.core.identity.staff import add_user
from tests.support.node import LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import User
from turnout.core.identity.second_steps import (
    WINDOW_MS,
    WRONG_LIMIT,
    SecondSteps,
    begin_authenticator,
    check_second_step,
    confirm_authenticator,
    find_second_steps,
    find_unconfirmed,
    make_first_recovery_codes,
    make_recovery_codes,
    remove_authenticator,
    remove_second_steps,
)
from turnout.core.ids import OrgId
from turnout.errors import Invalid

PERIOD_S = 30


@pytest.fixture
def user(node: LocalNode, org_id: OrgId) -> User:
    return add_user(node.db, org_id, "ann", ())


def code_of(node: LocalNode, url: str, seconds: int = 0) -> str:
    secret = parse_qs(urlsplit(url).query)["secret"][0]
    return pyotp.TOTP(secret).at(node.clock() // 1000 + seconds)


def turn_on(node: LocalNode, user: User) -> str:
    url = node.db.call(begin_authenticator, user)
    assert node.db.call(confirm_authenticator, user, code_of(node, url)) is None
    node.clock.advance(PERIOD_S)
    return url


def judge(node: LocalNode, user: User, code: str) -> str:
    refusal = node.db.call(check_second_step, user, code)
    return refusal.code if refusal else "right"


def test_an_authenticator_counts_once_it_is_confirmed(node: LocalNode, user: User) -> None:
    url = node.db.call(begin_authenticator, user)
    assert url.startswith(f"otpauth://totp/Turnout:{user.user_code}?secret=")
    assert node.db.call(find_unconfirmed, user) == url
    assert judge(node, user, code_of(node, url)) == "two_step.wrong"
    assert not node.db.call(find_second_steps, user.org_id, user.id).is_on
    node.db.call(confirm_authenticator, user, code_of(node, url))
    assert node.db.call(find_second_steps, user.org_id, user.id) == SecondSteps(True, 0, 0)
    assert node.db.call(find_unconfirmed, user) is None
    with pytest.raises(Invalid):
        node.db.call(begin_authenticator, user)


def test_a_code_is_good_once(node: LocalNode, user: User) -> None:
    url = turn_on(node, user)
    code = code_of(node, url)
    assert [judge(node, user, f" {code[:3]} {code[3:]} "), judge(node, user, code)] == [
        "right",
        "two_step.wrong",
    ]


def test_a_code_is_good_for_its_half_minute_and_those_beside_it(
    node: LocalNode, user: User
) -> None:
    url = turn_on(node, user)
    node.clock.advance(PERIOD_S * 10)
    codes = [code_of(node, url, PERIOD_S * away) for away in (-2, 2, -1, 0, 1)]
    assert [judge(node, user, code) for code in codes] == ["two_step.wrong"] * 2 + ["right"] * 3


def test_recovery_codes_are_good_once_each(node: LocalNode, user: User) -> None:
    turn_on(node, user)
    former = node.db.call(make_recovery_codes, user)
    codes = node.db.call(make_recovery_codes, user)
    assert (len({*codes}), {len(code) for code in codes}) == (10, {19})
    typed = codes[0].upper().replace("-", " ")
    assert [judge(node, user, code) for code in (former[0], typed, codes[0], codes[1])] == [
        "two_step.wrong",
        "right",
        "two_step.wrong",
        "right",
    ]
    assert node.db.call(find_second_steps, user.org_id, user.id).recovery_codes == 8


def test_guessing_ends_after_ten_tries_on_every_node(node: LocalNode, user: User) -> None:
    url = turn_on(node, user)
    said = [judge(node, user, "000000") for _ in range(WRONG_LIMIT + 1)]
    assert said == ["two_step.wrong"] * WRONG_LIMIT + ["two_step.throttled"]
    assert judge(node, user, code_of(node, url)) == "two_step.throttled"
    node.clock.advance(WINDOW_MS / 1000)
    assert judge(node, user, code_of(node, url)) == "right"
    assert judge(node, user, "000000") == "two_step.wrong"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "x" * 10_000, "a\0b"])
def test_what_is_no_code_is_wrong(node: LocalNode, user: User, code: str) -> None:
    turn_on(node, user)
    assert judge(node, user, code) == "two_step.wrong"


def test_without_a_second_step_there_are_no_codes(node: LocalNode, user: User) -> None:
    for remove in (remove_authenticator, remove_second_steps):
        turn_on(node, user)
        codes = node.db.call(make_recovery_codes, user)
        node.db.call(remove, user, actor="jo")
        assert node.db.call(find_second_steps, user.org_id, user.id) == SecondSteps(False, 0, 0)
        assert judge(node, user, codes[0]) == "two_step.wrong"
    entries = node.db.call(list_entries, user.org_id, "authenticator", user.id)
    assert [(entry.actor, entry.action) for entry in entries] == [
        (f"user:{user.id}", "added"),
        ("jo", "removed"),
        (f"user:{user.id}", "added"),
    ]


def test_the_first_recovery_codes_stay(node: LocalNode, user: User) -> None:
    codes = node.db.call(make_first_recovery_codes, user)
    assert len(codes) == 10
    assert node.db.call(make_first_recovery_codes, user) == []
    assert node.db.call(find_second_steps, user.org_id, user.id).recovery_codes == 10
