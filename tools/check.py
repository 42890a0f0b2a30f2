"""Runs every check, each with its name and time: `make check`, or `python -m tools.check NAME …`.

All of them run, whatever fails; the table at the end says which did. A new check is a line here.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
MODULE = (sys.executable, "-m")
TEXTS: tuple[str | Path, ...] = (
    "src",
    "tests",
    "tools",
    "bench",
    "deploy",
    "docs",
    *sorted(ROOT.glob("*.md")),
)

CHECKS: dict[str, tuple[str | Path, ...]] = {
    "format": (BIN / "ruff", "format", "--check", "."),
    "lint": (BIN / "ruff", "check", "."),
    "types": (BIN / "mypy", "src", "tests", "tools", "deploy", "bench"),
    "imports": (BIN / "lint-imports", "--no-logo"),
    "docs": (*MODULE, "tools.check_docs"),
    "openapi": (*MODULE, "tools.lint_openapi"),
    "scripts": (*MODULE, "tools.lint_scripts"),
    "templates": (BIN / "djlint", "--lint", "src/turnout/web/templates"),
    "stubs": (*MODULE, "tools.stubs", "--check"),
    "sql": (*MODULE, "tools.lint_sql"),
    "spelling": (BIN / "codespell", *TEXTS),
    "words": (*MODULE, "tools.lint_words"),
    "dependencies": (*MODULE, "tools.audit"),
}


class Outcome(NamedTuple):
    """A check that ran."""

    name: str
    seconds: float
    is_good: bool


def main() -> None:
    names = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in names if name not in CHECKS]:
        sys.exit(f"There is no check {unknown[0]}. The checks are: {', '.join(CHECKS)}.")
    outcomes = [run(name, CHECKS[name]) for name in names]
    print(table(outcomes))
    sys.exit(not all(outcome.is_good for outcome in outcomes))


def run(name: str, command: tuple[str | Path, ...]) -> Outcome:
    """Run one check in the project's folder, and show what it says."""
    print(f"Checking {name} …", flush=True)
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, check=False)
    return Outcome(name, time.monotonic() - begun, done.returncode == 0)


def table(outcomes: list[Outcome]) -> str:
    """One line a check, and the sum of the seconds."""
    lines = [
        f"  {outcome.name:14} {outcome.seconds:6.1f} s  {'ok' if outcome.is_good else 'FAILED'}"
        for outcome in outcomes
    ]
    total = sum(outcome.seconds for outcome in outcomes)
    return "\n".join(["", *lines, f"  {'all':14} {total:6.1f} s"])


if __name__ == "__main__":
    main()
