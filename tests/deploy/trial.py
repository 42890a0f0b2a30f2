"""`deploy/ha/trial`, run as an operator runs it, and the faults that its machines may have.

What was started ends with the test process, even one that was killed (see `tests.support.server`).
"""

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.deploy.silence import Network
from tests.support.debian import install_packages
from tests.support.ports import free_port
from tests.support.postgresql_binaries import get_binaries
from tests.support.proxies import find_program
from tests.support.server import clean_environment

ROOT = Path(__file__).parents[2]
TRIAL = ROOT / "deploy/ha/trial"
PROGRAMS = {"etcd": "etcd-server", "patroni": "patroni", "haproxy": "haproxy"}
POLL_S = 0.1
_MEMORY = Path("/dev/shm")
_KEEPER = 'cat >/dev/null; "$1" "$2" stop "$3"; rm -rf "$3"'
_module = runpy.run_path(str(TRIAL))


class Machines:
    """The databases of a running trial by their names: db1, db2, …"""

    def __init__(self, folder: Path, network: Network) -> None:
        self.folder = folder
        self._network = network
        self._cluster = _module["open_cluster"](folder)
        self.plan: dict[str, Any] = self._cluster.plan

    @property
    def web(self) -> int:
        return int(self.plan["ports"]["web"])

    @property
    def database_url(self) -> str:
        return str(self.plan["database_url"])

    def find_primary(self, *, other_than: str = "") -> str | None:
        """The machine that says it may write now."""
        primary: str | None = self._cluster.find_primary(other_than=other_than)
        return primary

    def is_whole(self) -> bool:
        """Whether all follow one primary, and one of them confirms its commits."""
        return bool(self._cluster.is_whole())

    def list_restarted(self) -> list[str]:
        """The nodes of Turnout that are not the processes any more that were started."""
        nodes = {name: node for name, node in self.plan["processes"].items() if "turnout" in name}
        return [name for name, node in nodes.items() if not _module["is_running"](node)]

    def list_tracebacks(self) -> list[str]:
        """The lines with a traceback in the logs of Turnout: an outage is no bug."""
        logs = [path.read_text(errors="replace") for path in self.folder.glob("logs/turnout-*")]
        return [line for log in logs for line in log.splitlines() if "Traceback" in line]

    def list_running(self) -> list[str]:
        """Everything that was started and still runs."""
        own = self.plan["processes"].items()
        return [name for name, node in own if _module["is_running"](node)]

    def read_status(self) -> str:
        """What `trial status` says."""
        command = [sys.executable, str(TRIAL), "status", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    # -- faults --------------------------------------------------------------------------------

    def kill(self, name: str) -> Callable[[], None]:
        """SIGKILL to PostgreSQL's first process; nothing is to be undone."""
        os.kill(self._postmaster(name), signal.SIGKILL)
        return lambda: None

    def freeze(self, name: str) -> Callable[[], None]:
        """Stop every process of the machine where it stands; returns what lets them go on."""
        own = self.plan["processes"]
        first = [own[name]["pid"], self._postmaster(name)]
        etcd = own.get(name.replace("db", "etcd"))
        if etcd and len(self.plan["ports"]["etcd"]) > 1:
            first.append(etcd["pid"])
        stopped: list[int] = []
        # A process that has been stopped makes no more children.
        for pid in first:
            _stop_tree(pid, stopped)

        def thaw() -> None:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

        return thaw

    def cut(self, name: str) -> Callable[[], None]:
        """Let nothing pass between the machine and all others; returns what ends that."""
        self._network.silence(name)
        return lambda: self._network.restore(name)

    def _postmaster(self, name: str) -> int:
        file = self.folder / name / "data/postmaster.pid"
        return int(file.read_text().splitlines()[0])


def _stop_tree(pid: int, stopped: list[int]) -> None:
    if pid in stopped:
        return
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                _stop_tree(int(child), stopped)


@contextmanager
def running_trial(
    machines: int, logs: Path, *, is_cuttable: bool, **settings: Any
) -> Iterator[Machines]:
    """Start the whole of it in a folder of its own. `logs` is where a copy of all logs is left,
    `settings` are Turnout's. Fails with the words of the program where a program is missing or
    something does not come up."""
    _install()
    folder = Path(tempfile.mkdtemp(prefix="turnout-ha-", dir=_find_place()))
    folder.chmod(0o755)
    with Network() as network:
        if is_cuttable:
            _lay_relays(folder, network, machines)
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", sys.executable, str(TRIAL), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _start(folder, machines, settings)
            yield Machines(folder, network)
        finally:
            shutil.copytree(folder / "logs", logs)
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(timeout=180)


def _start(folder: Path, machines: int, settings: dict[str, Any]) -> None:
    done = subprocess.run(
        [sys.executable, TRIAL, "start", folder, "--machines", str(machines), "--empty"],
        env=clean_environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        logs = [f"{path.name}: {path.read_text()[-2000:]}" for path in folder.glob("logs/*")]
        raise AssertionError("\n".join([done.stdout, done.stderr, *logs]))


def _install() -> None:
    """Install what is missing where that can be done; the program says what is missing still."""
    get_binaries()
    missing = [package for name, package in PROGRAMS.items() if not find_program(name)]
    if missing:
        install_packages(missing, lambda: all(find_program(name) for name in PROGRAMS))


def _find_place() -> Path | None:
    with suppress(OSError):
        if shutil.disk_usage(_MEMORY).free > 4 * 1024**3:
            return _MEMORY
    return None


def _lay_relays(folder: Path, network: Network, machines: int) -> None:
    """Put a relay on each way from and to each database, and write down where they listen."""
    ports = _module["choose_ports"](machines)
    for number, own in enumerate(ports["databases"], start=1):
        name = f"db{number}"
        for part in ("postgresql", "patroni"):
            own[part] = {"listens": free_port(), "reached": free_port()}
            network.add(name, own[part]["reached"], own[part]["listens"])
        own["etcd"] = []
        for member in ports["etcd"]:
            own["etcd"].append(free_port())
            network.add(name, own["etcd"][-1], member["client"])
    (folder / "ports.json").write_text(json.dumps(ports))


def wait_until(
    is_so: Callable[[], object], what: str, seconds: float, tell: Callable[[], str] = str
) -> None:
    """Poll until `is_so` says something true. Raises AssertionError with what `tell` says."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}\n{tell()}")
        time.sleep(POLL_S)
