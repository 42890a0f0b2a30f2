"""Forked processes of `turnout` are as those that are executed."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.server import Server, clean_environment
from turnout import __version__


def start(folder: Path, *arguments: str, **settings: str) -> "forked.Forked | None":
    with (folder / "log").open("ab") as log:
        return forked.fork(arguments, env=clean_environment(**settings), cwd=folder, log=log)


def test_a_fork_runs_with_its_arguments_settings_and_folder(tmp_path: Path) -> None:
    for arguments, settings, code, said in (
        (["--version"], {}, 0, __version__),
        (["settings"], {"prot": "80"}, 2, "TURNOUT_PROT in the environment is not a known setting"),
        (["org", "list"], {"database_url": "sqlite:///here.db"}, 1, "no database at here.db"),
    ):
        process = start(tmp_path, *arguments, **settings)
        assert process
        assert process.wait(60) == code
        assert process.poll() == code
        assert said in (tmp_path / "log").read_text()


def test_a_fork_has_a_session_and_no_file_of_anybody_else(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with (
        Server(folders[0], command=("serve",)) as one,
        Server(folders[1], command=("serve",)) as two,
    ):
        assert os.getsid(two.pid) == two.pid != one.pid
        one.send(signal.SIGSTOP)
        one.kill()
        assert two.stop() == 0


def test_a_fork_that_is_killed_says_by_what(tmp_path: Path) -> None:
    server = Server(tmp_path, command=("serve",)).start()
    process = server._running()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    process.send_signal(signal.SIGTERM)
    server.kill()


def test_what_a_fork_could_not_be_is_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert start(tmp_path, "--version") is None
    monkeypatch.undo()
    monkeypatch.setattr(forked, "_is_refused", True)
    assert start(tmp_path, "--version") is None
    with Server(tmp_path, command=("serve",)) as server:
        assert isinstance(server._running(), subprocess.Popen)
