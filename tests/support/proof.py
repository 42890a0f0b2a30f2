"""Proofs: tests that show a claim by work (races, crashes, floods) and say how much they did.

They run short in `make test` and full in `make proof`. Each reports a line that the end of the run
shows, and `tests/proofs.toml` lists them all, so that one which is dropped, renamed or skipped
makes the build red. There is one seed a run, so that a failure can be repeated.
"""

import random
from dataclasses import dataclass
from typing import TypeVar

Count = int | float | str
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """What is the same for all tests of one run."""

    seed: int
    full: bool


_run = Run(seed=0, full=False)
_lines: list[tuple[str, str]] = []


def begin(run: Run) -> None:
    """Tell what run this is; `tests/conftest.py` does, before any test is read."""
    global _run
    _run = run


def scale(short: T, full: T) -> T:
    """`short` in `make test`, `full` in `make proof`."""
    return full if _run.full else short


def seed() -> int:
    """The seed of this run; `TURNOUT_SEED` sets it."""
    return _run.seed


def random_for(name: str) -> random.Random:
    """A source of chance of its own for `name`, the same whenever the seed is the same."""
    return random.Random(f"{_run.seed}:{name}")


def report(name: str, **counts: Count) -> None:
    """Say that the proof `name` was done, and how much of it: `proof: NAME: rounds=10 …`."""
    _lines.append((name, " ".join(f"{key}={value}" for key, value in counts.items())))


def take_reports() -> list[tuple[str, str]]:
    """Hand over what was reported since the last call, as (name, counts)."""
    taken = _lines.copy()
    _lines.clear()
    return taken


def find_gaps(listed: set[str], reported: set[str]) -> list[str]:
    """What is wrong between the proofs that are listed and those that reported; [] if nothing."""
    dropped = [f"{name} is listed but did not report" for name in sorted(listed - reported)]
    unlisted = [f"{name} reported but is not listed" for name in sorted(reported - listed)]
    return dropped + unlisted
