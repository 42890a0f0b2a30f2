"""Proofs: tests that show a claim by work (races, crashes, floods) and say how much they did.

They run short in `make test` and full in `make soak`; `make proof` runs the full counts of the
group that is due. What has no form that is short enough for `make test` is left out there. Each
reports a line that the end of the run shows, and `tests/proofs.toml` lists them all, so that one
which is dropped, renamed or skipped makes the build red. There is one seed a run, so that a failure
can be repeated.
"""

import datetime
import random
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

Count = int | float | str
T = TypeVar("T")


GROUPS = 4


class Proof(NamedTuple):
    """A proof as the list has it: its group of 1 to 4, and the seconds of its full form on two
    cores. `is_timed`: it has limits in milliseconds, and runs in the stage of those. `is_long`: no
    form of it is short enough for `make test`."""

    name: str
    shows: str
    group: int
    seconds: int
    is_timed: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class Run:
    """What is the same for all tests of one run. `groups`: whose full counts it runs; a run of
    short forms runs all proofs but the long ones."""

    seed: int
    full: bool
    groups: tuple[int, ...] = tuple(range(1, GROUPS + 1))

    @property
    def is_soak(self) -> bool:
        """Whether it runs the full counts of all groups."""
        return self.full and len(self.groups) == GROUPS


_run = Run(seed=0, full=False)
_lines: list[tuple[str, str]] = []


def begin(run: Run) -> None:
    """Tell what run this is; `tests/conftest.py` does, before any test is read."""
    global _run
    _run = run


def current() -> Run:
    """What run this is."""
    return _run


def scale(short: T, full: T, soak: T | None = None) -> T:
    """`short` in `make test`, `full` in `make proof` and `make soak`; `soak`, where it is given, in
    `make soak` alone."""
    if soak is not None and _run.is_soak:
        return soak
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


def read_list(path: Path) -> list[Proof]:
    """The proofs of a `proofs.toml`. Raises ValueError for a group that is not 1 to 4."""
    proofs = [
        Proof(
            name,
            facts["shows"],
            facts["group"],
            facts["seconds"],
            is_timed=facts.get("timed", False),
            is_long=facts.get("long", False),
        )
        for name, facts in tomllib.loads(path.read_text())["proofs"].items()
    ]
    for listed in proofs:
        if listed.group not in range(1, GROUPS + 1):
            raise ValueError(f"{listed.name}: group {listed.group} is not 1 to {GROUPS}")
    return proofs


def due_group(day: datetime.date) -> int:
    """The group whose full counts are due on that day."""
    return day.timetuple().tm_yday % GROUPS + 1


def names_in(path: Path, proofs: Iterable[Proof]) -> list[Proof]:
    """The proofs that a test file reports: it has their names in quotes."""
    text = path.read_text()
    return [proof for proof in proofs if f'"{proof.name}"' in text]


def find_gaps(expected: set[str], listed: set[str], reported: set[str]) -> list[str]:
    """What is wrong between the proofs that this run had to do, all that are listed and those that
    reported; [] if nothing."""
    dropped = [f"{name} is listed but did not report" for name in sorted(expected - reported)]
    unlisted = [f"{name} reported but is not listed" for name in sorted(reported - listed)]
    return dropped + unlisted
