"""Postfix as a peer: its `smtp-sink`, a mail sink in C, and a whole mail transfer agent.

What is installed is used; otherwise root on Debian gets the distribution's package. Both peers
end with anyone who started them, even one that was killed: a *keeper*, a shell that reads from a
pipe held by the starter, kills their process group when the pipe closes.

The agent needs root, as it runs its parts as the user `postfix`; the sink does not.
"""

import email
import email.policy
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Self

from tests.support.debian import install_packages
from tests.support.ports import free_port

START_TIMEOUT_S = 30
MAIL_TIMEOUT_S = 60
POLL_S = 0.02
IS_ROOT = os.geteuid() == 0
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/lib/postfix/sbin"
_KEEPER = 'cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; rm -rf "$2"'

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = relay.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {access} }}
transport_maps = inline:{{ {transports} }}
default_transport = discard
smtpd_error_sleep_time = 0
maillog_file = /dev/stdout
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("maildrop", "pid", "private", "public", "saved", "trace"),
)


class PostfixError(Exception):
    """Postfix could not be found, fetched or run; the message says what to do."""


@cache
def find_program(name: str) -> str:
    """The path of one of Postfix's programs; the package is installed first where it is missing.

    Raises PostfixError when it cannot be.
    """
    complaint = ""
    if not has_program(name):
        complaint = install_packages(["postfix"], lambda: has_program(name))
    if path := shutil.which(name, path=_PATH):
        return path
    raise PostfixError(
        f"Postfix's {name} is missing. On Debian, root gets it automatically; otherwise have it "
        f"installed (apt-get install postfix).\n{complaint}".rstrip()
    )


def has_program(name: str) -> bool:
    """Whether the program is there."""
    return shutil.which(name, path=_PATH) is not None


class Peer:
    """A server of Postfix's in a folder of its own, on a free port.

    `smtp-sink` and the agent drop root's rights, so the folder is open to them.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="turnout-postfix-"))
        self.folder.chmod(0o777)
        self.port = free_port()
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """How to start it."""
        raise NotImplementedError

    def start(self) -> Self:
        """Start, and wait until it answers. Raises PostfixError with its own words."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", str(self._process.pid), str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(POLL_S)
        said = self.log.read_text(errors="replace")
        self.stop()
        raise PostfixError(f"{self.command()} does not answer on port {self.port}:\n{said}")

    def stop(self) -> None:
        """End it, and remove its folder."""
        if self._process and self._keeper and self._keeper.stdin:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._keeper.stdin.close()
            self._keeper.wait()
            self._process.wait()
        self._process = self._keeper = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class SmtpSink(Peer):
    """`smtp-sink` with these options (its manual lists them). Keeps every mail it takes."""

    def __init__(self, *options: str, keep: bool = True) -> None:
        super().__init__()
        self._options = [*options]
        if keep:
            self._options += ["-d", f"{self.folder}/mail."]
        if IS_ROOT:
            self._options += ["-u", "nobody"]

    def command(self) -> list[str]:
        return [find_program("smtp-sink"), *self._options, f"127.0.0.1:{self.port}", "100"]

    def wait_for_mails(self, count: int) -> "list[SunkMail]":
        """The mails taken, by destination, once there are so many. Raises PostfixError."""
        deadline = time.monotonic() + MAIL_TIMEOUT_S
        while True:
            mails = [SunkMail(path.read_bytes()) for path in self.folder.glob("mail.*")]
            if len(mails) >= count and all(mail.is_whole for mail in mails):
                return sorted(mails, key=lambda mail: mail.recipients)
            if time.monotonic() > deadline:
                raise PostfixError(f"{len(mails)} mails came, {count} were expected")
            time.sleep(POLL_S)


class SunkMail:
    """One mail as smtp-sink wrote it down: the envelope as X- fields before its Received."""

    def __init__(self, dump: bytes) -> None:
        envelope, _, rest = dump.partition(b"\nReceived:")
        fields = email.message_from_bytes(envelope)
        self.mail_arguments = str(fields["X-Mail-Args"])
        self.recipients = [str(value) for value in fields.get_all("X-Rcpt-Args", [])]
        _, _, self.lines = rest.partition(b" (UTC)\n")
        self.is_whole = self.lines.endswith(b"\n\n")

    @property
    def raw(self) -> bytes:
        """The mail as it was sent, with its line ends."""
        return self.lines.removesuffix(b"\n").replace(b"\n", b"\r\n")

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)


class Relay(Peer):
    """Postfix itself, as the relay that others mail through.

    `transports` says what happens to a domain's mail (`example.net` -> `error:5.1.1 nobody`,
    `smtp:[127.0.0.1]:2525`), `access` what is answered to a recipient (`a@example.net` -> `550
    5.1.1 nobody`). All other mail is accepted and thrown away.
    """

    def __init__(self, transports: Mapping[str, str], access: Mapping[str, str]) -> None:
        super().__init__()
        self._transports = transports
        self._access = access

    def command(self) -> list[str]:
        # Not `postfix start-fg`, whose master would leave the process group that the keeper ends.
        return [find_program("master"), "-c", str(self.folder / "conf"), "-s"]

    def start(self) -> Self:
        find_program("master")
        if not IS_ROOT:
            self.folder.rmdir()
            raise PostfixError("Postfix as a mail transfer agent can be started by root only.")
        self.folder.chmod(0o755)
        (self.folder / "conf").mkdir()
        for name in ("data", *(f"queue/{name}" for name in _QUEUES)):
            (self.folder / name).mkdir(parents=True)
            os.chown(self.folder / name, pwd.getpwnam("postfix").pw_uid, 0)
        main = _MAIN.format(
            folder=self.folder, access=_table(self._access), transports=_table(self._transports)
        )
        (self.folder / "conf/main.cf").write_text(main)
        (self.folder / "conf/master.cf").write_text(_MASTER.format(port=self.port))
        return super().start()


def _table(entries: Mapping[str, str]) -> str:
    return ", ".join(f"{{{key}={value}}}" for key, value in entries.items())
