import email
import email.policy
from base64 import b64decode, b64encode
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.carriers import Rejected
from turnout.carriers.mails.headers import (
    Unmailable,
    clean,
    encoded_words,
    mailbox,
    unstructured,
    wire_address,
)
from turnout.core.messaging.model import Status


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def parse_field(name: str, value: str):
    """The field as the standard library reads it, out of a mail that has nothing else."""
    message = email.message_from_bytes(
        f"{name}: {value}\r\n\r\n".encode(), policy=email.policy.default
    )
    assert message.keys() == [name]
    assert message.get_content() == ""
    return message[name]


def assert_lines_are_well_formed(name: str, value: str) -> None:
    first, *rest = f"{name}: {value}".split("\r\n")
    assert all(line.startswith(" ") and line.strip() for line in rest)
    assert all(len(line) <= 76 and "\n" not in line and "\r" not in line for line in [first, *rest])


@given(st.text())
def test_any_text_is_one_field_that_reads_as_the_cleaned_text(text):
    value = unstructured("Subject", text)
    assert value.isascii()
    assert_lines_are_well_formed("Subject", value)
    assert parse_field("Subject", value) == clean(text)


WIDTHS = st.text(st.sampled_from("aé日😀\u0301\u200d "), max_size=200)


@given(WIDTHS.filter(lambda text: not clean(text).isascii()))
def test_each_encoded_word_is_of_whole_characters_and_as_long_as_it_may_be(text):
    words = encoded_words(clean(text)).split("\r\n ")
    pieces = [b64decode(word.removeprefix("=?utf-8?b?").removesuffix("?=")) for word in words]
    assert "".join(piece.decode() for piece in pieces) == clean(text)
    assert all(len(word) <= 75 for word in words)
    assert all(len(piece) > 39 - 4 for piece in pieces[:-1])


@given(st.text(alphabet="ab ?=_,\r\n\0", max_size=300))
def test_ascii_text_is_one_field_that_reads_as_the_cleaned_text(text):
    value = unstructured("Subject", text)
    assert_lines_are_well_formed("Subject", value)
    assert parse_field("Subject", value) == clean(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Programme for Ada", "Programme for Ada"),
        ("", ""),
        ("  two  \t spaces ", "two spaces"),
        ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("nul\0 and \x85 and \u2028 line ends", "nul and and line ends"),
        ("Grüße", "=?utf-8?b?R3LDvMOfZQ==?="),
        ("=?utf-8?q?fake?=", "=?utf-8?b?PT91dGYtOD9xP2Zha2U/PQ==?="),
        (
            " ".join(["timetable"] * 9),
            " ".join(["timetable"] * 6) + "\r\n " + " ".join(["timetable"] * 3),
        ),
        (
            "日" * 14,
            "=?utf-8?b?5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel?=\r\n =?utf-8?b?5pel?=",
        ),
        # One wide character takes no room from the others.
        ("a" * 37 + "😀b", f"=?utf-8?b?{base64('a' * 37)}?=\r\n =?utf-8?b?{base64('😀b')}?="),
    ],
)
def test_text_is_written_as_plainly_as_it_can_be(text, value):
    assert unstructured("Subject", text) == value


@given(st.text())
def test_any_name_makes_one_mailbox(name):
    value = mailbox(name, "ada@example.com")
    assert_lines_are_well_formed("From", value)
    # Not by the new parser: it keeps the space between two encoded words of a name.
    phrase, address = parseaddr(value.replace("\r\n", ""))
    assert (str(make_header(decode_header(phrase))), address) == (clean(name), "ada@example.com")
    assert [address.addr_spec for address in parse_field("From", value).addresses] == [address]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "ada@example.com"),
        ("Ada Lovelace", "Ada Lovelace <ada@example.com>"),
        ('Lovelace, "Ada" \\', '"Lovelace, \\"Ada\\" \\\\" <ada@example.com>'),
        ("Jörg", "=?utf-8?b?SsO2cmc=?= <ada@example.com>"),
        ("x>\r\nBcc: <eve@example.com", '"x> Bcc: <eve@example.com" <ada@example.com>'),
    ],
)
def test_mailbox_quotes_what_needs_it(name, value):
    assert mailbox(name, "ada@example.com") == value


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        (" Ada@Example.com ", "Ada@Example.com"),
        ("ada@straße.de", "ada@xn--strae-oqa.de"),
        ("ada@日本.example", "ada@xn--wgv71a.example"),
        ("ju\u0308rgen@example.com", "j\u00fcrgen@example.com"),
    ],
)
def test_addresses_get_the_domains_ascii_form(typed, wire):
    assert wire_address(typed) == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "ada @example.com",
        "ada@example.com\r\nRCPT TO:<eve@example.com>",
        "ada@example.com>",
        "<ada@example.com>",
        "ada@exa\0mple.com",
        "ada@example.com,eve@example.com",
        '"ada\r\n"@example.com',
        "a" * 300 + "@example.com",
        "ada@" + "ü" * 70 + ".de",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Unmailable) as caught:
        wire_address(text)
    reason = f"{clean(text)[:100]!r} is not an e-mail address"
    assert caught.value.outcome == Rejected(Status.INVALID_NUMBER, reason)
    with pytest.raises(Unmailable) as caught:
        wire_address(text, Status.PATHWAY_ERROR)
    assert caught.value.outcome == Rejected(Status.PATHWAY_ERROR, reason)


@given(st.text() | st.from_regex(r"[\w<> \r\n.]+@[\w<> \r\n.]+"))
def test_an_address_that_passes_can_break_no_command(text):
    try:
        address = wire_address(text)
    except Unmailable:
        return
    assert not set(address) & set("<>\r\n \0\t\x85\u2028")
    assert address.rpartition("@")[2].isascii()


def test_nothing_turns_the_direction_of_a_field():
    assert clean("\u202egpj.exe\u2066 \u2069x") == "gpj.exe x"
    assert clean("جين\u200d") == "جين\u200d"
