"""The wire: what is written can be read, and what cannot be read is Malformed, never worse."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.carriers.smpp import pdu
from turnout.carriers.smpp.pdu import Address, Framer, Malformed, Pdu, Sms

octet = st.integers(0, 255)
addresses = st.builds(
    Address, octet, octet, st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=20)
)
messages = st.builds(
    Sms,
    source=addresses,
    destination=addresses,
    esm_class=octet,
    registered_delivery=octet,
    data_coding=octet,
    content=st.binary(max_size=254),
    tlvs=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=5),
)
frames = st.builds(
    Pdu,
    command=st.integers(0, 2**32 - 1),
    status=st.integers(0, 2**32 - 1),
    sequence=st.integers(0, 2**32 - 1),
    body=st.binary(max_size=400),
)


def chunks_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream, cut at these places."""
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in pairwise(places)]


def test_a_submission_as_the_specification_lays_it_out():
    sms = Sms(
        source=Address(5, 0, "Turnout"),
        destination=Address(1, 1, "61400000001"),
        esm_class=0x40,
        registered_delivery=1,
        data_coding=8,
        content=b"\x05\x00\x03\x07\x02\x01\x00A",
        tlvs={0x0204: b"\x00\x2a"},
    )
    assert pdu.encode(pdu.SUBMIT_SM, 0, 7, pdu.encode_sms(sms)) == (
        b"\x00\x00\x00\x41\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x07"
        b"\x00"  # service_type
        b"\x05\x00Turnout\x00"
        b"\x01\x0161400000001\x00"
        b"\x40\x00\x00"  # esm_class, protocol_id, priority_flag
        b"\x00\x00"  # schedule_delivery_time, validity_period
        b"\x01\x00\x08\x00"  # registered_delivery, replace_if_present_flag, data_coding, default
        b"\x08\x05\x00\x03\x07\x02\x01\x00A"
        b"\x02\x04\x00\x02\x00\x2a"
    )


def test_a_bind_as_the_specification_lays_it_out():
    body = pdu.encode_bind("turnout", "secret", "")
    assert body == b"turnout\x00secret\x00\x00\x34\x00\x00\x00"


@given(messages)
def test_a_message_is_read_as_it_was_written(sms: Sms):
    assert pdu.decode_sms(pdu.encode_sms(sms)) == sms


@given(messages, st.data())
def test_a_message_that_is_cut_short_is_malformed_or_has_fewer_parameters(sms: Sms, data):
    body = pdu.encode_sms(sms)
    cut = data.draw(st.integers(0, len(body) - 1))
    try:
        read = pdu.decode_sms(body[:cut])
    except Malformed:
        return
    assert read.content == sms.content
    assert len(read.tlvs) < len(sms.tlvs)


@given(st.binary(max_size=600))
def test_any_octets_are_a_message_or_malformed(body: bytes):
    try:
        sms = pdu.decode_sms(body)
    except Malformed:
        return
    assert sum(map(len, sms.tlvs.values())) + len(sms.content) < len(body)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "a message without all of its members"),
        (b"\0" + b"\1\1" + b"6" * 66 + b"\0" + b"\0" * 20, "a message without all of its members"),
        (b"\0" + b"\1\1\0" * 2 + b"\0" * 9 + b"\5" + b"text", "a short_message of 5 octets"),
        (b"\0" + b"\1\1\0" * 2 + b"\0" * 10 + b"\4\x24", "an optional parameter that ends"),
        (b"\0" + b"\1\1\0" * 2 + b"\0" * 10 + b"\4\x24\0\2x", "optional parameter 0x0424 of 2"),
    ],
)
def test_a_message_whose_members_do_not_fit_is_malformed(body: bytes, fault: str):
    with pytest.raises(Malformed, match=fault):
        pdu.decode_sms(body)


@given(st.lists(frames, max_size=6), st.lists(st.integers(0, 3000)))
def test_frames_come_out_whole_wherever_the_stream_is_cut(sent: list[Pdu], cuts: list[int]):
    stream = b"".join(pdu.encode(*unit) for unit in sent)
    framer = Framer()
    assert [unit for chunk in chunks_of(stream, cuts) for unit in framer.feed(chunk)] == sent


def test_a_large_frame_octet_by_octet():
    framer = Framer()
    frame = pdu.encode(pdu.DELIVER_SM, 0, 1, b"x" * (pdu.MAX_BYTES - pdu.HEADER_BYTES))
    seen = [unit for place in range(len(frame)) for unit in framer.feed(frame[place : place + 1])]
    assert seen == [Pdu(pdu.DELIVER_SM, 0, 1, frame[pdu.HEADER_BYTES :])]


@pytest.mark.parametrize("length", [0, 15, pdu.MAX_BYTES + 1, 2**32 - 1])
def test_an_impossible_length_is_malformed_before_the_rest_is_there(length: int):
    framer = Framer()
    good = pdu.encode(pdu.ENQUIRE_LINK, 0, 1)
    frames = framer.feed(good + good + length.to_bytes(4, "big"))
    assert [next(frames), next(frames)] == [Pdu(pdu.ENQUIRE_LINK, 0, 1, b"")] * 2
    with pytest.raises(Malformed, match=f"a PDU of {length} octets"):
        next(frames)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", ""),
        (b"\0", ""),
        (b"m1\0", "m1"),
        (b"m1", "m1"),
        (b"m\xe9\0rest", "mé"),
        (b"x" * 65 + b"\0", "x" * 65),
        (b"x" * 66 + b"\0", ""),
    ],
)
def test_the_name_in_an_answer(body: bytes, name: str):
    assert pdu.read_cstring(body) == name
