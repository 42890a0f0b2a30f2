"""Processes that are started, known again by the moment at which they began, asked and ended."""

import glob
import http.client
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

POLL_S = 0.1
# The user of the databases, which do not run as root; None for anybody else, who runs all.
OWNER = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

Process = dict[str, Any]


class TrialError(Exception):
    """Something did not come up; the message says what, and where its log is."""


def start_process(
    command: list[str],
    environ: dict[str, str],
    *,
    folder: Path,
    log: Path,
    owner: pwd.struct_passwd | None = None,
) -> Process:
    """Start a process in a session of its own, in the folder and with that log. Raises TrialError
    if the program is not installed."""
    user: dict[str, Any] = {}
    if owner:
        user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [find_program(command[0]), *command[1:]],
            env=inherited | environ,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **user,
        )
    return {"pid": process.pid, "began": read_began(process.pid)}


def read_began(pid: int) -> str | None:
    """When a process began, as the kernel counts it; None when there is none (a zombie is none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def is_running(process: Process) -> bool:
    """Whether it is still that process, and not another that got its number."""
    return process["began"] is not None and read_began(process["pid"]) == process["began"]


def send(process: Process, number: signal.Signals) -> None:
    """Send a signal to the process, if it still runs."""
    if is_running(process):
        with suppress(ProcessLookupError):
            os.kill(process["pid"], number)


def end_processes(processes: Iterable[Process], seconds: float) -> None:
    """Ask all to end, also stopped ones, and kill those that still run after so many seconds."""
    ending = list(processes)
    for number in (signal.SIGCONT, signal.SIGTERM):
        for process in ending:
            send(process, number)
    deadline = time.monotonic() + seconds
    while any(map(is_running, ending)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    for process in ending:
        send(process, signal.SIGKILL)


def end_postmaster(data: Path) -> None:
    """End a PostgreSQL that outlived its Patroni, if it is the one of this folder."""
    with suppress(OSError, ValueError):
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if str(data).encode() in words or f"--data-directory={data}".encode() in words:
            for number in (signal.SIGCONT, signal.SIGQUIT):
                os.kill(pid, number)


# -- around them ---------------------------------------------------------------------------


def find_program(name: str) -> str:
    """Where a program is, also in the folders of the administrator's."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    program = shutil.which(name, path=path)
    if program is None:
        raise TrialError(f"{name} is not installed: see deploy/ha/README.md.")
    return program


def find_postgresql() -> str:
    """The folder of the newest PostgreSQL's programs."""
    folders = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if not folders:
        raise TrialError("PostgreSQL is not installed: see deploy/ha/README.md.")
    newest = max(folders, key=lambda path: int(Path(path).parts[-3]))
    return str(Path(newest).parent)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(f"{file.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of GET; (0, b"") where nobody answers within two seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def is_ready(port: int) -> bool:
    """Whether a node of Turnout, or HAProxy before it, says that it is."""
    return ask(port, "/readyz")[0] == 200
