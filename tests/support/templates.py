"""Databases that are made once a run and copied: a migrated one, and a seeded demo.

The controller of a run makes a folder and tells its workers. The first that needs a template makes
it there, while the others wait at a lock. A program outside of a run has a folder of its own.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from turnout.settings import Settings

DATABASE_NAME, DEMO_NAME = "turnout.db", "demo.json"
_folder: Path | None = None


def begin(folder: Path) -> None:
    """Say where this run keeps its templates."""
    global _folder
    _folder = folder


def copy_migrated(to: Path) -> None:
    """Copy an empty SQLite database of the newest schema to the file `to`."""
    shutil.copy(_have("migrated", _make_migrated) / DATABASE_NAME, to)


def copy_demo(to: Path) -> None:
    """Copy a demo that was seeded, its SQLite database and its demo.json, into the folder `to`."""
    demo = _have("demo", _make_demo)
    for name in (DATABASE_NAME, DEMO_NAME):
        shutil.copy(demo / name, to / name)


def _make_migrated(folder: Path) -> None:
    from turnout.store.migrations.running import migrate  # takes a while, and few processes need it

    migrate(f"sqlite:///{folder / DATABASE_NAME}")


def _make_demo(folder: Path) -> None:
    from turnout.cli.demo_server import seed  # takes a while, and few need it

    copy_migrated(folder / DATABASE_NAME)
    url = f"sqlite:///{folder / DATABASE_NAME}"
    seed(msgspec.structs.replace(Settings(), database_url=url, allow_demo=True), folder / DEMO_NAME)


def _have(name: str, make: Callable[[Path], None]) -> Path:
    """The template of that name, which is made whole or not at all."""
    folder = _folder or Path(_own_folder().name)
    made, draft = folder / name, folder / f"{name}.new"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft)
            draft.rename(made)
    return made


@cache
def _own_folder() -> "tempfile.TemporaryDirectory[str]":
    # The object lives in the cache, and with it the folder, until the process ends.
    return tempfile.TemporaryDirectory(prefix="turnout-test-")
