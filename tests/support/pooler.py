"""PgBouncer in front of a test's PostgreSQL, started for real.

    with Pooler.start(url, "transaction") as pooler:
        pooler.url    # the same database, through the pooler

It ends with the test process, even one that was killed (see `tests.support.proxies`).
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.support.debian import install_packages
from tests.support.ports import free_port
from tests.support.postgresql import server_user
from tests.support.proxies import find_program

START_TIMEOUT_S = 30
POLL_S = 0.02
_KEEPER = 'cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; rm -rf "$2"'
_SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = md5
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {size}
logfile = {folder}/log
"""


class Pooler:
    """A running PgBouncer; `url` leads through it to the database that it was started for."""

    def __init__(self, url: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self._folder = folder
        self._process = process
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", str(process.pid), str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @classmethod
    def start(cls, url: str, mode: str, size: int = 4) -> Self:
        """Start one for the database at `url`; `mode` is PgBouncer's pool_mode, `size` how many
        sessions with the server it has."""
        if not find_program("pgbouncer"):
            install_packages(["pgbouncer"], lambda: find_program("pgbouncer"))
        folder, own_port = Path(tempfile.mkdtemp(prefix="turnout-pooler-")), free_port()
        parts = urlsplit(url)
        settings = _SETTINGS.format(
            host=parts.hostname,
            port=parts.port,
            own_port=own_port,
            folder=folder,
            mode=mode,
            size=size,
        )
        (folder / "settings.ini").write_text(settings)
        (folder / "users").write_text(f'"{parts.username}" "{parts.password}"\n')
        process = _launch(folder)
        place = f"{parts.username}:{parts.password}@127.0.0.1:{own_port}"
        pooler = cls(f"postgresql://{place}{parts.path}", folder, process)
        pooler._wait_until_listening(own_port)
        return pooler

    def stop(self) -> None:
        """Stop it and remove its files."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()  # it kills the whole group
        self._keeper.wait()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_listening(self, port: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(POLL_S)
        log = self._folder / "log"
        said = log.read_text() if log.exists() else "no log"
        self.stop()
        raise RuntimeError(f"PgBouncer does not listen:\n{said}")


def _launch(folder: Path) -> subprocess.Popen[bytes]:
    """It refuses to run as root, so then it and its files belong to the server's user."""
    user = server_user()
    if user:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user.pw_uid, user.pw_gid)
    return subprocess.Popen(
        [find_program("pgbouncer") or "pgbouncer", "--quiet", str(folder / "settings.ini")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", "")},
        cwd=folder,
        start_new_session=True,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
