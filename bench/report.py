"""Puts the newest figures into docs/performance.md, between its markers.

Every step is taken from the newest run under bench/results that measured it in full. What stands
outside the markers is written by hand. The table at the top has the jobs of the steps that name
theirs, and beside them what others do.
"""

import re
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

from bench.figures import RESULTS, Job, Machine, Step, Table, Target, load_results

PAGE = Path(__file__).parents[1] / "docs/performance.md"
_PART = re.compile(r"(<!-- bench:(\w+) -->\n).*?(<!-- /bench -->)", re.DOTALL)


class Found(NamedTuple):
    """A step in full, and where it was measured."""

    machine: Machine
    step: Step
    figures: Any


def update(steps: dict[str, ModuleType], page: Path = PAGE, results: Path = RESULTS) -> list[str]:
    """Write the page again; returns the names of the steps of which there are figures."""
    found = find_newest(steps, results)
    texts = {name: _section(steps[name], run) for name, run in found.items()}
    texts["targets"] = _targets(steps, found)
    texts["jobs"] = _jobs(steps, found)
    page.write_text(
        _PART.sub(
            lambda part: part[1] + texts.get(part[2], "\nNot measured yet.\n") + part[3],
            page.read_text(encoding="utf-8"),
        ),
        encoding="utf-8",
    )
    return list(found)


def find_newest(steps: dict[str, ModuleType], results: Path) -> dict[str, Found]:
    """The newest full figures of each step that has any."""
    found: dict[str, Found] = {}
    for file in sorted(results.glob("*.json"), reverse=True):
        run = load_results(file)
        for name, step in run.steps.items():
            if not step.quick and name in steps and name not in found:
                # Figures in an older form of the step are left out.
                with suppress(msgspec.ValidationError):
                    figures = msgspec.convert(step.figures, steps[name].Figures, strict=False)
                    found[name] = Found(run.machine, step, figures)
    return found


def _section(module: ModuleType, found: Found) -> str:
    tables: list[Table] = module.tables(found.figures)
    parts = [f"**{table.title}**\n\n{table.markdown()}" for table in tables]
    return "\n" + "\n\n".join([_provenance(found), *parts]) + "\n"


def _provenance(found: Found) -> str:
    machine, step = found.machine, found.step
    return (
        f"Measured {step.began:%Y-%m-%d %H:%M} UTC in {step.seconds:.0f} s; load average "
        f"{step.load_before:.2f} before and {step.load_after:.2f} after. {machine.cores} cores of "
        f"{machine.processor}, {machine.memory_gb:.0f} GB, {machine.system}, CPython "
        f"{machine.python}, SQLite {machine.sqlite}; 4 KiB made durable in {machine.fsync_ms} ms. "
        f"Turnout {machine.turnout}, commit {machine.commit}."
    )


# What other products did on such a machine, by the job; the page says more (What others do).
PEERS = {
    "register, 32 connections": "pretix 5.3/s",
    "check-in scan, 32 connections": "pretix 14.7/s",
}


def _jobs(steps: dict[str, ModuleType], found: dict[str, Found]) -> str:
    jobs: list[Job] = [
        job
        for name, run in found.items()
        if hasattr(steps[name], "jobs")
        for job in steps[name].jobs(run.figures)
    ]
    headings = ("job", "SQLite", "PostgreSQL", "limit", "ratio", "peer", "target", "met")
    return f"\n{Table('', headings, [_job_cells(job) for job in jobs]).markdown()}\n"


def _job_cells(job: Job) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "**no**"}[job.is_met]
    peer = PEERS.get(job.name, "")
    return (job.name, job.sqlite, job.postgresql, job.limit, job.ratio, peer, job.target, met)


def _targets(steps: dict[str, ModuleType], found: dict[str, Found]) -> str:
    targets: list[Target] = [
        target for name, run in found.items() for target in steps[name].targets(run.figures)
    ]
    rows = [
        (target.name, target.wanted, target.measured, "yes" if target.is_met else "**no**")
        for target in targets
    ]
    return f"\n{Table('', ('what', 'target', 'measured', 'met'), rows).markdown()}\n"
