"""Room and speed of the database's disk, as `turnout doctor` looks at them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from turnout.cli.finding import Finding
from turnout.errors import Failure
from turnout.settings import Settings
from turnout.store.faults import FAILED, advise, fault_of
from turnout.store.sqlite import disk_fsync_ms, path_of

MIN_FREE_BYTES = 1 << 30
LEAST_FREE_BYTES = 8 << 20
MAX_FSYNC_MS = 20.0


def check_disk(chosen: Settings) -> Iterator[Finding]:
    """Is there room, and does the disk make writes durable quickly?"""
    if not chosen.database_url.startswith("sqlite:"):
        yield Finding("disk", "the database's is its server's, and cannot be seen from here")
        return
    try:
        folder = path_of(chosen.database_url).resolve().parent
    except Failure:
        return  # the address is wrong, as the database's own finding says
    try:
        yield judge_room(folder, shutil.disk_usage(folder).free)
        yield judge_speed(disk_fsync_ms(folder))
    except OSError as error:
        must = "The folder must exist, and this user must be allowed to write there."
        advice = advise(fault_of(error, FAILED), folder / "the database") or must
        yield Finding("disk", f"{folder}: {error.strerror}", advice, is_failure=True)


def judge_room(folder: Path, free_bytes: int) -> Finding:
    """Whether `free_bytes` are enough to go on for a while."""
    low = "Free some space: without any, nothing more can be registered."
    seen = f"{free_bytes / (1 << 30):.1f} GiB free at {folder}"
    is_full = free_bytes < LEAST_FREE_BYTES
    return Finding("disk", seen, low if free_bytes < MIN_FREE_BYTES else "", is_failure=is_full)


def judge_speed(fsync_ms: float) -> Finding:
    """Whether a disk that takes so long to make a write durable is fit for a database."""
    slow = "Put the database on a local SSD: every commit waits this long."
    seen = f"{fsync_ms:.1f} ms to make a write durable"
    return Finding("disk speed", seen, slow if fsync_ms > MAX_FSYNC_MS else "")
