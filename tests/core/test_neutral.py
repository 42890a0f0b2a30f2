"""No text of a stranger becomes a link, a number to call or a trick in a mail of the organization.

What mail programs make links of is written down here a second time, as loosely as the loosest of
them reads: schemes, domains with any dot, addresses, IP addresses, telephone numbers.
"""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnout.core.neutral import LIMIT, neutralize

DOTS = ".\u3002\uff0e\uff61\u2024\ufe52"
LINKS = (
    re.compile(r"[^\s]://"),
    re.compile(r"(?i)\b(?:https?|ftp|mailto|tel|sms|javascript|data|file|skype|whatsapp):\S"),
    re.compile(r"[@\uff20\ufe6b]"),
    re.compile(rf"[^\s{DOTS}][{DOTS}]\w[\w-]"),
    re.compile(rf"\d[{DOTS}]\d+[{DOTS}]\d"),
    re.compile(r"(?:\d[\s()/.,+\-\u2013\u2014\u2212_]*){6}\d"),
)


def links(text: str) -> list[str]:
    return [found[0] for pattern in LINKS if (found := pattern.search(text))]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("J.R.R. Tolkien", "J.R.R. Tolkien"),
        ("Dr. Strange, Jr.", "Dr. Strange, Jr."),
        ("Müller-Lüdenscheidt & Söhne GmbH", "Müller-Lüdenscheidt & Söhne GmbH"),
        ("O'Brien", "O'Brien"),
        ("5 < 6 > 4 %%name%%", "5 < 6 > 4 %%name%%"),
        ("张伟", "张伟"),
        ("می\u200cخو\u0627\u0647م", "می\u200cخو\u0627\u0647م"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("Studio 54, 2.0", "Studio 54, 2.0"),
        ("Booking.com", "Booking com"),
        ("You won! http://evil.example/x?y=1 now", "You won! now"),
        ("HTTPS://EVIL.EXAMPLE", ""),
        ("hxxp://evil", ""),
        ("http:\\\\evil.example\\x", ""),
        ("www.evil.example", "www evil example"),
        ("evil.example/path", "evil example/path"),
        ("evil\u3002example", "evil example"),
        ("evil\uff0eexample", "evil example"),
        ("evil\u200b.\u2060example", "evil example"),
        ("evil.\u202eelpmaxe", "evil elpmaxe"),
        ("münchen.de", "münchen de"),
        ("例子.测试", "例子 测试"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd xn--p1ai"),
        ("💩.la", "💩 la"),
        ("a.b.c.d.evil", "a.b.c.d evil"),
        ("mailto:eve@evil.example", "mailto eve evil example"),
        ("javascript:alert(1)", "javascript alert(1)"),
        ("tel:+49301234567", "tel +…"),
        ("eve\uff20evil.example", "eve evil example"),
        ("call 0900 123 456 7 today", "call … today"),
        ("(030) 12-34-567", "(…"),
        ("٠٩٠٠١٢٣٤٥٦٧", "…"),
        ("127.0.0.1", "127 0 0 1"),
        ("10.20.30.40", "…"),
        ("line\r\nBcc: eve\x00\tend", "line Bcc: eve end"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("\u202eright\u2066left\u2069", "rightleft"),
        ("soft\u00adhyphen\ufeff", "softhyphen"),
        ("x" * 61, "x" * 59 + "…"),
        ("x" * 60, "x" * 60),
        ("x" * 57 + "e\u0308\u0323\u0331" + "y" * 9, "x" * 57 + "…"),
        ("  much   room  ", "much room"),
        ("", ""),
        ("\u200b\u202e", ""),
    ],
)
def test_a_text_becomes_one_line_with_nothing_to_press(typed: str, sent: str) -> None:
    assert neutralize(typed) == sent


pieces = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [
                *DOTS,
                "://",
                ":",
                "@",
                "\uff20",
                "/",
                "www",
                "evil",
                "example",
                "com",
                "http",
                " ",
                "1",
                "\u200b",
                "\u200d",
                "\u202e",
                "\u2060",
                "\r\n",
                "\x00",
                "0900",
                "12",
                "-",
                "é",
            ]
        ),
    ),
    max_size=24,
).map("".join)


@given(pieces)
@example("a.1b")
@example("1.2.3.4.5")
@example("0900." * 3)
@example("1 .2 .3 .4 .5 .6 .7")
@example("http:/\u200b/evil")
@example("x:\u200b//evil")
def test_whatever_is_typed_nothing_can_be_pressed(typed: str) -> None:
    sent = neutralize(typed)
    assert links(sent) == []
    assert len(sent) <= LIMIT
    assert sent == " ".join(sent.split())
    assert all(unicodedata.category(sign)[0] != "C" or sign in "\u200c\u200d" for sign in sent), (
        sent
    )
    assert neutralize(sent) == sent


@pytest.mark.parametrize(
    "sign", [".", ":", "/", "@", "1", "1.", "a.", " ", "\u0300", "\u200d", "é", "://", "1 "]
)
def test_long_texts_take_no_time(sign: str) -> None:
    started = time.thread_time()
    for limit in (LIMIT, 1_000_000):
        neutralize(sign * 100_000, limit)
        neutralize("1" + sign * 100_000 + "x", limit)
    assert time.thread_time() - started < 2
