"""SQLite's own check of a file: sound, damaged, not looked through, not readable."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from turnout.store.sqlite_check import Soundness, check_pages


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (a TEXT)")
        db.executemany("INSERT INTO t VALUES (?)", [("x" * 100,)] * 30_000)
        db.execute("CREATE INDEX i ON t (a)")
        db.commit()
    return path


def test_a_sound_file_has_no_faults(file: Path) -> None:
    assert check_pages(file, 60, 5) == Soundness([])


def test_the_check_ends_with_its_time(file: Path) -> None:
    assert check_pages(file, 0, 5) == Soundness([], is_whole=False)


def test_damaged_pages_are_named_up_to_the_limit(file: Path) -> None:
    with file.open("r+b") as damaged:
        damaged.seek(40 * 4096)
        damaged.write(b"\xff" * 20 * 4096)
    looked = check_pages(file, 60, 3)
    assert (looked.is_whole, looked.error) == (True, None)
    assert 1 <= len(looked.faults) <= 3


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    looked = check_pages(tmp_path / "none.db", 60, 5)
    assert looked == Soundness([], error=looked.error)
    assert str(looked.error) == "unable to open database file"
