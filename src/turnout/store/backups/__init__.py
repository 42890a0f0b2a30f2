"""Backups: the whole database in one file, made while it serves, readable on either database.

stream.py is the file; reading.py and writing.py are the two databases on either side of it. What an
operator calls is here. Restoring needs a database without tables, so nothing is ever overwritten.
"""

from pathlib import Path
from typing import NamedTuple

from turnout.errors import Unavailable
from turnout.settings import hide_password
from turnout.store.backups.reading import open_source
from turnout.store.backups.stream import Contents, Progress, read_contents, read_rows, write_backup
from turnout.store.backups.writing import open_target, upgrade
from turnout.store.migrations.revisions import HEAD


class Restored(NamedTuple):
    """How it ended: what the backup held, and the schema that the database has now."""

    contents: Contents
    schema: str


def back_up(url: str, file: Path, *, progress: Progress) -> Contents:
    """Write the database at `url` (a TURNOUT_DATABASE_URL) into `file`, as of one instant.

    The database may be in use. The file is made with mode 600, and has its name only once it was
    read to its end again. Raises Conflict if it exists, Unavailable if the database has no schema
    or cannot be reached, OSError if the disk refuses.
    """
    with open_source(url) as source:
        if source.schema is None:
            raise Unavailable("backup.nothing", path=hide_password(url))
        return write_backup(file, source, progress)


def restore(url: str, file: Path, *, progress: Progress) -> Restored:
    """Fill the empty database at `url` from `file`, and bring it to this program's schema.

    The file is read to its end before anything is written. All rows are one transaction. Raises
    Invalid for a damaged file, Unavailable if its schema is newer than this program, Conflict if
    the database holds anything.
    """
    contents = read_contents(file)
    if contents.schema > HEAD:
        raise Unavailable("schema.newer", revision=contents.schema, head=HEAD)
    with open_target(url, contents.schema) as target:
        done = 0
        for table, columns, batches in read_rows(file):
            with target.fill(table, columns) as fill:
                for rows in batches:
                    fill(rows)
                    done += len(rows)
                    progress(table, done, contents.row_count)
        target.finish(contents)
    return Restored(contents, upgrade(url))


__all__ = ["Contents", "Progress", "Restored", "back_up", "read_contents", "restore"]
