"""A user who posts jobs, in an organization of its own."""

import itertools

import pytest

from tests.core.messaging.jobs import make_login
from turnout.core.identity.model import Principal

_numbers = itertools.count(1)


@pytest.fixture
def login(db, org_id) -> Principal:
    return db.call(make_login, org_id, f"au/user{next(_numbers)}")


@pytest.fixture(autouse=True)
def no_other_jobs(db) -> None:
    """Jobs of other tests in the same database are out of the way."""
    db.call(lambda tx: tx.connection.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL"))
