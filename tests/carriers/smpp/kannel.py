"""Kannel, which is not written by us: its bearerbox and smsbox as a client of our network.

    with Kannel(folder, smsc_port) as kannel:
        kannel.send("61400000001", "Hello")

Both end with the block. Debian's package `kannel` has them (tests/support/install.py).
"""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from tests.support.debian import install_packages
from tests.support.ports import free_port

PROGRAMS = ("bearerbox", "smsbox")
TIMEOUT_S = 60
_CONF = """
group = core
admin-port = {admin}
admin-password = secret
smsbox-port = {box}
dlr-storage = internal
log-level = 0

group = smsc
smsc = smpp
smsc-id = turnout
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
interface-version = 34
smsc-username = kannel
smsc-password = secret
system-type = ""
max-pending-submits = 100

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {send}

group = sendsms-user
username = me
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
text = "No"
"""


class KannelError(Exception):
    """Kannel cannot be installed or does not run; the message says why."""


def find_program(name: str) -> str:
    """The path of one of Kannel's programs, installed first where root can. Raises KannelError."""
    path = "/usr/sbin:/usr/bin:/usr/local/sbin"
    complaint = ""
    if not shutil.which(name, path=path):
        complaint = install_packages(["kannel"], lambda: shutil.which(name, path=path))
    found = shutil.which(name, path=path)
    if not found:
        raise KannelError(f"These tests need {name}: apt-get install kannel.\n{complaint}".strip())
    return found


class Kannel:
    """Both boxes, with their files in `folder`, bound to the network at `smsc_port`."""

    def __init__(self, folder: Path, smsc_port: int) -> None:
        self._folder = folder
        self._ports = {name: free_port() for name in ("admin", "box", "send")}
        self._conf = folder / "kannel.conf"
        self._conf.write_text(_CONF.format(smsc=smsc_port, **self._ports))
        self._boxes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for name in PROGRAMS:
            command = [find_program(name), "-v", "4", str(self._conf)]
            log = (self._folder / f"{name}.log").open("wb")
            with log:
                box = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
            self._boxes.append(box)
            self._wait_for(name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for box in reversed(self._boxes):
            box.kill()
            box.wait()

    @property
    def send_port(self) -> int:
        """Where its API for texts is."""
        return self._ports["send"]

    @property
    def pids(self) -> list[int]:
        """The processes of both boxes."""
        return [box.pid for box in self._boxes]

    def send(self, to: str, text: str, **others: str) -> str:
        """Have it send a text; what it answers."""
        form = {"username": "me", "password": "secret", "from": "61400000100", "to": to}
        query = urlencode({**form, "text": text, "charset": "UTF-8", **others})
        return self._ask(f"http://127.0.0.1:{self._ports['send']}/cgi-bin/sendsms?{query}")

    def status(self) -> str:
        """What it says of itself and its connection."""
        port = self._ports["admin"]
        return self._ask(f"http://127.0.0.1:{port}/status.txt?password=secret")

    def _ask(self, url: str) -> str:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def _wait_for(self, name: str) -> None:
        asked = self.status if name == "bearerbox" else lambda: self.send("", "")
        for _ in range(TIMEOUT_S * 20):
            try:
                asked()
                return
            except OSError:
                time.sleep(0.05)
        log = (self._folder / f"{name}.log").read_text(errors="replace")
        raise KannelError(f"{name} does not answer: {log[-500:]}")
