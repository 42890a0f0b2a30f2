"""`python -m bench`: measure, print the tables, keep the figures; or put them into the docs."""

import argparse
import datetime
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.status import Status
from rich.table import Table as RichTable

from bench import (
    audience,
    booking,
    broadcast,
    browsing,
    copies,
    door,
    drain,
    growth,
    lists,
    memory,
    pages,
    register,
    report,
)
from bench.figures import Results, Step, Table, describe_machine, new_file
from bench.servers import Demo, make_demo

STEPS: dict[str, ModuleType] = {
    "register": register,
    "drain": drain,
    "growth": growth,
    "memory": memory,
    "broadcast": broadcast,
    "copies": copies,
    "door": door,
    "lists": lists,
    "booking": booking,
    "audience": audience,
    "pages": pages,
    "browsing": browsing,
}

# How long each takes on two idle cores, and all of them together may take. What would go beyond
# that is measured roughly, as with --quick, and stays out of the page.
USUAL_S = {
    "register": 220,
    "drain": 70,
    "growth": 220,
    "memory": 55,
    "broadcast": 110,
    "copies": 120,
    "door": 160,
    "lists": 120,
    "booking": 200,
    "audience": 220,
    "pages": 30,
    "browsing": 420,
}
LONGEST_S = 25 * 60

console = Console(highlight=False)
if not console.is_terminal:
    console.width = 160


def main() -> None:
    """Run the steps asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("step", nargs="?", default="all", choices=[*STEPS, "all", "report"])
    parser.add_argument("--quick", action="store_true", help="small sizes, rough figures")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path.cwd(),
        help="databases are made under this folder, so on its disk (3 GB; default: here)",
    )
    options = parser.parse_args()
    # Ended by a signal, it still stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.step == "report":
        console.print(f"Put into {report.PAGE}: {', '.join(report.update(STEPS)) or 'nothing'}")
        return
    names = list(STEPS) if options.step == "all" else [options.step]
    run_steps(names, quick=options.quick, folder=options.folder)


def run_steps(names: list[str], *, quick: bool, folder: Path) -> Results:
    """Measure, print and keep the figures of the steps `names`."""
    file, budget = new_file(), Budget()
    results = Results(describe_machine(folder))
    console.print(f"Load average at the start: {os.getloadavg()[0]:.2f}. It should be near 0.")
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=folder) as data:
        demo = make_demo(Path(data) / "demo")
        for name in names:
            is_rough = quick or not budget.is_enough_for(name)
            if is_rough and not quick:
                console.print(f"{name}: measured roughly, since there is no time left for more")
            results.steps[name] = _run_step(name, is_rough, demo, Path(data) / name)
            budget.note(name, results.steps[name].seconds, is_rough=is_rough)
            results.save(file)
            for table in STEPS[name].tables(results.steps[name].figures):
                show(table)
            shutil.rmtree(Path(data) / name)
    console.print(f"Kept in {file}")
    return results


class Budget:
    """What is left of `LONGEST_S`, and how much slower than usual this machine is now."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._usual = self._took = 0.0

    def is_enough_for(self, name: str) -> bool:
        """Whether a step would probably end in time."""
        slower = max(1.0, self._took / self._usual) if self._usual else 1.0
        return time.monotonic() - self._began + slower * USUAL_S[name] <= LONGEST_S

    def note(self, name: str, seconds: float, *, is_rough: bool) -> None:
        """How long a step took."""
        if not is_rough:
            self._usual += USUAL_S[name]
            self._took += seconds


def _run_step(name: str, quick: bool, demo: Demo, folder: Path) -> Step:
    module = STEPS[name]
    size = module.QUICK if quick else module.FULL
    began, load, started = datetime.datetime.now(datetime.UTC), os.getloadavg(), time.monotonic()
    with console.status(name) as status:
        figures = module.measure(demo, folder, size, _progress(name, status))
    seconds = time.monotonic() - started
    console.print(f"{name}: done in {seconds:.0f} s")
    return Step(began, seconds, load[0], os.getloadavg()[0], quick, figures)


def _progress(name: str, status: Status) -> Callable[[str], None]:
    def tell(text: str) -> None:
        status.update(f"{name}: {text}")
        if not console.is_terminal:
            console.print(f"{name}: {text}")

    return tell


def show(table: Table) -> None:
    """Print a table."""
    first, *others = table.headings
    rich = RichTable(title=table.title, title_justify="left")
    rich.add_column(first)
    for heading in others:
        rich.add_column(heading, justify="right")
    for row in table.rows:
        rich.add_row(*row)
    console.print(rich)


if __name__ == "__main__":
    main()
