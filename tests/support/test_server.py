"""The real server that tests start: it comes up, tells why when it does not, and never stays."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.server import Server, ServerError

ROOT = Path(__file__).parents[2]
DEADLINE_S = 20
STARTER = """
import sys
from pathlib import Path
from tests.support.server import Server
server = Server(Path(sys.argv[1]), command=("serve",)).start()
print(server.port, flush=True)
sys.stdin.read()
"""


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_server_does_not_outlive_a_starter_that_was_killed(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, tmp_path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        port = int(starter.stdout.readline())
        assert is_listening(port)
        starter.kill()
    deadline = time.monotonic() + DEADLINE_S
    while is_listening(port):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_server_can_be_killed_and_started_again(tmp_path: Path):
    with Server(tmp_path) as server:
        first = server.demo
        server.kill()
        assert not is_listening(server.port)
        server.start()
        assert server.demo == first
        assert server.stop() == 0


def test_a_server_that_does_not_start_says_why(tmp_path: Path):
    server = Server(tmp_path, command=("serve",), prot=80)
    with pytest.raises(ServerError, match="TURNOUT_PROT in the environment is not a known setting"):
        server.start()
