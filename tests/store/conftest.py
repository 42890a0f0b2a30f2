"""One database a test, once on SQLite and once on PostgreSQL, with a table of notes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tests.store.notes import make_notes
from tests.support.node import BACKENDS, SEED, Clock, database
from turnout.settings import Settings
from turnout.store import Database, Ids, open_database

Open = Callable[..., Database]


@pytest.fixture(params=BACKENDS)
def backend(request) -> str:
    return request.param


@pytest.fixture
def url(backend, tmp_path, request) -> Iterator[str]:
    """The address of a migrated database of its own."""
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with database(backend, tmp_path, cluster) as url:
        yield url


@pytest.fixture
def open_db(url) -> Iterator[Open]:
    """Opens the test's database, any number of times; closes what was opened."""
    with ExitStack() as stack:

        def open_(url: str = url, **settings: Any) -> Database:
            chosen = Settings(database_url=url, **{"database_threads": 2} | settings)
            return stack.enter_context(closing(open_database(chosen, Clock(), Ids(SEED))))

        yield open_


@pytest.fixture
def db(open_db: Open) -> Database:
    db = open_db()
    db.call(make_notes)
    return db
