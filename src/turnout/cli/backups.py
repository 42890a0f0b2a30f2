"""`turnout backup` and `turnout restore`: the whole database in one file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from turnout.cli.app import actor, console, database, errors, say_time, settings
from turnout.core.messaging.controlling import pause_running_jobs
from turnout.settings import hide_password
from turnout.store import backups


def backup(file: Path, /) -> None:
    """Write the whole database into one file, while it is in use.

    The file is as of one instant and holds everything, secrets and people's data too: you alone
    can read it (mode 600). It is read to its end before it gets its name, and can be restored into
    SQLite and PostgreSQL alike. For example: `turnout backup turnout-$(date +%F).backup`.

    Args:
        file: The file to make; an existing one is not overwritten.
    """
    with _bar("Backing up:") as progress:
        contents = backups.back_up(settings().database_url, file, progress=progress)
    size = file.stat().st_size / 1_000_000
    console.print(
        f"{file}: {contents.row_count} rows of {len(contents.tables)} tables, {size:.1f} MB, "
        f"as of {say_time(contents.at)}, schema {contents.schema}"
    )


def restore(file: Path, /, *, resume_jobs: bool = False) -> None:
    """Fill an empty database from a file of `turnout backup`.

    TURNOUT_DATABASE_URL names the database: a new SQLite file, or an empty PostgreSQL database,
    which is brought to the newest schema. Stop every server of the former database first. Messaging
    jobs that had not ended are paused, because they may have been sent since the backup. For
    example:
    `TURNOUT_DATABASE_URL=sqlite:///new.db turnout restore turnout-2026-11-29.backup`.

    Args:
        file: The backup.
        resume_jobs: Let jobs that had not ended go on at once.
    """
    url = settings().database_url
    with _bar("Restoring:") as progress:
        restored = backups.restore(url, file, progress=progress)
    paused = 0 if resume_jobs else _pause_jobs()
    contents = restored.contents
    console.print(
        f"{hide_password(url)}: {contents.row_count} rows as of {say_time(contents.at)}, "
        f"schema {restored.schema}"
    )
    if paused:
        console.print(
            f"{paused} messaging jobs had not ended and are paused: `turnout job list ORG --open` "
            "lists them, `turnout job resume` lets one go on."
        )


def _pause_jobs() -> int:
    total = 0
    with database() as db:
        while paused := db.call(pause_running_jobs, actor=actor()):
            total += paused
    return total


@contextmanager
def _bar(text: str) -> Iterator[backups.Progress]:
    shown = Progress(
        TextColumn(text),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
    )
    with shown:
        task = shown.add_task("", total=None)

        def progress(table: str, done: int, total: int) -> None:
            shown.update(task, description=table, completed=done, total=total)

        yield progress
