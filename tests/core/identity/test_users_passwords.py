"""The pool in which passwords are hashed, and the throttle against guessing them."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.node import Clock
from turnout.core.identity import guessing
from turnout.core.identity.guessing import (
    PAIR_LIMIT,
    PLACE_LIMIT,
    WINDOW_MS,
    Attempt,
    Throttle,
)
from turnout.core.identity.passwords import (
    MOST_WAITING,
    NOBODYS_HASH,
    RETRY_AFTER_S,
    THREADS,
    PasswordPool,
    hash_password,
    is_password,
)
from turnout.errors import Invalid, Limited, Unavailable

ADA = Attempt("ada", "192.0.2.1")


def test_a_password_fits_its_hash_alone():
    hashed = hash_password("correct horse")
    assert hashed.startswith("$argon2id$")
    assert is_password("correct horse", hashed)
    assert not is_password("incorrect horse", hashed)
    assert not is_password("correct horse", NOBODYS_HASH)
    assert not is_password("correct horse", "no hash")


def test_a_hash_costs_150_ms_and_64_mib_where_no_test_says_otherwise():
    code = "from turnout.core.identity.passwords import *; print(hash_password('correct horse'))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_password("correct horse", said.stdout.strip())


def test_a_short_password_is_refused():
    with pytest.raises(Invalid):
        hash_password("123456789")


def test_the_pool_refuses_what_it_cannot_hold_and_goes_on():
    pool, go = PasswordPool(), threading.Event()
    waiting = [pool.submit(go.wait, 60) for _ in range(THREADS + MOST_WAITING)]
    with pytest.raises(Unavailable) as refused:
        pool.submit(go.wait)
    assert refused.value.retry_after == RETRY_AFTER_S
    go.set()
    assert all(future.result(60) for future in waiting)
    assert pool.submit(str.upper, "x").result(60) == "X"


def test_a_failing_check_gives_its_place_back():
    pool = PasswordPool()
    for _ in range(THREADS + MOST_WAITING + 1):
        with pytest.raises(Invalid):
            pool.submit(hash_password, "short").result(60)


def is_let_in(throttle: Throttle, attempt: Attempt) -> bool:
    """Whether a wrong password was checked."""
    try:
        throttle.begin(attempt)
    except Limited:
        return False
    throttle.judge(attempt)
    return True


def test_tries_that_may_be_right_are_no_failures():
    throttle = Throttle(Clock())
    for _ in range(PAIR_LIMIT):
        throttle.begin(ADA)
    with pytest.raises(Limited) as limited:
        throttle.begin(ADA)
    assert (limited.value.code, limited.value.retry_after) == ("login.busy", 2)
    for _ in range(PAIR_LIMIT - 1):
        throttle.judge(ADA)
    throttle.take_back(ADA)
    assert is_let_in(throttle, ADA)
    with pytest.raises(Limited) as limited:
        throttle.begin(ADA)
    assert (limited.value.code, limited.value.retry_after) == ("login.throttled", 300)


def test_one_user_from_one_address():
    clock = Clock()
    throttle = Throttle(clock)
    assert [is_let_in(throttle, ADA) for _ in range(PAIR_LIMIT + 1)] == [True] * 10 + [False]
    assert is_let_in(throttle, ADA._replace(address="192.0.2.2"))
    assert is_let_in(throttle, ADA._replace(user_code="bob"))
    clock.advance(WINDOW_MS / 1000 - 0.001)
    with pytest.raises(Limited) as limited:
        throttle.begin(ADA)
    assert limited.value.retry_after == 1
    clock.advance(0.001)
    assert is_let_in(throttle, ADA)


@pytest.mark.parametrize("seconds", [-3600, 3600, 2 * 24 * 3600])
def test_a_clock_that_is_set_shuts_nobody_out(seconds: float):
    clock = Clock()
    throttle = Throttle(clock)
    assert [is_let_in(throttle, ADA) for _ in range(PAIR_LIMIT + 1)] == [True] * 10 + [False]
    clock.advance(seconds)
    assert [is_let_in(throttle, ADA) for _ in range(PAIR_LIMIT + 1)] == [True] * 10 + [False]
    clock.advance(-3)
    with pytest.raises(Limited) as limited:
        throttle.begin(ADA)
    assert limited.value.retry_after == WINDOW_MS / 1000


def test_many_users_from_one_address():
    throttle = Throttle(Clock())
    names = [f"user-{number}" for number in range(PLACE_LIMIT + 1)]
    outcomes = [is_let_in(throttle, Attempt(name, "192.0.2.1")) for name in names]
    assert outcomes == [True] * PLACE_LIMIT + [False]
    assert is_let_in(throttle, Attempt("user-0", "192.0.2.2"))


def test_a_network_of_ipv6_is_one_address():
    throttle = Throttle(Clock())
    for number in range(PAIR_LIMIT):
        throttle.begin(Attempt("ada", f"2001:db8::{number:x}"))
    assert not is_let_in(throttle, Attempt("ada", "2001:db8::ffff:1:2:3"))
    assert is_let_in(throttle, Attempt("ada", "2001:db8:0:1::1"))


def test_right_passwords_count_for_nothing():
    throttle = Throttle(Clock())
    for _ in range(3 * PLACE_LIMIT):
        throttle.begin(ADA)
        throttle.confirm(ADA)
    for _ in range(PAIR_LIMIT - 1):
        throttle.begin(ADA)
    throttle.begin(ADA)
    throttle.confirm(ADA)
    assert [is_let_in(throttle, ADA) for _ in range(PAIR_LIMIT + 1)] == [True] * 10 + [False]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=300))
def test_no_more_wrong_passwords_get_through_than_the_limits(attempts):
    throttle, wrong = Throttle(Clock()), 0
    for user_code, is_right in attempts:
        attempt = Attempt(user_code, "here")
        try:
            throttle.begin(attempt)
        except Limited:
            continue
        if is_right:
            throttle.confirm(attempt)
        else:
            throttle.judge(attempt)
            wrong += 1
    assert wrong <= PLACE_LIMIT


def test_memory_is_bounded():
    throttle = Throttle(Clock())
    for number in range(guessing.WINDOWS_LIMIT + 100):
        throttle.begin(Attempt("x", f"host-{number}"))
    assert len(throttle) == guessing.WINDOWS_LIMIT
