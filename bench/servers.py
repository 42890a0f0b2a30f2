"""The servers that are measured: starting them on data of their own, suspending and stopping them.

Each is a process of its own, as in production: what it logs goes to a file. Data is a copy of a
demo that was seeded once (`Demo`), so that every server begins with the same tables.
"""

import http.client
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import psycopg

from tests.support.ports import free_port
from tests.support.server import clean_environment
from turnout.store.sqlite import path_of

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
DATABASE = "turnout.db"
# The seeded tickets' mails are due: each server would draw and send them in its first round.
FORGET_MAILS: LiteralString = "DELETE FROM ticket_mails"
_PROCESSED = re.compile(rb'^turnout_queue_processed_total\{queue="intake"\} (\S+)', re.MULTILINE)


class Server:
    """One running server. `started_s` is the time from its start to its first answer."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process = process
        self.pid = process.pid
        self.port = port
        self.started_s = 0.0

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Let it stand still, so that it takes nothing from what is measured."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET."""
        return _request(self.port, "GET", path, {})

    def count_processed(self) -> int:
        """How many submissions its queue has finished since it was started."""
        found = _PROCESSED.search(self.get("/metrics")[1])
        return int(float(found[1])) if found else 0

    def wait_until_answers(self, path: str, since: float) -> None:
        """Wait for the first 200 from `path`; `since` is the `perf_counter` of the start."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.get(path)[0] == 200:
                    self.started_s = time.perf_counter() - since
                    return
            time.sleep(0.005)
        raise RuntimeError(f"{self._process.args!r} did not come to answer {path}; see its log")

    def stop(self, accepted: tuple[int, ...] = (0,)) -> None:
        """Stop it gracefully. Raises RuntimeError unless it ends with an `accepted` status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(STOP_TIMEOUT_S)
            if status not in accepted:
                raise RuntimeError(f"{self._process.args!r} ended with status {status}")
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            raise RuntimeError(f"{self._process.args!r} did not stop") from error


class Demo(NamedTuple):
    """A seeded demo that nobody serves: what data is copied from, and its keys and paks."""

    folder: Path
    api_key: str
    event_pak: str
    session_paks: list[str]
    login: str
    event_token: str
    booking: dict[str, Any]

    def copy_database(self, folder: Path) -> Path:
        """A copy of its database in the new folder `folder`."""
        folder.mkdir(parents=True)
        return Path(shutil.copy(self.folder / DATABASE, folder / DATABASE))


def make_demo(folder: Path, database_url: str | None = None) -> Demo:
    """Seed a demo, without a rate limit, under `folder` or in the database of that address."""
    url = database_url or url_of(folder / DATABASE)
    with _running(["turnout", "demo", "--data", str(folder)], folder, database_url=url):
        pass
    subprocess.run(
        [sys.executable, "-m", "turnout", "org", "set", "rail-forum", "--rate-limit", "0"],
        env=clean_environment(database_url=url),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    _run_statement(url, FORGET_MAILS)
    demo = json.loads((folder / "demo.json").read_text())
    members, user = demo["registration"], demo["messaging"]["user"]
    login = f"{user['username']}:{user['password']}"
    token = demo["attendance"]["eventToken"]
    return Demo(
        folder,
        members["apiKey"],
        members["eventPak"],
        members["sessionPaks"],
        login,
        token,
        demo["booking"],
    )


def _run_statement(url: str, statement: LiteralString) -> None:
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(path_of(url), isolation_level=None)) as connection:
            connection.execute(statement)
    else:
        with psycopg.connect(url) as session:
            session.execute(statement)


def url_of(database: Path) -> str:
    """The address of an SQLite file."""
    return f"sqlite:///{database.resolve()}"


@contextmanager
def turnout(
    folder: Path, database_url: str, *, work: bool = True, **chosen: Any
) -> Iterator[Server]:
    """Turnout on a database that is ready; `work` says whether it processes its queues, `chosen`
    are further settings."""
    settings = {"work_in_process": work, "intake_backlog": 1_000_000} | chosen
    with _running(
        ["turnout", "serve", "--allow-demo"], folder, database_url=database_url, **settings
    ) as server:
        yield server


@contextmanager
def bare(folder: Path, database_url: str) -> Iterator[Server]:
    """The bare server of `bare.py` on a copy of a Turnout database."""
    with _running(["bench.bare", "--database", database_url], folder) as server:
        yield server


@contextmanager
def worker(folder: Path, database_url: str) -> Iterator[int]:
    """`turnout work` on a database that is served: the number of its process."""
    with (folder / "work.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "turnout", "work"],
            env=clean_environment(database_url=database_url),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    server = Server(process, 0)
    try:
        _wait_for_handler(process.pid)
        yield process.pid
    finally:
        server.stop()


def _wait_for_handler(pid: int) -> None:
    """Wait until a process that serves nothing could be stopped gracefully."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(re.search(r"^SigCgt:\s+(\w+)", status, re.MULTILINE)[1], 16)  # type: ignore[index]
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.02)
    raise RuntimeError(f"process {pid} did not come to work")


@contextmanager
def _running(module: list[str], folder: Path, **settings: Any) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", *module, "--port", str(port)]
    since = time.perf_counter()
    with (folder / f"{module[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=clean_environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    server = Server(process, port)
    try:
        server.wait_until_answers("/healthz", since)
        yield server
    finally:
        server.stop()


def sign_in(server: Server, demo: Demo) -> str:
    """A bearer token of the demo's API key."""
    status, body = _request(server.port, "POST", "/v1.0/signin", {"APIKey": demo.api_key})
    if status != 200:
        raise RuntimeError(f"signin was answered {status}: {body.decode()}")
    token: str = json.loads(body)["idToken"]
    return token


def _request(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer: Any = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
