"""Why a database cannot write, as it is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from turnout.store.faults import DAMAGED, FAILED, FULL, NOT_OURS, READ_ONLY, WRITE, fault_of


def fill(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA max_page_count = 3")
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("INSERT INTO notes VALUES (zeroblob(100000))")


def write_to_read_only(path: Path) -> None:
    path.touch()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def read_noise(path: Path) -> None:
    path.write_text("no database " * 1000)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM notes")


def damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM notes").fetchall()


def ask_for_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM notes")


@pytest.mark.parametrize(
    ("cause", "fault"),
    [
        (fill, FULL),
        (write_to_read_only, READ_ONLY),
        (read_noise, NOT_OURS),
        (damage, DAMAGED),
        (ask_for_nothing, FAILED),
    ],
)
def test_what_an_error_means(tmp_path: Path, cause, fault) -> None:
    with pytest.raises(sqlite3.Error) as raised:
        cause(tmp_path / "notes.db")
    assert fault_of(raised.value, FAILED) is fault
    wrapped = RuntimeError("the group is lost")
    wrapped.__cause__ = raised.value
    assert fault_of(wrapped, FAILED) is fault


def test_what_is_no_error_of_the_database_says_nothing() -> None:
    assert fault_of(ValueError("x"), WRITE) is WRITE
