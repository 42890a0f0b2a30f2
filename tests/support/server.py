"""A real Turnout in a process of its own, on a free port, with a throwaway data folder.

A server never outlives anyone who started it, not even one that was killed: a *keeper*, a shell
that reads from a pipe held by the starter, kills the server's process group when the pipe closes.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, Self

from tests.support import forked, templates
from tests.support.client import Answer, ask
from tests.support.ports import free_port
from turnout.store.sqlite import path_of

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 40
POLL_S = 0.02
_KEEPER = 'cat >/dev/null; kill -s KILL -- "-$1"'


class ServerError(Exception):
    """The server did not do what was asked; the message ends with its log."""


class Server:
    """`turnout demo` (or another command that serves) as its own process group.

        with Server(tmp_path) as server:
            answer = server.ask("GET", "/healthz")

    `database_url` None = SQLite in `folder`. `open_files` limits the files that it may open.
    `environment` are variables beside the settings. A demo on SQLite is a copy of one that was
    seeded once a run, unless the server itself `seeds` it. It is forked where that is the same
    (`tests/support/forked.py`).
    `settings` are TURNOUT_ settings in lower case. The
    same object can be started again after `stop` or `kill`, on the same port and data.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        command: tuple[str, ...] = ("demo",),
        port: int | None = None,
        open_files: int | None = None,
        environment: Mapping[str, str] | None = None,
        seeds: bool = False,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / "server.log"
        self._command = command
        self._open_files = open_files
        self._environment = dict(environment or {})
        self._seeds = seeds
        url = database_url or f"sqlite:///{folder / 'turnout.db'}"
        self._settings = {"database_url": url} | settings
        self._process: forked.Process | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return self._settings["database_url"]

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def demo(self) -> dict[str, Any]:
        """What `turnout demo` wrote into demo.json."""
        return json.loads((self.folder / "demo.json").read_text())

    def start(self) -> Self:
        """Start, and wait until /readyz says that requests are served. Raises ServerError."""
        self.launch()
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._running().poll() is not None:
                raise ServerError(f"exit code {self.wait()}:\n{self.read_log()}")
            with suppress(OSError, HTTPException):
                if self.ask("GET", "/readyz").status == 200:
                    return self
            time.sleep(POLL_S)
        raise ServerError(f"not ready after {START_TIMEOUT_S} s:\n{self.read_log()}")

    def launch(self) -> None:
        """Start without waiting. `turnout serve` makes no database, so that is done before."""
        self._prepare_database()
        arguments = [*self._command, "--port", str(self.port)]
        if self._command[0] == "demo":
            arguments += ["--data", str(self.folder)]
        with self.log.open("ab") as log:
            self._process = self._begin(arguments, log)
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", str(self._process.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _begin(self, arguments: list[str], log: IO[bytes]) -> forked.Process:
        env = clean_environment(**self._settings) | self._environment
        if not self._open_files:
            return forked.start(arguments, env=env, cwd=self.folder, log=log)
        limit = 'ulimit -n "$0" && exec "$@"'
        command = [sys.executable, "-m", "turnout", *arguments]
        return subprocess.Popen(
            ["/bin/sh", "-c", limit, str(self._open_files), *command],
            env=env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _prepare_database(self) -> None:
        url = self._settings["database_url"]
        if not url.startswith("sqlite:") or path_of(url).exists():
            return
        if self._command == ("serve",):
            templates.copy_migrated(path_of(url))
        elif self._command[0] == "demo" and path_of(url).parent == self.folder and not self._seeds:
            templates.copy_demo(self.folder)

    def ask(self, method: str, target: str, **request: Any) -> Answer:
        """One request; see `tests.support.client.ask`."""
        return ask(self.port, method, target, **request)

    def send(self, number: signal.Signals) -> None:
        """Send the server a signal, and do not wait."""
        self._running().send_signal(number)

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait."""
        self.send(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end of the server; its exit code. Raises ServerError when it goes on."""
        try:
            code = self._running().wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise ServerError(f"still running after {STOP_TIMEOUT_S} s") from error
        self._dismiss()
        return code

    def stop(self) -> int:
        """Stop gracefully (SIGTERM); the exit code."""
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """SIGKILL to the whole process group. One that has ended is no error."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._dismiss()

    def read_log(self) -> str:
        """Everything that the server wrote to standard output and error."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _running(self) -> forked.Process:
        if self._process is None:
            raise ServerError("the server is not running")
        return self._process

    def _dismiss(self) -> None:
        """Send the keeper away: its server is gone, and the number may soon be another's."""
        if self._keeper and self._keeper.stdin:
            self._keeper.kill()
            self._keeper.wait()
            self._keeper.stdin.close()
        self._process = self._keeper = None


def clean_environment(**settings: Any) -> dict[str, str]:
    """The environment for a `turnout` command, with these settings and no others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TURNOUT_")}
    return environ | {f"TURNOUT_{name.upper()}": str(value) for name, value in settings.items()}
