"""`turnout callbacks …`: what integrators see of their calls, and replays."""

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.callbacks.model import Busy, CallbackResult, Limits, NewCallback, Turns
from turnout.core.callbacks.outbox import add_callbacks, claim_callbacks, record_callbacks
from turnout.core.ids import JobId, RecipientId


@pytest.fixture
def turnout(tmp_path) -> Turnout:
    """A command line whose organization `acme` has one callback that failed once."""
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        new = NewCallback(
            JobId(60000001), RecipientId(1), "https://example.com/hook", "a=1", "simulator"
        )
        db.call(add_callbacks, org_id, [new])
        [claimed] = db.call(claim_callbacks, Busy(), Turns(), Limits(1, 1, 1), lease_ms=1000)[0]
        result = CallbackResult(org_id, claimed.id, claimed.until, 1_798_794_000_000, 7, 503)
        db.call(record_callbacks, [result])
    return turnout


def test_callbacks_are_listed_and_shown(turnout):
    listed = turnout.ok("callbacks", "list", "acme")
    assert "60000001" in listed
    assert "waiting" in listed
    assert "503" in listed
    assert "https://example.com/hook" in listed
    shown = turnout.ok("callbacks", "show", "acme", 1).split("\n")
    assert shown[1].split() == ["1", "2027-01-01", "09:00:00Z", "7", "ms", "503"]


def test_an_empty_list_says_where_callbacks_come_from(turnout):
    said = turnout.ok("callbacks", "list", "acme", "--state", "failed")
    assert said == "There are no such callbacks. Jobs make them that have a callback_url.\n"


def test_a_callback_is_replayed(turnout):
    assert turnout.ok("callbacks", "replay", "acme", 1) == "Callback 1 will be made again.\n"
    with turnout.database() as db:
        assert (
            len(db.call(claim_callbacks, Busy(), Turns(), Limits(1, 1, 1), lease_ms=1000)[0]) == 1
        )


def test_one_that_is_not_there_is_an_error(turnout):
    result = turnout("callbacks", "replay", "acme", 99)
    assert (result.code, result.error) == (1, "error: There is no callback 99.\n")


def test_the_key_is_shown_and_replaced(turnout):
    key = turnout.ok("callbacks", "key", "acme")
    assert len(key.strip()) == 64
    assert turnout.ok("callbacks", "key", "acme") == key
    replaced = turnout.ok("callbacks", "key", "acme", "--replace")
    assert replaced != key
    assert turnout.ok("callbacks", "key", "acme") == replaced
