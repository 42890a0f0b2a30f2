"""Which newer Python `make proof` also tests on."""

from pathlib import Path

import pytest

from tools import newer_python
from tools.newer_python import HERE, Interpreter, find_newer


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """Programs that say a version when they are asked, and one that fails, as a shim of pyenv does
    whose version is not chosen."""
    texts = {"old": "echo 3 10 13", "same": "echo 3 11 9", "newer": "echo 3 12 1"}
    texts |= {"newest": "echo 3 13 0", "shim": "exit 127"}
    for name, text in texts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return {name: str(tmp_path / name) for name in [*texts, "missing"]}


def test_the_newest_comes_first_and_what_cannot_be_run_is_left_out(
    programs: dict[str, str],
) -> None:
    assert find_newer((3, 11), programs.values()) == [
        Interpreter((3, 13, 0), programs["newest"]),
        Interpreter((3, 12, 1), programs["newer"]),
    ]


def test_where_none_is_newer_it_says_so_and_succeeds(
    programs: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(newer_python, "list_candidates", lambda: [programs["old"]])
    newer_python.main()
    said = f"No version newer than {HERE} is on this machine: {HERE} alone was tested.\n"
    assert capsys.readouterr().out == said
