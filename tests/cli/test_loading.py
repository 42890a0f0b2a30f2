"""The command line is quick: `--help` loads nothing that only the commands themselves need."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from turnout.cli.app import app
from turnout.cli.commands import COMMANDS

HEAVY = {
    *("aiohttp", "alembic", "argon2", "cryptography", "email_validator", "falcon", "uharfbuzz"),
    *("granian", "icalendar", "jinja2", "jwt", "phonenumbers", "prometheus_client"),
    *("psycopg", "segno", "structlog", "yaml"),
}
FAMILIES = sorted(name for name in COMMANDS if not app[name].default_command)
# Asks for each help in turn, and says in JSON what had been loaded after it.
ASKS_FOR_HELP = """
import contextlib, io, json, sys
from turnout.__main__ import main
loaded = {}
for name in sys.argv[1:]:
    sys.argv = ["turnout", *name.split(), "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
    loaded[name] = sorted({module.partition(".")[0] for module in sys.modules})
print(json.dumps(loaded))
"""
# Measured: 14 times; 75 times while every command was loaded. A command's own help takes 16 to 38
# times, and 48 are 0.6 s.
MAX_RATIO, MAX_OWN_RATIO = 25, 48


def find_loaded(packages: set[str], *names: str) -> dict[str, set[str]]:
    """Which of the packages are loaded after `turnout NAME --help`, for each name in turn."""
    done = subprocess.run(
        [sys.executable, "-c", ASKS_FOR_HELP, *names],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return {name: packages & set(loaded) for name, loaded in json.loads(done.stdout).items()}


def test_the_list_of_commands_loads_no_command() -> None:
    assert find_loaded(HEAVY | {"asyncio", "msgspec"}, "") == {"": set()}


def test_a_familys_list_loads_no_network_page_or_driver() -> None:
    packages = HEAVY - {"argon2", "cryptography"}
    assert find_loaded(packages, *FAMILIES) == {name: set() for name in FAMILIES}


def test_the_help_of_a_server_loads_no_server() -> None:
    packages = HEAVY - {"argon2", "cryptography"}
    names = ["serve", "work", "migrate", "settings", "doctor", "demo"]
    assert find_loaded(packages, *names) == {name: set() for name in names}


STARTS = """
import os, sys
from turnout import cli
sys.argv[1:] = ["serve", "--port", "1"]
os.environ["TURNOUT_DATABASE_URL"] = "sqlite:////nowhere/turnout.db"
from turnout.cli.start import find_start
from turnout.errors import Unavailable
try:
    find_start(sys.argv[1:])()
except (OSError, Unavailable):
    print(*{name.partition(".")[0] for name in sys.modules if sys.modules[name]})
"""


def test_a_server_loads_what_few_visitors_need_when_one_comes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTS], capture_output=True, check=True, timeout=60, text=True
    )
    loaded = set(done.stdout.split())
    assert {"falcon", "structlog"} <= loaded
    others = {"PIL", "icalendar", "openpyxl", "phonenumbers", "webauthn"}
    assert loaded & (others | {"attr", "cyclopts", "greenlet", "pygments", "rich"}) == set()


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - set(FAMILIES)))
def test_a_commands_line_begins_its_own_help(name: str) -> None:
    paragraph = app[name].help.partition("\n\n")[0]
    assert " ".join(paragraph.split()) == COMMANDS[name][1]


@pytest.mark.timed
def test_the_list_of_commands_is_there_at_once(tmp_path: Path) -> None:
    empty = min(seconds(tmp_path, "-c", "pass") for _ in range(3))
    listing = min(seconds(tmp_path, "-m", "turnout", "--help") for _ in range(3))
    assert listing / empty < MAX_RATIO, f"{listing:.3f} s, Python itself {empty:.3f} s"


@pytest.mark.timed
def test_the_help_of_each_command_is_there_at_once(tmp_path: Path) -> None:
    empty = min(seconds(tmp_path, "-c", "pass") for _ in range(3))
    for name in COMMANDS:
        seconds(tmp_path, "-m", "turnout", name, "--help")  # compiles what it needs

    def ask(names: Iterable[str]) -> dict[str, float]:
        times = {name: seconds(tmp_path, "-m", "turnout", name, "--help") for name in names}
        return {name: took for name, took in times.items() if took / empty >= MAX_OWN_RATIO}

    slow = ask(ask(COMMANDS))  # again, as caches of the processor are shared with others
    assert slow == {}, f"Python itself {empty:.3f} s"


def seconds(compiled: Path, *arguments: str) -> float:
    """What a Python process costs: processor time, whatever else the machine does. Modules are
    compiled into that folder by the first one, also where the environment forbids it."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], capture_output=True, check=True, timeout=60, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
