"""`turnout serve`, `work`, `migrate`, `settings`, `key`, and what all commands share."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from tests.cli.runner import Result, Turnout, on_new_database
from tests.support import forked
from tests.support.node import new_database
from tests.support.ports import free_port
from tests.support.server import Server, clean_environment
from turnout import __version__
from turnout.carriers import networks
from turnout.cli.app import app
from turnout.core.identity.signing import list_published_keys
from turnout.core.site.address import get_address
from turnout.settings import Settings, describe
from turnout.store.migrations.revisions import HEAD


def list_commands(application: App, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every family and command, as its words."""
    yield words
    for name in application:
        if not name.startswith("-"):
            yield from list_commands(application[name], (*words, name))


COMMANDS = list(list_commands(app))


def run_process(*arguments: str, folder: Path, **settings: object) -> Result:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        env = clean_environment(**settings)
        process = forked.start(arguments, env=env, cwd=folder, log=output, errors=errors)
        try:
            code = process.wait(60)
        finally:
            process.send_signal(signal.SIGKILL)
        output.seek(0)
        errors.seek(0)
        return Result(code, output.read().decode(), errors.read().decode())


# -- what all commands have in common ------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_all_its_arguments(command: tuple[str, ...]) -> None:
    help_ = Turnout(None).ok(*command, "--help")
    application = app
    for word in command:
        application = application[word]
    arguments = (
        application.assemble_argument_collection(parse_docstring=True)
        if application.default_command
        else []
    )
    assert help_.startswith(f"Usage: turnout {' '.join(command)}".rstrip())
    assert application.help
    assert [argument.name for argument in arguments if not argument.parameter.help] == []


def test_the_program_tells_its_version() -> None:
    assert Turnout(None).ok("--version") == f"{__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["nonsense"], 'usage: Unknown command "nonsense".'),
        (["org", "create"], "usage: the short name (SLUG) is missing."),
        (["event", "create", "acme", "Fair", "--starts"], "usage: --starts needs a value behind"),
        (["event", "create", "acme", "Fair"], "usage: --starts is missing."),
        (["registration", "show", "acme"], "usage: the number of the registration (REGISTRATION)"),
        (
            ["event", "show", "acme", "abc"],
            "usage: EVENT is the number of an event, not 'abc'. `turnout event list` shows it.",
        ),
        (["token", "create", "acme", "--days", "x"], "usage: --days is a whole number, not 'x'."),
        (["org", "create", "acme", "--bogus"], "usage: Unknown option: --bogus."),
        (["org", "create", "acme", "other"], "usage: Unused Tokens: ['other']."),
        (["token", "revoke", "acme", "first"], "usage: CREDENTIAL is the number of a credential"),
        (["token", "revoke", "acme", "0"], 'usage: Invalid value "0"'),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(arguments: list[str], error: str) -> None:
    result = Turnout(None)(*arguments)
    assert (result.code, result.output) == (2, "")
    assert result.error.startswith(error)
    command = "" if arguments == ["nonsense"] else f"{' '.join(arguments[:2])} "
    assert result.error.endswith(f" Try `turnout {command}--help`.\n")
    assert result.error.count("\n") == 1


def test_text_that_is_no_text_is_refused(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    expected = Result(2, "", "usage: an argument is not valid UTF-8 text.\n")
    assert turnout("org", "create", "acme", "--name", os.fsdecode(b"Acm\xe9")) == expected


def test_a_terminal_that_knows_few_letters_is_served(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme", "--name", "Bjørn & Søn")
    done = subprocess.run(
        [sys.executable, "-m", "turnout", "org", "list"],
        env=clean_environment(**turnout.settings) | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Bj\\xf8rn & S\\xf8n" in done.stdout


def test_wrong_settings_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    turnout = Turnout(f"sqlite:///{tmp_path / 'turnout.db'}")
    for command in (["serve"], ["work"], ["migrate"], ["settings"], ["doctor"], ["org", "list"]):
        result = turnout(*command, prot=8080)
        assert (result.code, result.output) == (2, "")
        assert result.error == (
            "settings: TURNOUT_PROT in the environment is not a known setting; "
            "run `turnout settings` for the list\n"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_database_is_not_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "turnout.db"
    result = Turnout(f"sqlite:///{path}")("org", "list")
    assert result == Result(
        1,
        "",
        f"error: There is no database at {path}. Run `turnout migrate` to make it, or set "
        "TURNOUT_DATABASE_URL to the one that you mean.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_a_schema_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    sqlite3.connect(path).close()
    path.touch()
    result = Turnout(f"sqlite:///{path}")("org", "list")
    assert result == Result(
        1,
        "",
        f"error: The database has no schema yet, this program needs {HEAD}. "
        "Run `turnout migrate`.\n",
    )


@pytest.mark.parametrize("command", ["org list", "migrate"])
def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path, command: str) -> None:
    turnout = on_new_database(tmp_path)
    set_schema(tmp_path / "turnout.db", "9999")
    assert turnout(*command.split()) == Result(
        1,
        "",
        f"error: The database has schema 9999, newer than this program's {HEAD}. "
        "Install the newer Turnout.\n",
    )


@pytest.mark.parametrize("command", ["org list", "migrate", "work"])
def test_an_unreachable_server_is_one_line(tmp_path: Path, command: str) -> None:
    url = f"postgresql://turnout:secret@127.0.0.1:{free_port()}/turnout"
    result = run_process(*command.split(), folder=tmp_path, database_url=url)
    lines = result.error.splitlines()
    assert result.code == 1
    assert len(lines) == 1
    assert lines[0].startswith("error: The PostgreSQL database cannot be reached: ")
    assert "secret" not in result.output + result.error


@pytest.mark.parametrize("command", ["org list", "migrate"])
@pytest.mark.parametrize(
    ("url", "error"),
    [
        (
            "mysql://host/name",
            "it must begin with sqlite:/// or postgresql://.",
        ),
        ("sqlite://name.db", "sqlite://name.db, names no file; write sqlite:///turnout.db"),
    ],
)
def test_an_address_that_is_none_is_one_line(command: str, url: str, error: str) -> None:
    result = Turnout(url)(*command.split())
    assert (result.code, result.output) == (2, "")
    assert result.error.startswith("settings: TURNOUT_DATABASE_URL")
    assert error in result.error
    assert result.error.count("\n") == 1


@pytest.mark.parametrize("command", ["org list", "migrate"])
def test_a_file_that_is_no_database_is_one_line(tmp_path: Path, command: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n")
    result = Turnout(f"sqlite:///{path}")(*command.split())
    assert (result.code, result.output) == (1, "")
    assert result.error.startswith("error: This is not a Turnout database.")
    assert str(path) in result.error
    assert result.error.count("\n") == 1
    assert path.read_text() == "not a database\n"


def set_schema(path: Path, version: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    connection.close()


# -- migrate, settings, key rotate ---------------------------------------------------------


def test_migrate_says_what_it_did(tmp_path: Path) -> None:
    path = tmp_path / "new" / "turnout.db"
    turnout = Turnout(f"sqlite:///{path}")
    assert turnout.ok("migrate") == f"sqlite:///{path}: migrated from nothing to schema {HEAD}\n"
    assert turnout.ok("migrate") == f"sqlite:///{path}: already at schema {HEAD}\n"
    assert turnout.ok("migrate", "--quiet") == ""
    assert turnout.ok("org", "list").count("\n") == 1


def test_migrate_works_on_postgresql_and_hides_the_password(cluster) -> None:
    url = new_database("postgresql", Path(), cluster)
    output = Turnout(url).ok("migrate")
    assert output.endswith(f": already at schema {HEAD}\n")
    assert output.startswith("postgresql://turnout:***@")


def test_settings_lists_every_setting_with_its_default(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'turnout.db'}"
    output = Turnout(url).ok("settings", port=9000, mail_from="events at example.com")
    chosen = Settings(database_url=url, port=9000)
    rows = [*describe(chosen), *networks.describe(chosen)]
    lines = output.splitlines()
    assert lines[1::2] == [
        "TURNOUT_MAIL_FROM='events at example.com'"
        if name == "TURNOUT_MAIL_FROM"
        else f"{name}={value}"
        for name, value, _, _ in rows
    ]
    for comment, (_, _, default, meaning) in zip(lines[::2], rows, strict=True):
        usual = f"default {default}" if default else "not set by default"
        assert comment == f"# {meaning} ({usual})"


def test_settings_can_be_read_by_a_shell(tmp_path: Path) -> None:
    chosen = {"mail_from": "events at example.com", "log_level": "debug"}
    file = tmp_path / "turnout.env"
    file.write_text(Turnout("sqlite:///other.db").ok("settings", **chosen))
    script = f'set -a; . {file}; exec "$0" -m turnout settings'
    again = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout == file.read_text()


def test_settings_hides_the_password() -> None:
    output = Turnout("postgresql://turnout:secret@db.example.com/turnout").ok("settings")
    assert "TURNOUT_DATABASE_URL='postgresql://turnout:***@db.example.com/turnout'" in output
    assert "secret" not in output


def test_key_rotate_signs_with_a_new_key_and_publishes_both(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    said = [turnout.ok("key", "rotate") for _ in range(2)]
    with turnout.database() as db:
        newest, oldest = db.call(list_published_keys)
    assert (newest.retired_at, oldest.retired_at is None) == (None, False)
    assert said == [
        f"Tokens are signed with key {key.kid} from now on.\n" for key in (oldest, newest)
    ]


# -- serve and work ------------------------------------------------------------------------


def test_serve_refuses_an_old_schema_where_it_may_not_migrate(tmp_path: Path) -> None:
    path = tmp_path / "turnout.db"
    path.touch()
    url = f"sqlite:///{path}"
    port = str(free_port())
    result = run_process(
        "serve", "--port", port, folder=tmp_path, database_url=url, auto_migrate="false"
    )
    assert result == Result(
        1,
        "",
        f"error: The database has no schema yet, this program needs {HEAD}. "
        "Run `turnout migrate`.\n",
    )


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_mistyped_database_is_not_made_by_serving(tmp_path: Path, command: str) -> None:
    path = tmp_path / "turnuot.db"
    result = run_process(command, folder=tmp_path, database_url=f"sqlite:///{path}")
    assert result == Result(
        1,
        "",
        f"error: There is no database at {path}. Run `turnout migrate` to make it, or set "
        "TURNOUT_DATABASE_URL to the one that you mean.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_an_organization_makes_the_database_that_it_needs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'turnout.db'}"
    made = run_process("org", "create", "acme", folder=tmp_path, database_url=url)
    assert (made.code, made.error) == (0, "")
    listed = run_process("org", "list", folder=tmp_path, database_url=url)
    assert "acme" in listed.output


def test_serve_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        url = f"sqlite:///{tmp_path / 'turnout.db'}"
        result = run_process("serve", "--port", port, folder=tmp_path, database_url=url)
    assert (result.code, result.output) == (1, "")
    assert result.error.count("\n") == 1
    assert result.error.startswith("error: ")
    assert "choose another port with --port or TURNOUT_PORT" in result.error


def test_work_says_what_it_works_on_and_ends_when_told(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "turnout", "work"],
        env=clean_environment(**turnout.settings, base_url="https://events.example.com"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == f"Turnout processes the queues of {turnout.url}\n"
        # The line comes before the handlers are set: ask again until the signal is understood.
        wait_for_handler(process.pid, signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    lines = error.splitlines()
    assert (process.returncode, len(lines)) == (0, 2)
    assert [word in line for word, line in zip(("stopping", "stopped"), lines, strict=True)] == [
        True,
        True,
    ]


def test_work_waits_until_a_server_says_where_links_lead(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "turnout", "work"],
        env=clean_environment(**turnout.settings),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stderr
        assert "waiting until the address for links is known" in process.stderr.readline()
        with Server(tmp_path, database_url=turnout.url, command=("serve",)) as server:
            assert process.stdout.readline() == f"Turnout processes the queues of {turnout.url}\n"
            with turnout.database() as db:
                assert db.call(get_address) == server.url
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0


def wait_for_handler(pid: int, number: signal.Signals) -> None:
    """Wait until the process catches the signal, as the kernel tells."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(next(line for line in status.splitlines() if "SigCgt" in line).split()[1], 16)
        if caught >> (number - 1) & 1:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} does not handle {number.name}")
