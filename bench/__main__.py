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
    door,
    drain,
    growth,
    lists,
    memory,
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
    "door": door,
    "lists": lists,
    "booking": booking,
    "audience": audience,
}

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
    file = new_file()
    results = Results(describe_machine(folder))
    console.print(f"Load average at the start: {os.getloadavg()[0]:.2f}. It should be near 0.")
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=folder) as data:
        demo = make_demo(Path(data) / "demo")
        for name in names:
            results.steps[name] = _run_step(name, quick, demo, Path(data) / name)
            results.save(file)
            for table in STEPS[name].tables(results.steps[name].figures):
                show(table)
            shutil.rmtree(Path(data) / name)
    console.print(f"Kept in {file}")
    return results


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
