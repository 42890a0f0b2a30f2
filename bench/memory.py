"""What a server takes and how soon it is there: memory, start, and install to first page."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.figures import Job, Table, Target, median
from bench.load import Order, run
from bench.processes import count_processes, memory_mb
from bench.registrations import template
from bench.servers import Demo, Server, sign_in, turnout, url_of
from tests.support.ports import free_port
from tests.support.server import clean_environment

ROOT = Path(__file__).parents[1]
CONNECTIONS = (32, 256)
SAMPLE_S = 0.05
AFTER_MB = 120
PARTS = ("Makefile", "pyproject.toml", "requirements", "src", "tools", "LICENSE", "README.md")

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How often it is started, how long it is loaded, whether it is installed."""

    starts: int
    seconds: float
    settle_s: float
    install: bool


FULL = Size(starts=5, seconds=4.0, settle_s=2.0, install=True)
QUICK = Size(starts=2, seconds=1.0, settle_s=1.0, install=False)


class Used(msgspec.Struct, kw_only=True):
    """Memory in MB of all processes together, `loaded_mb` by number of connections (the peak).

    `install_s` is the time of `make demo` on an empty folder to the first page, with all packages
    to download.
    """

    processes: int
    idle_mb: float
    loaded_mb: dict[int, float]
    after_mb: float
    started_s: float
    install_s: float | None


Figures = Used


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Used:
    """All of it, on a copy of the demo."""
    database = demo.copy_database(folder / "server")
    progress("start-up")
    started = [_time_to_start(database) for _ in range(size.starts)]
    with turnout(database.parent, url_of(database)) as server:
        server.get("/")
        time.sleep(size.settle_s)
        idle, processes = memory_mb(server.pid), count_processes(server.pid)
        loaded = {}
        for connections in CONNECTIONS:
            progress(f"memory under load, {connections} connections")
            loaded[connections] = _peak_under_load(server, demo, connections, size.seconds)
        time.sleep(size.settle_s)
        after = memory_mb(server.pid)
    return Used(
        processes=processes,
        idle_mb=idle,
        loaded_mb=loaded,
        after_mb=after,
        started_s=median(started),
        install_s=_time_to_install(folder / "install", progress) if size.install else None,
    )


def _time_to_start(database: Path) -> float:
    with turnout(database.parent, url_of(database)) as server:
        return server.started_s


def _peak_under_load(server: Server, demo: Demo, connections: int, seconds: float) -> float:
    request = template(demo, sign_in(server, demo))
    with sampling(server.pid) as samples:
        run(
            Order(
                port=server.port,
                pids=[server.pid],
                template=request,
                connections=connections,
                first=connections * 1_000_000,
                seconds=seconds,
            )
        )
    return max(samples)


@contextmanager
def sampling(pid: int) -> Iterator[list[float]]:
    """How much memory the server has, in MB, every SAMPLE_S while the block runs."""
    samples = [memory_mb(pid)]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_S):
            samples.append(memory_mb(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


# -- from install to first page ------------------------------------------------------------


def _time_to_install(folder: Path, progress: Progress) -> float:
    """`make demo` on a copy of the project in `folder`, until `/` is answered; it downloads."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    progress("install to first page")
    port = free_port()
    environ = clean_environment() | {"PIP_NO_CACHE_DIR": "1", "UV_CACHE_DIR": str(folder / "cache")}
    since = time.perf_counter()
    with (folder / "make.log").open("wb") as log:
        process = subprocess.Popen(
            ["make", "demo", f"PORT={port}", f"PYTHON={_base_python()}"],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    server = Server(process, port)
    try:
        server.wait_until_answers("/", since)
    finally:
        # make stops what it runs, then dies of the signal itself.
        server.stop(accepted=(0, -signal.SIGTERM))
    return server.started_s


def _base_python() -> str:
    """The interpreter that the environment at hand was made with."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")


def targets(used: Used) -> list[Target]:
    """Idle memory, and the time to the first page where that was measured."""
    after = f"{used.after_mb:.0f} MB"
    found = [
        Target("memory, idle", "< 150 MB", f"{used.idle_mb:.0f} MB", used.idle_mb < 150),
        Target("memory, after load", f"< {AFTER_MB} MB", after, used.after_mb < AFTER_MB),
    ]
    if used.install_s is not None:
        time_ = f"{used.install_s:.1f} s"
        found.append(Target("install to first page", "< 20 s", time_, used.install_s < 20))
    return found


def jobs(used: Used) -> list[Job]:
    """What a server keeps after load."""
    after = f"{used.after_mb:.0f} MB"
    wanted = f"< {AFTER_MB} MB"
    return [Job("memory after load", after, target=wanted, is_met=used.after_mb < AFTER_MB)]


def tables(used: Used) -> list[Table]:
    """One row a figure."""
    rows = [
        ("processes", str(used.processes)),
        ("memory, idle", f"{used.idle_mb:.0f} MB"),
        *(
            (f"memory, peak under load of {connections} connections", f"{peak:.0f} MB")
            for connections, peak in used.loaded_mb.items()
        ),
        ("memory, after that load", f"{used.after_mb:.0f} MB"),
        ("start of `turnout serve` to first answer", f"{used.started_s:.2f} s"),
    ]
    if used.install_s is not None:
        rows.append(("`make demo` to first page", f"{used.install_s:.1f} s"))
    return [Table("Memory and start", ("", "figure"), rows)]
