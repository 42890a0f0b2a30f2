"""Faxes: pages that one core sends over T.38.

`python -m bench.faxes` prints the figures. The machines are those of the tests, in this process;
CPU time is that of the worker, from /proc.
"""

import asyncio
import random
import tempfile
import time
from pathlib import Path

import msgspec

from bench.calls import cpu_of
from bench.figures import Table
from tests.carriers.sip_fax.office import Kept, open_office, until
from tests.carriers.sip_fax.phone import FaxPhone
from turnout.core.messaging.model import Status

FAXES, PAGES = 10, 2
LINES = 2_292
FRAME_S = 0.02


class Figures(msgspec.Struct, kw_only=True):
    """CPU seconds of a page, and seconds of line that it took."""

    cpu_per_page_s: float
    line_per_page_s: float


class WholeLine(random.Random):
    """Nothing is lost."""

    def random(self) -> float:
        return 1.0


class RealPhone(FaxPhone):
    """Its lines have the time of the clock."""

    async def _turn(self) -> None:
        at = time.monotonic()
        while True:
            while at < time.monotonic():
                at += FRAME_S
                for call in self.calls:
                    call.turn()
            await asyncio.sleep(max(0.0, at - time.monotonic()))


async def measure_faxes(folder: Path) -> Figures:
    """All faxes at once."""
    office, phone, kept = open_office(folder), RealPhone(folder, WholeLine()), Kept()
    await phone.start()
    async with office.carrier(phone, kept, is_fast=False, t38="first") as carrier:
        message = office.new_message(PAGES, lines=LINES)
        parcels = [office.new_parcel(f"614123450{number}2") for number in range(FAXES)]
        await until(carrier.is_open)
        pid = carrier._trunk.processes[0].pid
        before, began = cpu_of(pid), time.monotonic()
        await carrier.send(message, parcels)
        reports = [await kept.wait_for(parcel) for parcel in parcels]
        cost, took = cpu_of(pid) - before, time.monotonic() - began
    await phone.stop()
    office.db.close()
    if bad := [report.notes for report in reports if report.status is not Status.SENT]:
        raise RuntimeError(bad)
    return Figures(cpu_per_page_s=cost / (FAXES * PAGES), line_per_page_s=took / PAGES)


def measure() -> Figures:
    """About a minute."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure_faxes(Path(folder)))


def tables(figures: Figures) -> list[Table]:
    """The table of docs/performance.md."""
    cost, line = figures.cpu_per_page_s, figures.line_per_page_s
    rows = [
        ("CPU of a page over T.38", f"{1000 * cost:.0f} ms"),
        ("Line of a page", f"{line:.1f} s"),
        ("Pages that one core could send a minute", f"{60 / cost:.0f}"),
        ("Faxes at once that one core could carry", f"{line / cost:.0f}"),
    ]
    return [Table("Faxes", ("What", "Figure"), rows)]


if __name__ == "__main__":
    for table in tables(measure()):
        print(table.markdown())
