"""`turnout …` in processes of their own that need not load the program: forks of one that has.

Loading takes a second of a processor, four fifths of what it costs to start a server. So a process
of tests keeps a *nursery*: it has loaded the program, has no threads and has run nothing of it, and
forks whenever it is asked. A fork is a process like any other: its own session, settings, folder
and files, and it runs `turnout.__main__`. It ends as that does, and can be killed at any time.

    process = start(["serve", "--port", "8080"], env=…, cwd=folder, log=file)

The program is executed as usual where a fork would not be the same: where its environment differs
from ours in more than settings, and in the full forms of proofs and the stage of limits in
milliseconds (`refuse`).
"""

import atexit
import gc
import json
import os
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
LONGEST_REQUEST = 1_000_000
# What a server has loaded once it serves, as far as it is the same for all.
LOADED = (
    "turnout.cli.servers",
    "turnout.serving",
    "turnout.cli.checking",
    "turnout.cli.demo_server",
)
# Whether compiled modules are written changes nothing that runs (conftest.py keeps them).
AT_LOADING = re.compile(
    "LD_|PYTHON(?!DONTWRITEBYTECODE)|MALLOC_|GLIBC_|LC_|LANG|TZ|FAKETIME|OPENSSL_|SSL_"
)
_environment = dict(os.environ)
_is_refused = False


class Forked:
    """A process that the nursery has forked, with what the tests need of `subprocess.Popen`."""

    def __init__(self, pid: int, ending: int, arguments: Sequence[str]) -> None:
        self.pid = pid
        self.args = arguments
        self.returncode: int | None = None
        self._ending = ending
        """The end of a pipe on which the nursery says how the process ended."""

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, or the negative number of the signal. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._ending], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            said = os.read(self._ending, 100)
            os.close(self._ending)
            # A nursery that was killed says nothing; its forks are killed by their keepers.
            self.returncode = int(said) if said else -signal.SIGKILL
        return self.returncode

    def send_signal(self, number: int) -> None:
        """One that has ended is no error."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


Process = Forked | subprocess.Popen[bytes]


def refuse() -> None:
    """From now on every program is executed."""
    global _is_refused
    _is_refused = True


def start(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: IO[bytes],
    errors: IO[bytes] | None = None,
) -> Process:
    """Run `turnout` with these arguments in a new session, its output into `log` and its standard
    error into `errors`, or there too: forked, or executed."""
    return fork(arguments, env=env, cwd=cwd, log=log, errors=errors) or subprocess.Popen(
        [sys.executable, "-m", "turnout", *arguments],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=errors or log,
        start_new_session=True,
    )


def fork(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: IO[bytes],
    errors: IO[bytes] | None = None,
) -> Forked | None:
    """As `start`; None where it has to be executed."""
    if _is_refused or not _can_fork() or _loading(env) != _loading(_environment):
        return None
    return _nursery().fork(arguments, env, cwd, [log, errors or log])


@cache
def _can_fork() -> bool:
    """Whether this system tells of the end of a process by a descriptor (Linux 5.3)."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def _loading(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a program obeys while it is loaded; all else it reads when it runs."""
    return {name: value for name, value in environment.items() if AT_LOADING.match(name)}


class Nursery:
    """The process that forks, and our end of the line to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # It ends when the line does, that is, with us.
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            env=_environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def fork(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        output: Sequence[IO[bytes]],
    ) -> Forked:
        ending, told = os.pipe()
        request = json.dumps([list(arguments), dict(env), str(cwd)]).encode()
        with self._lock:
            socket.send_fds(self._line, [request], [told, *(file.fileno() for file in output)])
            os.close(told)
            return Forked(int(self._line.recv(100)), ending, arguments)

    def close(self) -> None:
        """Let it end. What it has forked goes on."""
        self._line.close()
        self._process.wait(timeout=60)


@cache
def _nursery() -> Nursery:
    nursery = Nursery()
    atexit.register(nursery.close)
    return nursery


# -- in the nursery ---------------------------------------------------------------------------


def tend(line: socket.socket) -> list[str]:
    """Fork whenever it is asked for; returns in each fork, with its arguments."""
    children: dict[int, tuple[int, int]] = {}
    """By the descriptor that tells of its end: a child's number, and where its end is told."""
    while True:
        ready: list[int] = select.select([line.fileno(), *children], [], [])[0]
        for ended in children.keys() & set(ready):
            _tell_end(ended, *children.pop(ended))
        if line.fileno() not in ready:
            continue
        request, files, _, _ = socket.recv_fds(line, LONGEST_REQUEST, 3)
        if not request:
            sys.exit()
        told, *output = files
        arguments, environment, folder = json.loads(request)
        if pid := os.fork():
            for descriptor in output:
                os.close(descriptor)
            children[os.pidfd_open(pid)] = pid, told
            continue
        for descriptor in (told, *children, *(told for _, told in children.values())):
            os.close(descriptor)
        _become(environment, folder, output)
        with line:  # from now on it has a session, and can be killed with all that is in it
            line.send(str(os.getpid()).encode())
        return list(arguments)


def _tell_end(descriptor: int, pid: int, told: int) -> None:
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(descriptor)
    os.close(told)


def _become(environment: dict[str, str], folder: str, output: list[int]) -> None:
    os.setsid()
    os.chdir(folder)
    sys.path[0] = folder
    for descriptor, file in enumerate(output, 1):
        os.dup2(file, descriptor)
        os.close(file)
    # Those that there are know what files they were opened on.
    lines = 1 if "PYTHONUNBUFFERED" in environment else -1
    sys.stdout = open(1, "w", buffering=lines, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)


if __name__ == "__main__":
    for name in LOADED:
        __import__(name)
    gc.freeze()
    sys.argv = ["turnout", *tend(socket.socket(fileno=int(sys.argv[1])))]
    runpy.run_module("turnout", run_name="__main__", alter_sys=True)
