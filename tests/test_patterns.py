"""Every regular expression of the source takes time in proportion to the text, whatever it is."""

import re
import time
from typing import Any

import pytest

from tests.support import proof
from tests.support.patterns import Found, list_attacks, list_patterns, make_text

# Lengths that are tried one after the other: an expression whose time doubles with each character
# is found at the first, one by the square at the last, and none takes long until it is found.
LENGTHS = (24, 200, 2_000, 16_000)
LIMIT_S = 0.25
NOTICED_S = 0.02
# Eight times the text: linear takes about 8 times as long, the square 64 times.
GROWTH = 24
# Even the cube, 512 times as long, would not be noticed after this.
HARMLESS_S = NOTICED_S / 512
# The machine may have been busy; not that busy.
AGAIN = 3
HOPELESS_S = 4 * LIMIT_S


def time_of(found: Found, method: str, text: Any) -> float:
    started = time.thread_time()
    if method == "sub":
        found.pattern.sub(text[:0], text)
    elif method == "finditer":
        list(found.pattern.finditer(text))
    else:
        getattr(found.pattern, method)(text)
    return time.thread_time() - started


def find_slow(found: Found, attack: tuple[str, str, str]) -> str:
    """What is wrong with the time that an attack takes, or nothing."""
    is_bytes = isinstance(found.pattern.pattern, bytes)
    for method in found.methods:
        times = [0.0]
        for length in LENGTHS:
            if length == LENGTHS[-1] and times[-1] < HARMLESS_S:
                break
            text = make_text(attack, length, is_bytes=is_bytes)
            times.append(time_of(found, method, text))
            for _ in range(AGAIN if NOTICED_S < times[-1] < HOPELESS_S else 0):
                times[-1] = min(times[-1], time_of(found, method, text))
            grown = times[-1] / max(times[-2], 1e-6)
            is_square = length == LENGTHS[-1] and times[-1] > NOTICED_S and grown > GROWTH
            if times[-1] > LIMIT_S or is_square:
                return (
                    f"{found.where} {found.pattern.pattern!r}.{method}: {times[-1]:.3f} s for "
                    f"{length} characters of {attack!r}, {grown:.0f} times the one before"
                )
    return ""


@pytest.mark.proof
def test_every_pattern_takes_linear_time() -> None:
    chance = proof.random_for("linear patterns")
    patterns = list_patterns()
    tried = 0
    slow = []
    for found in patterns:
        for attack in list_attacks(found.pattern, chance, proof.scale(4, 400)):
            tried += 1
            if fault := find_slow(found, attack):
                slow.append(fault)
                break
    assert slow == []
    assert len(patterns) > 60
    proof.report("linear patterns", patterns=len(patterns), texts=tried)


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"%%\s*([\w .\-]{1,100}?)\s*%%", "split"),
        (r"[A-Za-z0-9 _]*[A-Za-z][A-Za-z0-9 _]*", "fullmatch"),
        (r"(a+)+b", "search"),
    ],
)
def test_a_slow_pattern_would_be_found(pattern: str, method: str) -> None:
    found = Found("here", re.compile(pattern), (method,))
    attacks = list_attacks(found.pattern, proof.random_for(pattern), 100)
    assert any(find_slow(found, attack) for attack in attacks)
