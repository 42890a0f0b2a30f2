"""`turnout doctor`: what is wrong with this installation, and what to do about it."""

import sys

from rich.text import Text

from turnout.cli.app import console, settings
from turnout.cli.finding import Finding


def doctor() -> None:
    """Check database, clock, disk and carriers, and say what to do.

    Exits 1 on a failure, 2 if TURNOUT_DATABASE_URL is no address of a database.

    Example: `turnout doctor`
    """
    # The checks stand on the whole program: `turnout doctor --help` does without.
    from turnout.cli.checking import examine

    findings = examine(settings())
    for finding in findings:
        show(finding)
    if any(finding.is_failure for finding in findings):
        sys.exit(2 if any(finding.is_setting for finding in findings) else 1)


STYLES = {"ok": "green", "warn": "bold yellow", "FAIL": "bold red"}


def show(finding: Finding) -> None:
    """Print a finding, and below it what to do."""
    mark = (f"{finding.mark:5}", STYLES[finding.mark])
    console.print(Text.assemble(mark, f"{finding.what:16}{' '.join(finding.seen.split())}"))
    if finding.advice:
        console.print(Text.assemble(" " * 5, (f"-> {finding.advice}", "bold")))
