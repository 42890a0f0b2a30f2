"""A network that is not written by us: the npm package smpp behind `server.js`.

    async with Peer.start(receipts="tlv") as peer:
        ...
        await peer.wait_for("submit", count=3)

The package is installed once, as locked in package-lock.json, into a folder beside the tests'
other tools. One process serves all peers of a test process, and ends when its input closes, so it
never outlives the tests.
"""

import asyncio
import atexit
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Self

from tests.support.debian import install_packages

FOLDER = Path(__file__).parent
LOCK = FOLDER / "package-lock.json"
TIMEOUT_S = 60

Event = dict[str, Any]


class PeerError(Exception):
    """The peer cannot be installed or run; the message says what to do."""


class Peer:
    """One network on a free port. `events` is all that it told so far."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Event] = []
        self.port = 0
        self._reader = reader
        self._writer = writer
        self._told = asyncio.Condition()
        self._looks = 0

    @classmethod
    @asynccontextmanager
    async def start(cls, tls: dict[str, str] | None = None, **options: Any) -> AsyncIterator[Self]:
        """A network; `options` are those at the head of server.js, `tls` its key and cert."""
        peer = cls(*await asyncio.open_connection("127.0.0.1", _serve()))
        reading = asyncio.create_task(peer._read())
        peer._write({"options": options, "tls": tls or {}})
        try:
            peer.port = (await peer.wait_for("listening"))[0]["port"]
            yield peer
        finally:
            peer._writer.close()
            await asyncio.wait_for(reading, TIMEOUT_S)

    def order(self, do: str, **members: Any) -> None:
        """Have it do something; see `orders` in server.js."""
        self._write({"do": do, **members})

    async def set(self, **options: Any) -> None:
        """Change its options; they hold when this returns."""
        self.order("set", options=options)
        await self.look("listening")

    async def look(self, event: str) -> list[Event]:
        """What it has seen of one kind until now."""
        self._looks += 1
        self.order("look", number=self._looks)
        await self.wait_for("looked", self._looks)
        return self._told_of(event)

    async def wait_for(self, event: str, count: int = 1) -> list[Event]:
        """Wait until it told so many of one kind; those. Raises TimeoutError."""
        async with asyncio.timeout(TIMEOUT_S), self._told:
            await self._told.wait_for(lambda: len(self._told_of(event)) >= count)
        return self._told_of(event)

    def _told_of(self, event: str) -> list[Event]:
        return [entry for entry in self.events if entry["event"] == event]

    def _write(self, order: dict[str, Any]) -> None:
        self._writer.write(json.dumps(order).encode() + b"\n")

    async def _read(self) -> None:
        while line := await self._reader.readline():
            async with self._told:
                self.events.append(json.loads(line))
                self._told.notify_all()


@cache
def _serve() -> int:
    """The control port of the process that serves all peers, started on the first call."""
    process = subprocess.Popen(
        [find_program("node"), FOLDER / "server.js"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"NODE_PATH": str(install() / "node_modules")},
    )
    assert process.stdin
    assert process.stdout
    atexit.register(process.communicate)
    return int(process.stdout.readline())


@cache
def install() -> Path:
    """The folder of the installed packages, made on the first call. Raises PeerError."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder = Path(sys.prefix) / f"smpp-peer-{digest}"
    if folder.exists():
        return folder
    npm = find_program("npm")
    # Made whole beside its place, so that two test processes cannot meet half of it.
    with tempfile.TemporaryDirectory(dir=sys.prefix, prefix="smpp-peer-") as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, made)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True)
        if done.returncode:
            raise PeerError(f"npm could not install the SMPP peer of the tests:\n{done.stderr}")
        with suppress(OSError):
            Path(made).rename(folder)
            Path(made).mkdir()
    return folder


def find_program(name: str) -> str:
    """The path of `node` or `npm`, installed first where root can. Raises PeerError."""
    complaint = ""
    if not shutil.which(name):
        complaint = install_packages(["nodejs", "npm"], lambda: shutil.which(name))
    found = shutil.which(name)
    if not found:
        raise PeerError(
            f"The tests of the SMPP carrier need {name}. Install Node.js 18 or newer with npm "
            f"(on Debian: apt-get install nodejs npm).\n{complaint}".strip()
        )
    return found
