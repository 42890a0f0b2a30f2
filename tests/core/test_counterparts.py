"""The one door: whatever a counterpart says becomes something that can be kept."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.core.callbacks.model import CallbackResult
from turnout.core.counterparts import (
    LARGEST,
    clean,
    read_content_type,
    read_object,
    read_pause,
    tidy,
    to_count,
    to_name,
    to_seconds,
    to_text,
)
from turnout.core.ids import CallbackId, OrgId
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import (
    Accepted,
    DeliveryReport,
    Misconfigured,
    Rejected,
    Reply,
    Retry,
    Unknown,
)
from turnout.core.text import is_storable

NOW_S = 1_764_000_000.0
DEEP = b'{"sid":"a","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
anything = st.text(st.characters(), max_size=2_000)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\r\n  three\0\x1b[31m\ud800", "one two three [31m"),
        ("x" * 900, "x" * 500),
        ("a\u202eb\u2066c\u200f\u2028d", "a b c d"),
        (" a ", "a"),
        ("\0" * 2_000 + "a", ""),
        ("", ""),
    ],
)
def test_a_remark_is_one_line(text, line):
    assert tidy(text) == line


@given(anything)
def test_what_comes_out_can_be_kept_and_is_bounded(text):
    line, kept, name = tidy(text), clean(text, 100), to_name(text, 100)
    assert [is_storable(text) for text in (line, kept, name)] == [True] * 3
    assert (len(line) <= 500, len(kept) <= 100, len(name) <= 100) == (True,) * 3
    assert (tidy(line), clean(kept), to_name(name)) == (line, kept, name)


def test_a_text_of_people_keeps_its_lines():
    assert clean("STOP\0\n\ud83d yes\t") == "STOP\n yes\t"


def test_names_that_cannot_be_kept_stay_apart():
    names = [to_name(text) for text in ("a\0", "a\ud800", "a", "x" * 201, "x" * 202)]
    assert len(set(names)) == 5
    assert (names[2], to_name("a\0")) == ("a", names[0])


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("3", 3),
        (3, 3),
        (3.0, 3),
        ("+3", 3),
        ("0", 1),
        ("256", 1),
        ("9" * 5_000, 1),
        (10**4_000, 1),
        ("٣", 1),
        (2.5, 1),
        (math.inf, 1),
        (math.nan, 1),
        (None, 1),
        ([3], 1),
        ("-3", 1),
    ],
)
def test_counts(value, count):
    assert to_count(value, 1, least=1, limit=255) == count


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("1.5", 1.5),
        ("9" * 5_000, float("9" * 64)),
        ("1e9", 5),
        ("Mon, 24 Nov 2025 16:01:00 GMT", 1764000060.0 - NOW_S),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 5),
        ("Mon, 01 Jan 10000 00:00:00 GMT", 5),
        ("Mon, 01 Jan 2026 99:99:99 GMT", 5),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999", 5),
        ("-5", 5),
        ("nan", 5),
        ("\udcff", 5),
        ("", 5),
    ],
)
def test_pauses(text, seconds):
    assert read_pause(text, NOW_S, 5) == seconds


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b'{"sid":"a\\u0000","n":2}', {"sid": "a\0", "n": 2}),
        (b'{"sid":"a","n":' + b"9" * 5_000 + b"}", {"sid": "a", "n": "9" * 5_000}),
        (b'{"sid":"\\ud800"}', {"sid": "\ud800"}),
        (b"[1]", {}),
        (b"{", {}),
        (b"\xff", {}),
        (b"[" * 30_000, {}),
        (DEEP, {}),
        (b"", {}),
    ],
    ids=range(9),
)
def test_objects(body, members):
    assert read_object(body) == members


def test_values_as_text():
    deep: list = []
    for _ in range(30_000):
        deep = [deep]
    values = ["a", 5, None, 10**5_000, deep, {"a": 1}]
    assert [to_text(value) for value in values] == ["a", "5", "", "", "", "{'a': 1}"]


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("Image/PNG; charset=x", "image/png"),
        ("image/\udcffpng", ""),
        ("a/" + "b" * 64, ""),
        ("png", ""),
        ("a/b" + ";" * 10_000, ""),
    ],
)
def test_content_types(text, content_type):
    assert read_content_type(text) == content_type


@pytest.mark.parametrize(
    ("value", "seconds"), [(5, 5), (-1, 0), (math.inf, 60), (math.nan, 0), (61, 60)]
)
def test_seconds(value, seconds):
    assert to_seconds(value, 60) == seconds


BAD = "a\0b\ud800" + "x" * 100_000


def test_no_answer_can_be_made_that_cannot_be_kept():
    line = ("a b " + "x" * 500)[:500]
    assert [
        Retry(math.inf, BAD),
        Retry(math.nan, BAD),
        Rejected(Status.FAILED, BAD),
        Misconfigured(BAD),
        Unknown(BAD),
    ] == [
        Retry(86_400, line),
        Retry(0, line),
        Rejected(Status.FAILED, line),
        Misconfigured(line),
        Unknown(line),
    ]
    accepted = Accepted((BAD,) * 300, 10**30)
    assert (accepted.network_ids, accepted.parts) == ((to_name(BAD),) * 255, 1)


def test_no_report_can_be_made_that_cannot_be_kept():
    report = DeliveryReport(
        carrier="net",
        status=Status.SENT,
        at=10**30,
        network_id=BAD,
        attempt_id=LARGEST + 1,
        notes=BAD,
        duration_s=10**30,
        keypress=BAD,
    )
    kept = msgspec.json.decode(msgspec.json.encode(report), type=DeliveryReport)
    assert kept == report
    assert (report.at, report.network_id, report.attempt_id) == (0, to_name(BAD), 0)
    assert (report.notes, report.duration_s, report.keypress) == (tidy(BAD), 0, tidy(BAD, 20))


def test_no_reply_can_be_made_that_cannot_be_kept():
    reply = Reply(carrier="net", sender=BAD, recipient="1\0", text="STOP\0", at=-1)
    number = ("a b " + "x" * 50)[:50]
    assert reply == Reply(carrier="net", sender=number, recipient="1", text="STOP", at=0)


def test_no_call_ends_in_a_way_that_cannot_be_kept():
    result = CallbackResult(OrgId(1), CallbackId(2), 3, 4, 5, status=10**30, error=BAD)
    assert (result.status, result.error) == (0, ("a b " + "x" * 300)[:300])
    assert CallbackResult(OrgId(1), CallbackId(2), 3, 4, 5, None).status is None
