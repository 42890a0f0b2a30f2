"""One serving node of a SQLite file: a second one is refused and says whose the file is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store.sole_node import serve_alone

HOLD = """
import sys
from turnout.settings import Settings
from turnout.store.sole_node import serve_alone
with serve_alone(Settings(database_url=sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "turnout.db").touch()
    return Settings(database_url=f"sqlite:///{tmp_path}/turnout.db")


@pytest.fixture
def other(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A process that serves the file."""
    command = [sys.executable, "-c", HOLD, settings.database_url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_node_is_refused_until_the_first_has_ended(
    settings: Settings, other: subprocess.Popen[str], tmp_path: Path
) -> None:
    # By any name that the file has.
    (tmp_path / "alias.db").symlink_to(tmp_path / "turnout.db")
    alias = msgspec.structs.replace(settings, database_url=f"sqlite:///{tmp_path}/alias.db")
    for asked in (settings, alias):
        with pytest.raises(Unavailable) as refused, serve_alone(asked):
            pytest.fail("served")
        assert refused.value.code == "store.served"
        assert refused.value.facts["pid"] == str(other.pid)
    other.kill()
    other.wait()
    with serve_alone(settings) as is_alone:
        assert is_alone
    assert (tmp_path / "turnout.db.serve").read_text() == f"{os.getpid()}\n"


def test_a_second_node_is_started_where_that_is_asked_for(
    settings: Settings, other: subprocess.Popen[str]
) -> None:
    with serve_alone(msgspec.structs.replace(settings, allow_second_node=True)) as is_alone:
        assert not is_alone


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql://host/turnout"])
def test_what_cannot_be_held_is_left_to_others(url: str) -> None:
    with serve_alone(Settings(database_url=url)) as is_alone:
        assert is_alone
