"""Alphabets and cutting."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnout.carriers.smpp import gsm
from turnout.core.text import is_storable

EXTENSION = "\f^{}\\[~]|€"
# GSM 03.38, 6.2.1, by rows of the standard's table; the escape is not a character.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
storable = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(st.one_of(st.sampled_from(BASIC + EXTENSION), storable), max_size=600)
gsm_texts = st.text(st.sampled_from(BASIC + EXTENSION * 12), max_size=800)


def test_every_character_of_the_alphabet_is_one_septet_and_of_the_extension_two():
    assert len(BASIC) == 127
    coding, octets = gsm.encode(BASIC)
    assert (coding, sorted(octets)) == (gsm.GSM, [code for code in range(128) if code != 0x1B])
    assert gsm.encode(EXTENSION) == (
        gsm.GSM,
        bytes.fromhex("1b0a1b141b281b291b2f1b3c1b3d1b3e1b401b65"),
    )
    assert gsm.decode(gsm.GSM, octets) == BASIC


def test_one_character_outside_makes_the_whole_text_ucs2():
    assert gsm.encode("Straße") == (gsm.GSM, b"Stra\x1ee")
    assert gsm.encode("ticket…") == (gsm.UCS2, "ticket…".encode("utf-16-be"))
    assert gsm.encode("🎟") == (gsm.UCS2, b"\xd8\x3c\xdf\x9f")
    assert gsm.encode("\x1b") == (gsm.UCS2, b"\x00\x1b")
    assert gsm.encode("") == (gsm.GSM, b"")


@given(texts)
def test_a_text_is_read_as_it_was_written(text: str):
    assert gsm.decode(*gsm.encode(text)) == text


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", [0]),
        ("x" * 160, [160]),
        ("x" * 161, [153, 8]),
        ("x" * 306, [153, 153]),
        ("x" * 307, [153, 153, 1]),
        ("€" * 80, [160]),
        ("x" + "€" * 80, [153, 8]),
        ("€" * 81, [152, 10]),
        ("x" * 152 + "€" + "x" * 10, [152, 12]),
        ("ж" * 70, [140]),
        ("ж" * 71, [134, 8]),
        ("ж" * 66 + "🎟" + "ж" * 10, [132, 24]),
        ("🎟" * 35, [140]),
        ("🎟" * 36, [132, 12]),
    ],
    ids=len,
)
def test_where_a_text_is_cut(text: str, sizes: list[int]):
    assert [len(part) for part in gsm.cut(*gsm.encode(text))] == sizes


@given(st.one_of(texts, gsm_texts))
@example("x" * 152 + "€" * 200)
@example("ж" * 66 + "🎟" * 100)
def test_parts_can_each_be_read_and_make_the_text_together(text: str):
    coding, octets = gsm.encode(text)
    parts = gsm.cut(coding, octets)
    assert b"".join(parts) == octets
    assert "".join(gsm.decode(coding, part) for part in parts) == text
    limit = 153 if coding == gsm.GSM else 134
    assert len(parts) == 1 or all(limit - 2 <= len(part) <= limit for part in parts[:-1])
    assert all(len(gsm.header(1, 2, 1) + part) <= 160 for part in parts if len(parts) > 1)


def test_the_header_of_a_part():
    assert gsm.header(0x2A, 3, 2) == b"\x05\x00\x03\x2a\x03\x02"


@given(st.integers(0, 255), st.binary(max_size=300))
def test_whatever_comes_in_becomes_a_text_that_can_be_stored(coding: int, octets: bytes):
    assert is_storable(gsm.decode(coding, octets))


@pytest.mark.parametrize(
    ("coding", "octets", "text"),
    [
        (0, b"\x1b\x65\x1bA\x1b", "€ A "),
        (0, b"Gr\xfc\xdfe", "Grüße"),
        (1, b"plain_text", "plain_text"),
        (3, b"Gr\xfc\xdfe", "Grüße"),
        (8, "Привет".encode("utf-16-be"), "Привет"),
        (8, b"\xd8\x3c", "�"),
        (0x10, b"\x00", "@"),
        (0x18, b"\x04\x16", "Ж"),
        (0x14, b"\xfc", "ü"),
        (0xF0, b"\x00", "@"),
        (0xF4, b"\xfc\x00", "ü"),
        (4, b"a\x00b", "ab"),
        (0x0D, b"\x00", "@"),
    ],
)
def test_the_codings_of_messages_that_come_in(coding: int, octets: bytes, text: str):
    assert gsm.decode(coding, octets) == text
