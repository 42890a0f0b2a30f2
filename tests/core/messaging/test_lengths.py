"""What a text becomes is reckoned, not made; the limit is exact, and reckoning takes no room."""

import html
import time
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.failures import refuses
from turnout.core.messaging.lengths import Excess, Lengths, check_lengths
from turnout.core.messaging.merging import LONGEST, Template, TooLong
from turnout.core.messaging.model import Channel, Content, JobType, NewRecipient
from turnout.errors import Invalid

PIECES = ("%%a%%", "%%B%%", "%%none%%", "%", "x", "<&>", " ")
pieces = st.lists(st.sampled_from(PIECES), max_size=20)
values = st.text(alphabet="<>&\"'aä%\U0001f600", max_size=10)


@given(pieces, values, values)
def test_a_length_is_exactly_what_merging_gives(texts, first, second):
    text, fields = "".join(texts), {"a": first, "b": second}
    assert Template(text).length(fields) == len(Template(text).merge(fields))
    merged = Template(text, html.escape).merge(fields)
    assert Lengths(Channel.EMAIL, Content(html=text)).size(fields) == len(merged)


LIMITS = [
    (Channel.EMAIL, "subject", "subject", 1000),
    (Channel.EMAIL, "text", "text_message", 2_000_000),
    (Channel.EMAIL, "html", "html_message", 2_000_000),
    (Channel.SMS, "text", "message", 10_000),
    (Channel.MMS, "text", "message", 10_000),
    (Channel.MMS, "subject", "subject", 1000),
    (Channel.TTS, "text", "message", 12_001),
    (Channel.TTS, "header", "header", 10_000),
    (Channel.TTS, "voicemail", "voicemail_message", 10_000),
]


@pytest.mark.parametrize(("channel", "member", "name", "limit"), LIMITS)
def test_each_text_has_its_limit(channel, member, name, limit):
    lengths = Lengths(channel, msgspec.structs.replace(Content(), **{member: "%%a%%x"}))
    assert lengths.find_excess({"a": "v" * (limit - 1)}) is None
    assert lengths.find_excess({"a": "v" * limit}) == Excess(name, limit, limit + 1)


def test_a_text_without_fields_is_as_long_as_it_is():
    assert Lengths(Channel.SMS, Content(text="x" * 20_000)).find_excess({}) is None


@pytest.mark.parametrize("value", ["x" * 10_000, "%%a%%" * 2000])
def test_what_would_take_500_megabytes_takes_no_room(value):
    text = "%%a%%" * 50_000
    tracemalloc.start()
    lengths = Lengths(Channel.EMAIL, Content(text=text, html=text))
    assert lengths.find_excess({"a": value}) == Excess("html_message", 2_000_000, 500_000_000)
    assert lengths.size({"a": value}) == 1_000_000_000
    with pytest.raises(TooLong):
        Template(text).merge({"a": value})
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_reckoning_is_quick():
    text, value = "%%a%%" * 400_000, "x" * 10_000
    started = time.thread_time()
    assert Lengths(Channel.EMAIL, Content(text=text)).size({"a": value}) == 4_000_000_000
    assert time.thread_time() - started < 2


def test_merging_refuses_what_its_encoding_makes_too_long():
    text = "%%a%%" * 1000
    assert len(Template(text).merge({"a": "x" * (LONGEST // 1000)})) == LONGEST
    with pytest.raises(TooLong):
        Template(text, lambda value: value + "!").merge({"a": "x" * (LONGEST // 1000)})


def test_the_refusal_names_the_text_and_the_recipient():
    lengths = Lengths(Channel.SMS, Content(text="%%A%%" * 2))
    recipients = [NewRecipient("1", fields={"a": "x" * n}) for n in (5000, 5001, 6000)]
    with refuses(Invalid, "recipient.text_long", name="message", place=501, limit=10_000):
        check_lengths(lengths, JobType.SMS, recipients, 500)
    check_lengths(lengths, JobType.SMS, recipients[:1])


def test_the_number_for_replies_counts_where_it_is_put_in():
    lengths = Lengths(Channel.SMS, Content(text="%%replynum%%%%reference%%%%recipient%%"))
    recipients = [NewRecipient("1", "r" * 5000, "n" * 5000)]
    check_lengths(lengths, JobType.SMS, recipients)
    with pytest.raises(Invalid):
        check_lengths(lengths, JobType.TWO_WAY_SMS, recipients)


@pytest.mark.parametrize(
    ("channel", "text", "value", "is_empty"),
    [
        (Channel.SMS, "%%a%%", "", True),
        (Channel.SMS, " %%a%%\n%%b%%", " \t", True),
        (Channel.TTS, "%%a%%", "", True),
        (Channel.SMS, "%%a%%", "x", False),
        (Channel.SMS, "%%a%%.", "", False),
        (Channel.EMAIL, "%%a%%", "", False),  # its subject or files may be all of it
    ],
)
def test_a_text_may_become_empty(channel: Channel, text: str, value: str, is_empty: bool):
    assert Lengths(channel, Content(text=text)).is_empty({"a": value}) is is_empty
