"""`make check`: every check is run, named and timed, and one that fails fails it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import check

FAILS = (sys.executable, "-c", "raise SystemExit(3)")
WORKS = (sys.executable, "-c", "import os; assert os.path.exists('pyproject.toml')")


def test_all_run_and_the_table_says_which_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "CHECKS", {"first": FAILS, "second": WORKS})
    monkeypatch.setattr(sys, "argv", ["check"])
    with pytest.raises(SystemExit) as ending:
        check.main()
    said = re.sub(r" +\d+\.\d s", " N s", capsys.readouterr().out)
    assert ending.value.code
    assert said == (
        "Checking first …\nChecking second …\n\n  first N s  FAILED\n  second N s  ok\n  all N s\n"
    )


def test_one_check_is_run_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CHECKS", {"first": FAILS, "second": WORKS})
    monkeypatch.setattr(sys, "argv", ["check", "second"])
    with pytest.raises(SystemExit) as ending:
        check.main()
    assert not ending.value.code


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.check", "nothing"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"There is no check nothing. The checks are: {', '.join(check.CHECKS)}.\n"
