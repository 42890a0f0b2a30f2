"""A throwaway PostgreSQL server for tests, benches and people.

    python -m tests.support.postgresql serve          runs a server, prints its address

A server must not outlive anyone who started it, not even one that was killed. So each has a
*keeper*: a shell that reads from a pipe whose other end is held by the starter. The pipe closes
when the starter stops the cluster or dies, in whatever way; the keeper then stops the server and
removes its files. There is no other way to stop one. (A child forked without exec would hold the
pipe open too.)

PostgreSQL refuses to run as root, so under root the server, the keeper and the files belong to
the user `postgres`, or to `nobody`.
"""

import argparse
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.support.ports import free_port
from tests.support.postgresql_binaries import IS_ROOT, PostgresqlError, get_binaries

_KEEPER = 'cat >/dev/null; "$1" stop --silent --mode=immediate -D "$2/data"; rm -rf "$2"'
_START_ATTEMPTS = 3
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3
_SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
"""
_FAST_SETTINGS = """
fsync = off
full_page_writes = off
"""


class Cluster:
    """One running server with databases that are cheap to make. Ends with its starter."""

    def __init__(self, folder: Path, keeper: subprocess.Popen[bytes], address: str) -> None:
        self.folder = folder
        self._keeper = keeper
        self._address = address
        self._numbers = itertools.count(1)
        self._admin = psycopg.connect(self._url("postgres"), autocommit=True)

    @classmethod
    def start(cls, fsync: bool = False) -> Self:
        """Make and start a server (about a second). `fsync=True` is as durable as production; else
        its files are kept in memory where there is room for them.

        Raises PostgresqlError with the server's own words when it does not come up.
        """
        binaries = get_binaries()
        place = None if fsync else _find_memory()
        folder = Path(tempfile.mkdtemp(prefix="turnout-postgresql-", dir=place))
        password = secrets.token_urlsafe(16)
        (folder / "password").write_text(password)
        if user := server_user():
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", binaries / "pg_ctl", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **_asserver_user(folder),
        )
        try:
            _initialize(binaries, folder, fsync)
            port = _launch(binaries, folder)
            return cls(folder, keeper, f"postgresql://turnout:{password}@127.0.0.1:{port}")
        except BaseException:
            _dismiss(keeper)
            raise

    def create_database(self, template: str = "template1") -> str:
        """Make a database and return its address.

        `template` is a database to copy, by name or address; nobody may be connected to it.
        """
        name = f"t{next(self._numbers)}"
        # As files a small database is copied in a third of the time; older servers do only that.
        way = " STRATEGY file_copy" if self._admin.info.server_version >= 150_000 else ""
        self._admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}" + way).format(
                sql.Identifier(name), sql.Identifier(_name_in(template))
            )
        )
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Drop the database at `url`, cutting off anyone who uses it. One that is gone is no
        error."""
        name = sql.Identifier(_name_in(url))
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def stop(self) -> None:
        """Stop the server and remove its files. Idempotent."""
        self._admin.close()
        _dismiss(self._keeper)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _url(self, name: str) -> str:
        return f"{self._address}/{name}"


def _find_memory() -> Path | None:
    """A file system in memory: a database is made ten times as fast there."""
    with suppress(OSError):
        if shutil.disk_usage(_MEMORY).free >= _ROOM and os.access(_MEMORY, os.W_OK):
            return _MEMORY
    return None


def _name_in(url: str) -> str:
    return url.rpartition("/")[2]


def _initialize(binaries: Path, folder: Path, fsync: bool) -> None:
    options = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    # md5 costs half of what SCRAM does, and the tests open thousands of connections.
    users = ["--username=turnout", "--auth-local=trust", "--auth-host=md5"]
    password = f"--pwfile={folder / 'password'}"
    _run(folder, [binaries / "initdb", "-D", folder / "data", *options, *users, password])
    with (folder / "data/postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS + ("" if fsync else _FAST_SETTINGS))
        configuration.write(f"unix_socket_directories = '{folder}'\n")


def _launch(binaries: Path, folder: Path) -> int:
    """Start the server and return its port; tried again, as somebody may take the port first."""
    log = folder / "log"
    start: list[str | Path] = [binaries / "pg_ctl", "start", "--wait", "--silent"]
    for _ in range(_START_ATTEMPTS):
        port = free_port()
        with suppress(PostgresqlError):
            _run(folder, [*start, "-D", folder / "data", "-l", log, "-o", f"-p {port}"])
            return port
    raise PostgresqlError(f"PostgreSQL did not start:\n{log.read_text()}")


def _run(folder: Path, command: Sequence[str | Path]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **_asserver_user(folder),
    )
    if done.returncode:
        raise PostgresqlError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _asserver_user(folder: Path) -> dict[str, Any]:
    """How to run a program of the server: as its user, in its folder, without our PG settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    common: dict[str, Any] = {"cwd": folder, "env": environ | {"LC_ALL": "C"}}
    if user := server_user():
        common |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return common


def server_user() -> pwd.struct_passwd | None:
    """The user that runs the server in place of root; None when we are not root."""
    if not IS_ROOT:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _dismiss(keeper: subprocess.Popen[bytes]) -> None:
    if keeper.stdin:
        keeper.stdin.close()
    keeper.wait(timeout=60)


def _serve(fsync: bool) -> None:
    with Cluster.start(fsync) as cluster:
        print(cluster.create_database(), flush=True)
        # Blocked only now: the server would have inherited the mask.
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.postgresql")
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--fsync", action="store_true", help="as durable as production (slower)")
    options = parser.parse_args()
    try:
        _serve(options.fsync)
    except PostgresqlError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
