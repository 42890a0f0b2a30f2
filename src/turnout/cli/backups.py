"""`turnout backup` and `turnout restore`: the whole database in one file."""

from pathlib import Path
from typing import TYPE_CHECKING

from turnout.cli.app import actor, console, counted, database, say_time, settings
from turnout.cli.progress import steps_bar
from turnout.settings import hide_password

if TYPE_CHECKING:
    from turnout.core.erasure.erasing import ErasedPerson


def backup(file: Path, /) -> None:
    """Write the whole database into one file, while it is in use.

    The file is as of one instant and holds everything, secrets and people's data too: you alone
    can read it (mode 600). It is read to its end before it gets its name, and can be restored into
    SQLite and PostgreSQL alike. For example: `turnout backup turnout-$(date +%F).backup`.

    Args:
        file: The file to make; an existing one is not overwritten.
    """
    from turnout.store import backups

    with steps_bar("Backing up:") as progress:
        contents = backups.back_up(settings().database_url, file, progress=progress)
    size = file.stat().st_size / 1_000_000
    console.print(
        f"{file}: {counted(contents.row_count, 'row')} of "
        f"{counted(len(contents.tables), 'table')}, {size:.1f} MB, "
        f"as of {say_time(contents.at)}, schema {contents.schema}"
    )


def restore(file: Path, /, *, resume_jobs: bool = False, erased_in: str | None = None) -> None:
    """Fill an empty database from a file of `turnout backup`.

    TURNOUT_DATABASE_URL names the database: a new SQLite file, or an empty PostgreSQL database,
    which is brought to the newest schema. Stop every server of the former database first. Messaging
    jobs that had not ended are paused, because they may have been sent since the backup. For
    example:
    `TURNOUT_DATABASE_URL=sqlite:///new.db turnout restore turnout-2026-11-29.backup`.

    Args:
        file: The backup.
        resume_jobs: Let jobs that had not ended go on at once.
        erased_in: Address of the former database (as in TURNOUT_DATABASE_URL): people who were
            erased in it since the backup are erased here, too, before the command ends.
    """
    from turnout.store import backups

    url = settings().database_url
    erased = _read_erased(erased_in) if erased_in else []
    with steps_bar("Restoring:") as progress:
        restored = backups.restore(url, file, progress=progress)
    paused = 0 if resume_jobs else _pause_jobs()
    gone = _erase_again(erased)
    contents = restored.contents
    console.print(
        f"{hide_password(url)}: {counted(contents.row_count, 'row')} as of "
        f"{say_time(contents.at)}, schema {restored.schema}"
    )
    if erased_in:
        console.print(f"{counted(gone, 'person', 'people')} erased since the backup: erased again.")
    if paused:
        console.print(
            f"{paused} messaging jobs had not ended and are paused: `turnout job list ORG --open` "
            "lists them, `turnout job resume` lets one go on."
        )


def _read_erased(url: str) -> "list[ErasedPerson]":
    from turnout.core.erasure.erasing import list_erased

    with database(settings(database_url=url)) as db:
        return db.look(list_erased)


def _erase_again(erased: "list[ErasedPerson]") -> int:
    from turnout.cli.people import finish_erasing
    from turnout.core.erasure.erasing import erase_again

    if not erased:
        return 0
    with database() as db:
        count = sum(db.call(erase_again, *person, actor=actor()) for person in erased)
        finish_erasing(db)
    return count


def _pause_jobs() -> int:
    from turnout.core.messaging.controlling import pause_running_jobs

    total = 0
    with database() as db:
        while paused := db.call(pause_running_jobs, actor=actor()):
            total += paused
    return total
