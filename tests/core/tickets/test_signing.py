"""Signed tickets: genuine, or not."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.core.ids import EventId, TicketTypeId
from turnout.core.tickets import signing
from turnout.core.tickets.signing import (
    TicketKey,
    ensure_ticket_key,
    find_plain_code,
    is_genuine,
    list_ticket_keys,
    normalize,
    read_signed,
    rotate_ticket_key,
    sign_ticket,
    verify_ahead,
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
    # The last letter stands for two bits that count and three that must be zero.
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCXYZ234567").filter(lambda letter: letter != text[place]))
    assert not genuine(text[:place] + letter + text[place + 1 :], [KEY])


@pytest.mark.parametrize("text", ["", CODE, "TK1:", "TK1:1:A:1:AAAAAA:A", "tk1:1:A:1:AAAAAA:A"])
def test_what_is_no_signed_ticket_is_none(text):
    assert read_signed(text) is None


READINGS = (
    "{code}",
    " {lower}\r\n",
    "{half}-{rest}",
    "{half} - {rest}",
    "{half}\u2013{rest}\u200b",
    '"{code}"',
    "\u201e{code}\u201c",
    "'{code}'",
    "\u00ab {code} \u00bb",
    "({code})",
    "#{code}.",
    "\ufeff{code}",
    "{wide}",
    "https://events.example.com/ticket/{org}-{code}",
    "<HTTPS://EVENTS.EXAMPLE.COM/TICKET/{org}-{lower}?utm=1#top>",
    "http://127.0.0.1:8080/ticket/{org}-{half}-{rest}/ticket.pdf",
    "/ticket/{org}-{code}",
    "{signed}",
    "{signed_lower}",
    "\n'{signed}'\n",
    "{signed_broken}",
)


@pytest.mark.parametrize("reading", READINGS)
def test_a_code_is_found_in_any_case_and_with_marks_around_it(db, org_id, key, reading):
    signed = sign_ticket(key, EventId(1), CODE, TicketTypeId(1))
    text = reading.format(
        code=CODE,
        lower=CODE.lower(),
        half=CODE[:5],
        rest=CODE[5:],
        org=org_id,
        wide="".join(chr(ord(letter) + 0xFEE0) for letter in CODE),
        signed=signed,
        signed_lower=signed.lower(),
        signed_broken=f"{signed[:70]}\r\n {signed[70:]}",
    )
    assert db.call(find_plain_code, org_id, text) == CODE
    if "{signed" not in reading:
        assert normalize(text) == CODE


def test_another_organization_s_address_and_a_forgery_are_no_code(db, org_id, key):
    signed = sign_ticket(key, EventId(1), CODE, TicketTypeId(1))
    changed = signed.replace(":1:", ":2:")
    for text in (f"https://x.test/ticket/{org_id + 1}-{CODE}", changed, f"X{signed}", "", "--"):
        assert db.call(find_plain_code, org_id, text) != CODE


@given(st.text())
def test_any_text_has_a_code_or_none(text):
    code = normalize(text)
    assert code == normalize(code)
    assert all(map(str.isalnum, code))


def test_a_signature_is_verified_ahead_once_its_key_was_met(db, org_id, key):
    text = sign_ticket(key, EventId(7), CODE, TicketTypeId(8))
    signed = read_signed(text)
    assert signed
    assert not verify_ahead(signed)
    assert db.call(find_plain_code, org_id, text) == CODE
    assert verify_ahead(signed)
    keys = db.call(list_ticket_keys, org_id)
    assert db.call(find_plain_code, org_id, text, list_keys=lambda _: keys) == CODE
    assert db.call(find_plain_code, org_id, text, list_keys=lambda _: []) == ""


def test_the_private_half_is_used_as_long_as_the_key_signs(db, org_id, key):
    text = sign_ticket(key, EventId(7), CODE, TicketTypeId(8))
    assert db.call(find_plain_code, org_id, text) == CODE
    assert signing._met[key.kid].private is not None
    db.call(rotate_ticket_key, org_id, actor="test")
    assert db.call(find_plain_code, org_id, text) == CODE
    assert signing._met[key.kid].private is None
    db.call(rotate_ticket_key, org_id, at_once=True, actor="test")
    assert db.call(find_plain_code, org_id, text) == ""
    assert key.kid not in signing._met


@given(st.binary(min_size=64, max_size=64))
def test_a_signature_is_read_as_base32_is(signature):
    text = base64.b32encode(signature).decode().rstrip("=")
    assert signing._decode_signature(text) == base64.b32decode(f"{text}=") == signature
    # Of a signature there is one spelling: its three spare bits are zeros.
    last = text[:-1] + chr(ord(text[-1]) + 1)
    assert base64.b32decode(f"{last}=") == signature
    assert signing._decode_signature(last) is None
