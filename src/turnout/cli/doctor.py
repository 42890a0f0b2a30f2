"""`turnout doctor`: what is wrong with this installation, and what to do about it."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from turnout.cli.app import app, console, settings
from turnout.errors import Failure
from turnout.settings import Settings, hide_password
from turnout.store import Tx, open_database
from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import disk_fsync_ms, path_of

MIN_FREE_BYTES = 1 << 30
MAX_FSYNC_MS = 20.0
MAX_CLOCK_DIFFERENCE_MS = 1000
EARLIEST_PLAUSIBLE_YEAR = 2026


class Finding(NamedTuple):
    """One thing looked at; `advice` is empty when all is well."""

    what: str
    seen: str
    advice: str = ""
    is_failure: bool = False


@app.command
def doctor() -> None:
    """Check database, clock, disk and carriers, and say what to do. Exits 1 on a failure."""
    chosen = settings()
    table = Table("", "Checked", "Seen", "What to do", box=None)
    findings = [finding for check in CHECKS for finding in check(chosen)]
    for finding in findings:
        mark = "ok" if not finding.advice else "FAIL" if finding.is_failure else "warn"
        table.add_row(mark, finding.what, finding.seen, finding.advice)
    console.print(table, highlight=False)
    if any(finding.is_failure for finding in findings):
        sys.exit(1)


def check_database(chosen: Settings) -> Iterator[Finding]:
    """Can it be reached, is its schema current, does its clock agree?"""
    url = hide_password(chosen.database_url)
    try:
        db = open_database(chosen)
    except Failure as failure:
        advice = "Check TURNOUT_DATABASE_URL, and that the database runs."
        yield Finding("database", f"{url}: {failure}", advice, is_failure=True)
        return
    try:
        yield Finding("database", f"{url} answers")
        version = db.schema_version()
        if version == HEAD:
            yield Finding("schema", version)
        else:
            yield Finding("schema", version or "none", "Run `turnout migrate`.", is_failure=True)
        if db.backend == "postgresql":
            yield _check_clocks(db.call(_database_clock))
    finally:
        db.close()


def check_clock(_chosen: Settings) -> Iterator[Finding]:
    """Is the machine's clock plausible?"""
    now = time.gmtime()
    seen = time.strftime("%Y-%m-%d %H:%M:%S UTC", now)
    if now.tm_year < EARLIEST_PLAUSIBLE_YEAR:
        yield Finding("clock", seen, "Set the clock; run a time service.", is_failure=True)
    else:
        yield Finding("clock", seen)


def check_disk(chosen: Settings) -> Iterator[Finding]:
    """Is there room, and does the disk make writes durable quickly?"""
    folder = Path.cwd()
    if chosen.database_url.startswith("sqlite:"):
        folder = path_of(chosen.database_url).resolve().parent
    try:
        free = shutil.disk_usage(folder).free
        fsync_ms = disk_fsync_ms(folder)
    except OSError as error:
        advice = "Make the folder writable for this user."
        yield Finding("disk", f"{folder}: {error}", advice, is_failure=True)
        return
    seen = f"{free / (1 << 30):.1f} GiB free at {folder}"
    if free < MIN_FREE_BYTES:
        yield Finding("disk", seen, "Free some space; below 1 GiB writes may fail.")
    else:
        yield Finding("disk", seen)
    slow = "Slow for a database: use a local SSD." if fsync_ms > MAX_FSYNC_MS else ""
    yield Finding("fsync", f"{fsync_ms:.1f} ms", slow)


def check_carriers(_chosen: Settings) -> Iterator[Finding]:
    """Can messages go out?"""
    yield Finding("carriers", "none in this version; it sends no messages")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    check_database,
    check_clock,
    check_disk,
    check_carriers,
)


def _check_clocks(database_ms: int) -> Finding:
    difference = abs(database_ms - time.time_ns() // 1_000_000)
    seen = f"{difference} ms from this machine's"
    if difference > MAX_CLOCK_DIFFERENCE_MS:
        return Finding("database clock", seen, "Run a time service on both machines.")
    return Finding("database clock", seen)


def _database_clock(tx: Tx) -> int:
    sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    return tx.connection.execute(sql).fetchone()[0]  # type: ignore[no-any-return]
