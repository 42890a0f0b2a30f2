"""What may be stored, what is an e-mail address, and when two spellings are one."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.core.text import (
    clean_line,
    clean_paragraph,
    email_key,
    fold,
    is_blank,
    is_email,
    is_line,
    is_storable,
    wide_email_key,
)

COMPOSED, DECOMPOSED = "jos\u00e9", "jose\u0301"


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@Example.COM\t", "ada@example.com"),
        ("a.d.a+news@example.com", "a.d.a+news@example.com"),
        (f"{COMPOSED}@example.com", f"{COMPOSED}@example.com"),
        (f"{DECOMPOSED}@example.com", f"{COMPOSED}@example.com"),
        (f"{DECOMPOSED.upper()}@example.com", f"{COMPOSED}@example.com"),
        ("\u03aa\u0301@example.com", "\u0390@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("stra\u00dfe@example.com", "stra\u00dfe@example.com"),
        ("STRA\u1e9eE@example.com", "stra\u00dfe@example.com"),
        ("I\u0307@example.com", "i\u0307@example.com"),
        ("info@m\u00fcnchen.de", "info@xn--mnchen-3ya.de"),
        ("info@M\u00dcNCHEN.DE", "info@xn--mnchen-3ya.de"),
        ("info@mu\u0308nchen.de", "info@xn--mnchen-3ya.de"),
        ("info@XN--MNCHEN-3YA.de", "info@xn--mnchen-3ya.de"),
        ("j\u00f6rg@m\u00fcnchen.de", "j\u00f6rg@xn--mnchen-3ya.de"),
        ("info@stra\u00dfe.de", "info@xn--strae-oqa.de"),
        ("\u5f35@\u4f8b\u5b50.tw", "\u5f35@xn--fsqu00a.tw"),
    ],
)
def test_spellings_of_one_address_have_one_key(spelling, key):
    assert email_key(spelling) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "ada+1@example.com"),
        ("ada.l@example.com", "adal@example.com"),
        ("ada@example.com", "ada@example.org"),
        ("jose@example.com", f"{COMPOSED}@example.com"),
        ("info@strasse.de", "info@stra\u00dfe.de"),
        ("weiss@example.com", "wei\u00df@example.com"),
        ("fiona@example.com", "\ufb01ona@example.com"),
        ("mike@example.com", "mi\u212ae@example.com"),
        ("\uff4dike@example.com", "mike@example.com"),
        ("\u017fam@example.com", "sam@example.com"),
        ("o\u03c2@example.com", "o\u03c3@example.com"),
    ],
)
def test_different_addresses_have_different_keys(one, other):
    assert email_key(one) != email_key(other)


locals_ = st.text(
    st.characters(
        categories=("L", "M", "N"), include_characters="+.-_", exclude_characters="\u212a"
    ),
    min_size=1,
    max_size=20,
)
domains = st.sampled_from(
    ["example.com", "m\u00fcnchen.de", "Stra\u00dfe.de", "B\u00dcCHER.example", "\u4f8b\u5b50.tw"]
)


@given(locals_, domains)
def test_a_key_does_not_depend_on_how_characters_are_composed(local, domain):
    key = email_key(f"{local}@{domain}")
    assert email_key(key) == key
    for form in ("NFC", "NFD"):
        assert email_key(f" {unicodedata.normalize(form, f'{local}@{domain}')} ") == key


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        " ada@example.com ",
        "a+b.c_d-e@sub.example.co.uk",
        "x@1and1.com",
        "ada@a--b.com",
        "info@m\u00fcnchen.de",
        "info@xn--mnchen-3ya.de",
        "j\u00f6rg@example.com",
        "o'brien@example.com",
        "ada@example.test",
        f"{'a' * 64}@example.com",
    ],
)
def test_these_are_addresses(text):
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ada",
        "ada@",
        "@example.com",
        "ada@@example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada lovelace@example.com",
        "ada@exam ple.com",
        "Ada <ada@example.com>",
        "ada@example.com,bob@example.com",
        "ada@example.com\nbcc: all@example.com",
        "ada@example.com\x00",
        f"ada@{'a' * 64}.com",
    ],
)
def test_these_are_not(text):
    assert not is_email(text)


@pytest.mark.parametrize("text", ["", "plain", "caf\u00e9", "\U0001f68b", "line\nbreak\t"])
def test_text_can_be_stored(text):
    assert is_storable(text)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud83d", "caf\u00e9 \udc00"])
def test_nul_and_half_a_pair_cannot_be_stored(text):
    assert not is_storable(text)


@pytest.mark.parametrize(
    "text",
    ["\u0316\u0300" * 100_000, "é" + "\u0300" * 200_000, "a" * 300_000, '"' + "\\" * 200_000],
)
def test_long_texts_are_compared_and_judged_in_no_time(text: str) -> None:
    started = time.thread_time()
    for email in (text, f"ü@{text}", f"{text}@x.org"):
        assert not is_email(email)
        email_key(email)
    fold(text)
    assert time.thread_time() - started < 1


def test_folding_keeps_the_marks_that_a_letter_may_carry() -> None:
    assert fold("É" * 300) == fold("e\u0301" * 300) == "é" * 300
    assert fold("É") == fold("e\u0301") == "é"
    assert fold("x" * 300 + "\u0300" * 40) == fold("x" * 300 + "\u0300" * 30)


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Jos\u00e9 \u5f35",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0915\u094d\u200d\u0937",
        "\u5c71\u7530\u3000\u592a\u90ce",
        "Ren\u00e9\u00a0Dupont",
        "\u202fX",
        "\u05d3\u05d5\u05d3\u200f",
    ],
)
def test_names_in_any_script_are_lines(name):
    assert is_line(name)
    assert (clean_line(name), clean_paragraph(name)) == (name, name)


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u202e", "\u202d"])
def test_control_characters_are_in_no_text(sign):
    assert not is_line(f"A{sign}B")
    assert clean_line(f"{sign}A{sign}{sign}B{sign}") == "A B"
    assert clean_paragraph(f"A{sign}{sign}B") == "A B"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\t"])
def test_a_line_has_no_ends_in_it_and_a_paragraph_has(end):
    assert not is_line(f"A{end}B")
    assert clean_line(f"A{end}B{end}") == "A B"
    assert clean_paragraph(f"A{end}B") == f"A{end}B"


def test_the_wide_key_is_what_keys_were_before():
    assert wide_email_key(" Wei\u00df@Stra\u00dfe.de ") == "weiss@xn--strae-oqa.de"
    assert wide_email_key("mi\u212ae@example.com") == wide_email_key("Mike@example.com")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\t\n",
        "\ufeff",
        "\u200b",
        "\u200b \u2060",
        "\u00ad",
        "\u3164",
        "\u2800",
        "\x07",
        "\u3000",
    ],
)
def test_what_cannot_be_seen_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "0", "\u200ba", "\u0301", "\U0001f39f", "\u5f35", "."])
def test_what_can_be_seen_is_not_blank(text):
    assert not is_blank(text)
