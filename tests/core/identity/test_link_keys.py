"""The keys of personal links: rotated with a grace time, so that mailed links go on working."""

import pytest

from turnout.core.audit.recording import list_installation_entries
from turnout.core.identity.link_keys import (
    ensure_link_key,
    find_link_key,
    find_link_keys,
    is_link_signed,
    list_link_keys,
    rotate_link_key,
    sign_link,
)

DAY_MS = 24 * 3600 * 1000


@pytest.fixture(autouse=True)
def _no_keys(node):
    node.execute("DELETE FROM link_keys")


def good(db, signature: str) -> bool:
    return is_link_signed(db.call(find_link_keys), "thing:1", signature)


def signed(db) -> str:
    return sign_link(db.call(ensure_link_key), "thing:1")


def test_no_link_is_good_before_a_key_is_made(db):
    assert (db.call(find_link_key), db.call(find_link_keys)) == ("", ())
    assert not good(db, sign_link("", "thing:1"))
    key = db.call(ensure_link_key)
    assert len(key) == 64
    assert db.call(ensure_link_key) == db.call(find_link_key) == key


def test_a_part_of_a_signature_is_none(db):
    """Its first digit would be guessed with sixteen tries."""
    whole = signed(db)
    assert good(db, whole)
    assert [size for size in range(len(whole)) if good(db, whole[:size])] == []


def test_links_work_for_the_grace_time_and_not_a_millisecond_more(db):
    old = signed(db)
    db.call(rotate_link_key, DAY_MS, actor="cli:ops")
    new = signed(db)
    assert new != old
    assert (good(db, old), good(db, new)) == (True, True)
    db.clock.advance(DAY_MS / 1000 - 0.001)
    assert good(db, old)
    db.clock.advance(0.001)
    assert (good(db, old), good(db, new)) == (False, True)


def test_a_second_rotation_does_not_lengthen_the_first_ones_grace(db):
    first = signed(db)
    db.call(rotate_link_key, DAY_MS, actor="cli:ops")
    second = signed(db)
    db.call(rotate_link_key, 10 * DAY_MS, actor="cli:ops")
    assert [key.ends_at for key in db.call(list_link_keys)] == [
        None,
        db.clock() + 10 * DAY_MS,
        db.clock() + DAY_MS,
    ]
    db.clock.advance(DAY_MS / 1000)
    assert (good(db, first), good(db, second)) == (False, True)


def test_after_a_leak_every_former_link_ends_at_once(db, node):
    first = signed(db)
    db.call(rotate_link_key, DAY_MS, actor="cli:ops")
    second = signed(db)
    db.call(rotate_link_key, 0, actor="cli:ops")
    assert [good(db, key) for key in (first, second, signed(db))] == [False, False, True]
    assert len(db.call(list_link_keys)) == 1
    rows = db.call(lambda tx: tx.connection.execute("SELECT count(*) FROM link_keys").fetchone())
    assert rows[0] == 1


def test_the_new_key_signs_even_when_the_clock_was_turned_back(db):
    db.call(ensure_link_key)
    db.clock.advance(-3600)
    new = db.call(rotate_link_key, DAY_MS, actor="cli:ops")
    assert db.call(list_link_keys)[0] == new


def test_a_rotation_leaves_an_entry_without_a_secret(db):
    new = db.call(rotate_link_key, DAY_MS, actor="cli:ops")
    entries = db.call(list_installation_entries, "link_key")
    [entry] = [entry for entry in entries if entry.facts["kid"] == new.kid]
    assert (entry.actor, entry.action) == ("cli:ops", "rotated")
    assert entry.facts == {"kid": new.kid, "former_until": db.clock() + DAY_MS}


@pytest.mark.parametrize("signature", ["", "0" * 32, "é" * 32, "\udc80" * 32])
def test_what_is_no_signature_is_refused(db, signature):
    signed(db)
    assert not good(db, signature)


def test_a_signature_is_good_for_one_kind_of_link_alone(db):
    key = db.call(ensure_link_key)
    assert not is_link_signed((key,), "other:1", sign_link(key, "thing:1"))
