"""Signed tickets: genuine, or not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.core.ids import EventId, TicketTypeId
from turnout.core.tickets.signing import (
    TicketKey,
    ensure_ticket_key,
    is_genuine,
    list_ticket_keys,
    read_signed,
    rotate_ticket_key,
    sign_ticket,
)

CODE = "ABCDEFGHJK"
KEY = TicketKey(
    "VCZCI3",
    "mTFrFCzm_EgXNcTLj3Lgb-VOVJSu9BzQ7HpDRAqCXhQ",
    "ztLxEUW6plZYYhPj80_nDBiSaKsD_2fA50F3m7I2lhI",
    0,
    None,
)


@pytest.fixture
def key(db, org_id):
    return db.call(ensure_ticket_key, org_id)


def genuine(text: str, keys) -> bool:
    read = read_signed(text)
    return read is not None and is_genuine(read, keys)


def test_a_signed_ticket_says_what_it_is_and_is_genuine(key):
    text = sign_ticket(key, EventId(1_000_001), CODE, TicketTypeId(42))
    read = read_signed(f" {text}\n")
    assert read is not None
    assert read[:4] == (1_000_001, CODE, 42, key.kid)
    assert is_genuine(read, [key])
    # What a QR code packs densely.
    assert re.fullmatch(r"[0-9A-Z:]{136}", text)


def test_an_organization_has_one_key_that_signs(db, org_id, key):
    assert db.call(ensure_ticket_key, org_id) == key
    assert db.call(list_ticket_keys, org_id) == [key]


def test_tickets_of_a_retired_key_stay_good(db, org_id, key):
    old = sign_ticket(key, EventId(1), CODE, TicketTypeId(1))
    new = db.call(rotate_ticket_key, org_id, actor="test")
    assert db.call(ensure_ticket_key, org_id) == new
    keys = db.call(list_ticket_keys, org_id)
    assert [key.kid for key in keys] == [new.kid, key.kid]
    assert keys[1].retired_at is not None
    assert genuine(old, keys)
    assert genuine(sign_ticket(new, EventId(1), CODE, TicketTypeId(1)), keys)


@given(data=st.data())
def test_whatever_is_changed_is_a_forgery(data):
    text = sign_ticket(KEY, EventId(1_000_001), CODE, TicketTypeId(42))
    assert genuine(text, [KEY])
    # The last letter stands for one bit that counts and four that do not.
    place = data.draw(st.integers(0, len(text) - 2))
    letter = data.draw(st.sampled_from("ABCXYZ234567").filter(lambda letter: letter != text[place]))
    assert not genuine(text[:place] + letter + text[place + 1 :], [KEY])


@pytest.mark.parametrize("text", ["", CODE, "TK1:", "TK1:1:A:1:AAAAAA:A", "tk1:1:A:1:AAAAAA:A"])
def test_what_is_no_signed_ticket_is_none(text):
    assert read_signed(text) is None
