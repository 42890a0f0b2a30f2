"""Figures: how rounds are summed up, kept as JSON and shown as tables."""

import datetime
import os
import platform
import sqlite3
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.load import Measured
from turnout import __version__
from turnout.store.sqlite import disk_fsync_ms

RESULTS = Path(__file__).parent / "results"


class Table(NamedTuple):
    """Rows of text under headings."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table as Markdown; all columns but the first are figures."""
        rule = ["---", *["---:"] * (len(self.headings) - 1)]
        return "\n".join(f"| {' | '.join(row)} |" for row in (self.headings, rule, *self.rows))


class Target(NamedTuple):
    """What a figure should be, and what it is."""

    name: str
    wanted: str
    measured: str
    is_met: bool


class Job(NamedTuple):
    """A job of the table at the top of the page, on each database; empty where there is no figure.
    `limit` is what the bare server does, `ratio` what part of that, or of another job, it is."""

    name: str
    sqlite: str = ""
    postgresql: str = ""
    limit: str = ""
    ratio: str = ""
    target: str = ""
    is_met: bool | None = None


class Beside(NamedTuple):
    """Seconds of a list that was read to its end, and of the database's shell for the same."""

    seconds: float
    shell_s: float


def job_beside_shell(name: str, lists: "dict[str, Beside]", wanted: float) -> Job:
    """A long list on each database, which may take `wanted` times as long as the shell."""
    ratios = [one.seconds / one.shell_s for one in lists.values()]
    took = {where: f"{one.seconds:.1f} s" for where, one in lists.items()}
    return Job(
        name,
        took.get("SQLite", ""),
        took.get("PostgreSQL", ""),
        "the shell: " + " and ".join(f"{one.shell_s:.1f} s" for one in lists.values()),
        " and ".join(f"{ratio:.1f}" for ratio in ratios) + " times",
        f"≤ {wanted} times",
        all(ratio <= wanted for ratio in ratios),
    )


class Machine(msgspec.Struct):
    """Where figures were taken. `fsync_ms` is the time to make 4 KiB durable."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    sqlite: str
    turnout: str
    commit: str
    fsync_ms: float


class Step(msgspec.Struct):
    """What one step measured, when, and how busy the machine was before and after (load average).

    The load average of a quiet machine rises while a bench runs; before it, it should be near 0.
    """

    began: datetime.datetime
    seconds: float
    load_before: float
    load_after: float
    quick: bool
    figures: Any


class Results(msgspec.Struct):
    """One run: a file under bench/results."""

    machine: Machine
    steps: dict[str, Step] = {}

    def save(self, file: Path) -> None:
        """Write the file whole or not at all."""
        file.parent.mkdir(exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))
        draft.replace(file)


def load_results(file: Path) -> Results:
    """Read what `save` wrote."""
    return msgspec.json.decode(file.read_bytes(), type=Results)


def new_file() -> Path:
    """Where the results of a run that begins now are kept."""
    return RESULTS / f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.json"


class Summary(msgspec.Struct, kw_only=True):
    """Several rounds: medians; the worst latency; every answer other than 200.

    `others` is how many processors were busy with something else.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_cpu_us: float
    load_cpu_us: float
    others: float
    failed: int


def sum_up(rounds: Sequence[Measured]) -> Summary:
    """The medians of the rounds."""
    return Summary(
        per_second=median(sample.per_second for sample in rounds),
        p50_ms=median(sample.p50_ms for sample in rounds),
        p99_ms=median(sample.p99_ms for sample in rounds),
        max_ms=max(sample.max_ms for sample in rounds),
        server_cpu_us=median(sample.server_cpu_us for sample in rounds),
        load_cpu_us=median(sample.load_cpu_us for sample in rounds),
        others=median(sample.others for sample in rounds),
        failed=sum(sample.failed for sample in rounds),
    )


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def describe_machine(folder: Path) -> Machine:
    """This machine; `folder` is where the databases are."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gb=round(memory / 1e9, 1),
        system=platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform()),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        turnout=__version__,
        commit=_commit(),
        fsync_ms=round(disk_fsync_ms(folder), 3),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
