"""A real server that hangs ends itself, says where it stood, and can be started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import templates
from tests.support.client import ask
from tests.support.ports import free_port
from tests.support.server import clean_environment

LIMIT_S = 4
TIMEOUT_S = 90
# `turnout serve`, which SIGUSR1 makes hang in its event loop, and SIGUSR2 in the database's writer.
HANGING = """
import signal, sys, threading, time
from turnout import cli, serving

opened, open_database = [], serving.open_database

def keep(*arguments):
    opened.append(open_database(*arguments))
    return opened[-1]

def hold_the_loop(*_):
    time.sleep(10_000)

def hold_the_writer(*_):
    def stay(tx):
        time.sleep(10_000)
    threading.Thread(target=lambda: opened[-1].call(stay), daemon=True).start()

serving.open_database = keep
signal.signal(signal.SIGUSR1, hold_the_loop)
signal.signal(signal.SIGUSR2, hold_the_writer)
cli.main()
"""


@pytest.mark.parametrize(
    ("how", "where"),
    [(signal.SIGUSR1, "hold_the_loop"), (signal.SIGUSR2, "stay")],
    ids=["loop", "writer"],
)
def test_a_server_that_hangs_ends_and_says_where(
    tmp_path: Path, how: signal.Signals, where: str
) -> None:
    url, port = f"sqlite:///{tmp_path / 'turnout.db'}", free_port()
    templates.copy_migrated(tmp_path / "turnout.db")
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", HANGING, "serve", "--port", str(port)],
            env=clean_environment(database_url=url, hang_seconds=LIMIT_S),
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + TIMEOUT_S
        while not _answers(port):
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
        os.kill(server.pid, how)
        assert server.wait(TIMEOUT_S) == 1
    finally:
        server.kill()
        server.wait()
    said = (tmp_path / "log").read_text()
    assert f"Timeout (0:00:0{LIMIT_S})!" in said
    assert where in said


def _answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/readyz").status == 200
    except OSError:
        return False
