"""Wrong passwords, as rows that all nodes count in."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support import proof
from tests.support.node import LocalNode, open_node
from turnout.core.identity import guessing
from turnout.core.identity.guessing import (
    NO_TRIES,
    PAIR_LIMIT,
    PLACE_LIMIT,
    WINDOW_MS,
    Attempt,
    begin_try,
    check_tries,
    confirm_try,
    find_tries,
    forget_old_tries,
    judge_try,
    take_back_try,
)
from turnout.errors import Limited
from turnout.store import Tx

ADA = Attempt("ada", "192.0.2.1")


def rows(tx: Tx) -> list[tuple[int, int]]:
    found = tx.connection.execute("SELECT tries, wrong FROM sign_in_tries ORDER BY tries, wrong")
    return [(row[0], row[1]) for row in found.fetchall()]


def be_wrong(node: LocalNode, attempt: Attempt, times: int = 1) -> None:
    for _ in range(times):
        node.db.call(begin_try, attempt)
        node.db.call(judge_try, attempt)


def let_in(node: LocalNode, attempt: Attempt, times: int) -> int:
    """How many of so many wrong passwords were checked: none after the first that is refused."""
    for number in range(times):
        try:
            be_wrong(node, attempt)
        except Limited:
            with pytest.raises(Limited):
                be_wrong(node, attempt)
            return number
    return times


def refusal_of(node: LocalNode, attempt: Attempt, *, is_known: bool = False) -> tuple[str, int]:
    with pytest.raises(Limited) as refused:
        node.db.call(begin_try, attempt, is_known=is_known)
    return refused.value.code, refused.value.facts["retry_after"]


def test_two_nodes_and_a_restart_share_what_was_wrong(own_node: LocalNode) -> None:
    url = own_node.settings.database_url
    be_wrong(own_node, ADA, PAIR_LIMIT - 1)
    with open_node(url, clock=own_node.clock) as other:
        be_wrong(other, ADA)
        assert refusal_of(other, ADA) == ("login.throttled", 300)
    assert refusal_of(own_node, ADA) == ("login.throttled", 300)
    with open_node(url, clock=own_node.clock) as restarted:
        with pytest.raises(Limited):
            restarted.db.call(check_tries, ADA)
        own_node.clock.advance(WINDOW_MS / 1000)
        restarted.db.call(check_tries, ADA)
        restarted.db.call(begin_try, ADA)
        assert restarted.db.call(find_tries, ADA)[1:] == (1, 0)


def test_only_wrong_ones_count_and_leave_rows(own_node: LocalNode) -> None:
    call = own_node.db.call
    be_wrong(own_node, ADA, 2)
    call(begin_try, ADA)
    assert call(find_tries, ADA)[1:] == (3, 2)
    call(confirm_try, ADA)
    assert call(find_tries, ADA) == NO_TRIES
    # The place keeps the wrong ones.
    assert call(rows) == [(2, 2)]
    bob = Attempt("bob", "198.51.100.7")
    call(begin_try, bob)
    call(take_back_try, bob)
    call(take_back_try, bob)
    assert call(rows) == [(2, 2)]


def test_one_user_from_one_address(own_node: LocalNode) -> None:
    assert let_in(own_node, ADA, PAIR_LIMIT + 1) == PAIR_LIMIT
    assert let_in(own_node, ADA._replace(address="192.0.2.2"), 1) == 1
    assert let_in(own_node, ADA._replace(user_code="bob"), 1) == 1
    own_node.clock.advance(WINDOW_MS / 1000 - 0.001)
    assert refusal_of(own_node, ADA) == ("login.throttled", 1)
    own_node.clock.advance(0.001)
    assert let_in(own_node, ADA, 1) == 1


def test_many_users_from_one_address(own_node: LocalNode) -> None:
    for number in range(PLACE_LIMIT):
        be_wrong(own_node, Attempt(f"user-{number}", ADA.address))
    assert refusal_of(own_node, ADA) == ("login.throttled", 300)
    assert own_node.db.call(find_tries, ADA) == NO_TRIES
    be_wrong(own_node, Attempt("user-0", "192.0.2.2"))
    own_node.clock.advance(WINDOW_MS / 1000)
    be_wrong(own_node, ADA)


def test_a_network_of_ipv6_is_one_address(own_node: LocalNode) -> None:
    for number in range(PAIR_LIMIT):
        be_wrong(own_node, Attempt("ada", f"2001:db8::{number:x}"))
    attempt = Attempt("ada", "2001:db8::ffff:1:2:3")
    assert refusal_of(own_node, attempt) == ("login.throttled", 300)
    be_wrong(own_node, Attempt("ada", "2001:db8:0:1::1"))


@pytest.mark.parametrize("seconds", [-3600, 3600, 2 * 24 * 3600])
def test_a_clock_that_is_set_shuts_nobody_out(own_node: LocalNode, seconds: int) -> None:
    assert let_in(own_node, ADA, PAIR_LIMIT + 1) == PAIR_LIMIT
    own_node.clock.advance(seconds)
    assert let_in(own_node, ADA, PAIR_LIMIT + 1) == PAIR_LIMIT
    # Clocks of two nodes are never the same: a little behind, and it is refused all the same.
    own_node.clock.advance(-3)
    assert refusal_of(own_node, ADA) == ("login.throttled", WINDOW_MS // 1000)
    own_node.db.call(forget_old_tries, 500)
    with pytest.raises(Limited):
        own_node.db.call(check_tries, ADA)


def test_right_passwords_count_for_nothing(own_node: LocalNode) -> None:
    def be_right(tx: Tx) -> None:
        begin_try(tx, ADA)
        confirm_try(tx, ADA)

    def be_right_often(tx: Tx) -> None:
        for _ in range(PLACE_LIMIT + 1):
            be_right(tx)

    own_node.db.call(be_right_often)
    assert own_node.db.call(rows) == []
    be_wrong(own_node, ADA, PAIR_LIMIT - 1)
    own_node.db.call(be_right)
    assert let_in(own_node, ADA, PAIR_LIMIT + 1) == PAIR_LIMIT
    assert own_node.db.call(rows)[-1] == (2 * PAIR_LIMIT - 1, 2 * PAIR_LIMIT - 1)


def test_tries_that_may_be_right_are_no_failures(own_node: LocalNode) -> None:
    call = own_node.db.call
    for _ in range(PAIR_LIMIT):
        call(begin_try, ADA)
    assert refusal_of(own_node, ADA) == ("login.busy", 2)
    for _ in range(PAIR_LIMIT - 1):
        call(judge_try, ADA)
    assert refusal_of(own_node, ADA) == ("login.busy", 2)
    call(take_back_try, ADA)
    be_wrong(own_node, ADA)
    assert refusal_of(own_node, ADA) == ("login.throttled", 300)
    # What was judged is not taken back.
    for _ in range(PAIR_LIMIT):
        call(take_back_try, ADA)
    assert refusal_of(own_node, ADA) == ("login.throttled", 300)


STEPS = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["begun", "begun", "begun", "wrong", "wrong", "right", "undecided"]),
)


@settings(max_examples=proof.scale(20, 200))
@example(
    [
        *(("a", step) for step in ["begun", "wrong"] * 4),
        *[("b", "begun")] * 4,
        *[("b", "wrong")] * 4,
    ]
)
@given(st.lists(STEPS, min_size=20, max_size=40))
def check_limits(node: LocalNode, most: Counter[str], steps: list[tuple[str, str]]) -> None:
    wrong, known = node.db.call(take_steps, steps)
    assert wrong.total() <= guessing.PLACE_LIMIT
    unknown = max((wrong[user] for user in wrong if user not in known), default=0)
    assert unknown <= guessing.PAIR_LIMIT
    most["pair"] = max(most["pair"], unknown)
    most["place"] = max(most["place"], wrong.total())


def take_steps(tx: Tx, steps: list[tuple[str, str]]) -> tuple[Counter[str], set[str]]:
    """How many passwords of each user were wrong, and whose was right once."""
    tx.connection.execute("DELETE FROM sign_in_tries")
    outcomes = {"wrong": judge_try, "right": confirm_try, "undecided": take_back_try}
    counts = {step: Counter[str]() for step in ("begun", *outcomes)}
    for user, step in steps:
        attempt = Attempt(user, ADA.address)
        if step == "begun":
            with suppress(Limited), tx.savepoint():
                begin_try(tx, attempt)
                counts["begun"][user] += 1
        elif counts["begun"][user]:
            outcomes[step](tx, attempt)
            counts["begun"][user] -= 1
            counts[step][user] += 1
    return counts["wrong"], set(counts["right"])


def test_no_more_wrong_passwords_get_through_than_the_limits(
    own_node: LocalNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are checked at once, and whatever comes of them in which order."""
    monkeypatch.setattr(guessing, "PAIR_LIMIT", 3)
    monkeypatch.setattr(guessing, "PLACE_LIMIT", 5)
    most = Counter[str]()
    check_limits(own_node, most)
    # Limits that nothing reached were not tried.
    assert most == {"pair": guessing.PAIR_LIMIT, "place": guessing.PLACE_LIMIT}


def test_tries_that_are_not_decided_fill_a_pair_and_a_place(own_node: LocalNode) -> None:
    for _ in range(PAIR_LIMIT):
        own_node.db.call(begin_try, ADA)
    assert refusal_of(own_node, ADA) == ("login.busy", 2)
    # Another user of the place goes on until the place is full; somebody known there, after that.
    for number in range(PLACE_LIMIT - PAIR_LIMIT):
        own_node.db.call(begin_try, Attempt(f"user-{number}", ADA.address))
    eve = Attempt("eve", ADA.address)
    assert refusal_of(own_node, eve) == ("login.busy", 2)
    own_node.db.call(begin_try, eve, is_known=True)


def test_rows_tell_nobody_and_are_swept_and_bounded(
    own_node: LocalNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = own_node.db.call
    susan = Attempt("susan", "192.0.2.1")  # not to be spelled in hexadecimal, as "ada" is
    be_wrong(own_node, susan)
    kept = call(lambda tx: str(tx.connection.execute("SELECT * FROM sign_in_tries").fetchall()))
    assert susan.user_code not in kept
    assert susan.address not in kept
    own_node.clock.advance(WINDOW_MS / 1000)
    assert call(forget_old_tries, 500) == 2
    monkeypatch.setattr(guessing, "ROWS_LIMIT", 3)
    for number in range(3):
        be_wrong(own_node, Attempt("ada", f"192.0.2.{number}"))
        own_node.clock.advance(1)
    assert call(forget_old_tries, 500) == 3
    assert len(call(rows)) == 3
    assert call(find_tries, Attempt("ada", "192.0.2.2"))[1:] == (1, 1)
