"""The entry: an interrupt while the program is loaded ends it quietly."""

import subprocess
import sys

import pytest

from turnout.errors import Unavailable, list_notes
from turnout.schema import check_version

INTERRUPTED_WHILE_LOADING = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "cyclopts":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from turnout.__main__ import main
main()
"""


def test_an_interrupt_while_loading_ends_quietly() -> None:
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"")


@pytest.mark.parametrize(
    ("version", "options", "is_named"),
    [(None, "-c search_path=nix", True), ("0001", "-c search_path=nix", False), (None, "", False)],
)
def test_an_empty_schema_may_be_one_that_the_environment_chose(
    monkeypatch: pytest.MonkeyPatch, version: str | None, options: str, is_named: bool
) -> None:
    monkeypatch.setenv("PGOPTIONS", options)
    with pytest.raises(Unavailable) as refusal:
        check_version(version)
    assert any("PGOPTIONS" in note for note in list_notes(refusal.value)) == is_named
