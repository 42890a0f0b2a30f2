"""`python -m tests.store.full_disk URL`: write until the disk is full, then give it room again.

Says on its last line, in JSON, which notes were answered, what the refusal was, what could be
read while the disk was full, and which note was written after.
"""

import asyncio
import json
import resource
import sys
from typing import Any

from tests.store.notes import add, read_ids
from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import open_database, sqlite

LIMIT = 2 * 2**20


def main() -> None:
    sqlite.CHECKPOINT_EVERY_S = 0.01
    sqlite.RESTART_PAGES = 64
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
    db = open_database(Settings(database_url=sys.argv[1]))
    answered: list[int] = []
    refusal = None
    while refusal is None:
        try:
            answered.append(db.call(add, len(answered), "x" * 20_000))
        except Unavailable as error:
            refusal = error.code

    async def read() -> list[int]:
        return await db.read(read_ids)

    found: dict[str, Any] = {
        "answered": answered,
        "error": refusal,
        "read_while_full": asyncio.run(read()),
    }
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    found["after"] = db.call(add, 1_000_000)
    db.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
