"""Postfix's programs as peers: they say why they do not start, and never outlive their starter."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.postfix import PostfixError, SmtpSink

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60
STARTER = """
import sys
from tests.support.postfix import SmtpSink
sink = SmtpSink().start()
print(sink.port, sink.folder, flush=True)
sys.stdin.read()
"""


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_a_free_port_is_free():
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", free_port()))


def test_a_sink_ends_with_its_starter_even_if_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout
        port, folder = starter.stdout.readline().split()
        assert listens(int(port))
        starter.kill()
    deadline = time.monotonic() + TIMEOUT_S
    while listens(int(port)) or Path(folder).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_does_not_start_says_why():
    sink = SmtpSink("-r", "NONSENSE")
    with pytest.raises(PostfixError, match=r"does not answer on port \d+:\n.*NONSENSE"):
        sink.start()
    assert not sink.folder.exists()
