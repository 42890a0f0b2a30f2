"""What `turnout doctor` looks at in the database: is its file sound, and can it be written?"""

from collections.abc import Iterator
from pathlib import Path

from turnout.cli.app import errors
from turnout.cli.finding import Finding
from turnout.errors import Failure, Unavailable, list_notes
from turnout.settings import Settings
from turnout.store import Database
from turnout.store.faults import DAMAGED, FAILED, FULL, READ_ONLY, advise, fault_of
from turnout.store.installation import write_probe
from turnout.store.sqlite import path_of
from turnout.store.sqlite_check import check_pages

LONGEST_CHECK_S = 60.0
SHOWN_FAULTS = 5
PROBE_BYTES = 1 << 20

# What keeps a database from being written, and what to do where no file can be named.
WRITING = {
    FULL: "Free some space: nothing can be registered or sent before.",
    READ_ONLY: "Let this user write the database; with PostgreSQL, name the primary, not a "
    "replica.",
}


def check_writing(db: Database) -> Finding:
    """Whether the database can be written, found by writing what needs new room on its disk."""
    try:
        db.call(write_probe, PROBE_BYTES)
    except Failure as failure:
        return judge_writing(failure)
    return Finding("writing", "works")


def judge_writing(failure: Failure) -> Finding:
    """What a failed write says."""
    seen = failure.message[:1].lower() + failure.message[1:]
    advice = advise_operator(failure, WRITING.get(failure.code, "See the log of the server."))
    return Finding("writing", seen, advice, is_failure=True)


def advise_operator(failure: Failure, otherwise: str) -> str:
    """What was noted at the failure for the operator, else the general advice."""
    return " ".join(list_notes(failure)) or otherwise


def check_file(chosen: Settings, limit_s: float = LONGEST_CHECK_S) -> Iterator[Finding]:
    """Is the file of an embedded database sound? Reads all of it, for a minute at most."""
    if not chosen.database_url.startswith("sqlite:"):
        return
    try:
        path = path_of(chosen.database_url)
    except Unavailable:
        return  # the address is wrong, as the database's own finding says
    if path.is_file() and path.stat().st_size:
        with errors.status(f"Checking {path} …"):
            yield quick_check(path, limit_s)


def quick_check(path: Path, limit_s: float) -> Finding:
    """What SQLite's own check of a file says, within `limit_s`."""
    size = f"{path.stat().st_size / 2**20:.0f} MiB"
    looked = check_pages(path, limit_s, SHOWN_FAULTS)
    if looked.error:
        return _judge_error(looked.error, path)
    if not looked.is_whole:
        return Finding("file", f"nothing wrong in the {limit_s:.0f} s that were looked ({size})")
    if looked.faults:
        return _judge_faults(looked.faults, "damaged")
    return Finding("file", f"sound ({size})")


def _judge_error(error: Exception, path: Path) -> Finding:
    code = fault_of(error, FAILED)
    if code == DAMAGED:
        return _judge_faults([str(error)], "damaged")
    advice = advise(code, path) or f"See that {path} can be read."
    return Finding("file", f"cannot be read: {error}", advice, is_failure=True)


def _judge_faults(faults: list[str], word: str) -> Finding:
    return Finding(
        "file",
        f"{word.partition('. ')[0]}: {'; '.join(faults)}",
        "Stop Turnout, keep a copy of the file, and restore a backup, or save what can be read "
        "with `sqlite3 turnout.db .recover`.",
        is_failure=True,
    )
