"""SpamAssassin's daemon as a judge of mails, by its own rules alone: it asks no network.

What is installed is used; otherwise root on Debian gets the distribution's package. It ends with
anyone who started it, like the peers of postfix.py.
"""

import os
import re
import shutil
import socket
from functools import cache

from tests.support.debian import install_packages
from tests.support.postfix import IS_ROOT, Peer

ANSWER_S = 60
_ANSWER = re.compile(r"Spam: \w+ ; (-?[\d.]+) / [\d.]+\r\n\r\n([\w,]*)")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


class SpamdError(Exception):
    """SpamAssassin could not be found, fetched or run; the message says what to do."""


def has_spamd() -> bool:
    """Whether the daemon is there."""
    return shutil.which("spamd", path=_PATH) is not None


@cache
def find_spamd() -> str:
    """The path of the daemon; its package is installed first where it is missing."""
    complaint = "" if has_spamd() else install_packages(["spamd"], has_spamd)
    if path := shutil.which("spamd", path=_PATH):
        return path
    raise SpamdError(
        "SpamAssassin's spamd is missing. On Debian, root gets it automatically; otherwise have it "
        f"installed (apt-get install spamd).\n{complaint}".rstrip()
    )


class Spamd(Peer):
    """The daemon: local rules only (-L), nobody's own settings (-x)."""

    def command(self) -> list[str]:
        user = ["-u", "nobody"] if IS_ROOT else []
        return [
            *(find_spamd(), "-L", "-x", "-m", "2", "-s", "stderr", *user),
            *("-i", "127.0.0.1", "-p", str(self.port), "--helper-home-dir", str(self.folder)),
        ]

    def judge(self, mail: bytes) -> tuple[float, list[str]]:
        """The score of a mail, and the rules that it met. Raises SpamdError."""
        head = f"SYMBOLS SPAMC/1.5\r\nContent-length: {len(mail)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S) as line:
            line.sendall(head + mail)
            line.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: line.recv(65_536), b"")).decode()
        found = _ANSWER.search(answer)
        if found is None:
            raise SpamdError(f"it answered {answer!r}:\n{self.log.read_text(errors='replace')}")
        return float(found[1]), found[2].split(",")
