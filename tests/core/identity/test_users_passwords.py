"""Passwords and their hashes, and the pool in which they are hashed."""

import subprocess
import sys
import threading

import pytest

from turnout.core.identity.passwords import (
    MOST_WAITING,
    NOBODYS_HASH,
    RETRY_AFTER_S,
    THREADS,
    PasswordPool,
    hash_password,
    is_password,
)
from turnout.errors import Invalid, Unavailable


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
