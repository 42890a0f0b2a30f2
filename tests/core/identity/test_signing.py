"""The keys that sign tokens: one signs, and the one before stays good while its tokens last."""

import pytest

from turnout.core.identity.signing import (
    TOKEN_SECONDS,
    ensure_signing_key,
    generate_key_pair,
    list_published_keys,
    rotate_signing_key,
)
from turnout.store import Tx


def kids(tx: Tx) -> list[tuple[str, bool]]:
    """The published keys in their order, and whether each still signs."""
    return [(key.kid, key.retired_at is None) for key in list_published_keys(tx)]


@pytest.fixture
def no_keys(node):
    """Only this module's tests make keys, so those of earlier ones are the only others."""
    node.execute("DELETE FROM signing_keys")


@pytest.mark.usefixtures("no_keys")
def test_a_first_key_is_stored_once(db):
    assert db.call(list_published_keys) == []
    assert db.call(ensure_signing_key, "one", "private", "public")
    assert not db.call(ensure_signing_key, "two", "private", "public")
    (key,) = db.call(list_published_keys)
    assert (key.kid, key.private_pem, key.public_pem) == ("one", "private", "public")
    assert (key.created_at, key.retired_at) == (db.clock(), None)


@pytest.mark.usefixtures("no_keys")
@pytest.mark.parametrize("seconds", [-5, 0, 5])
def test_the_new_key_comes_first_even_when_the_clock_was_turned_back(db, seconds):
    db.call(ensure_signing_key, "b-old", "private", "public")
    db.clock.advance(seconds)
    db.call(rotate_signing_key, "c-new", "private", "public", actor="test")
    assert db.call(kids) == [("c-new", True), ("b-old", False)]
    db.call(rotate_signing_key, "a-newest", "private", "public", actor="test")
    assert db.call(kids)[0] == ("a-newest", True)
    assert {kid for kid, _ in db.call(kids)} == {"a-newest", "c-new", "b-old"}


@pytest.mark.usefixtures("no_keys")
def test_a_retired_key_is_published_until_its_last_token_has_run_out(db):
    db.call(ensure_signing_key, "old", "private", "public")
    db.clock.advance(1)
    db.call(rotate_signing_key, "new", "private", "public", actor="test")
    db.clock.advance(TOKEN_SECONDS)
    assert db.call(kids) == [("new", True), ("old", False)]
    db.clock.advance(TOKEN_SECONDS)
    assert db.call(kids) == [("new", True)]
    assert not db.call(ensure_signing_key, "third", "private", "public")


def test_pairs_differ_and_are_named_for_their_public_half():
    one, other = generate_key_pair(), generate_key_pair()
    assert one[0] != other[0]
    assert "PRIVATE KEY" in one[1]
    assert "PUBLIC KEY" in one[2]
