"""Messages of SIP, as the phone reads and writes them."""

import pytest

from turnout.demo.phone.sip import (
    find_end,
    read_message,
    read_offer,
    write_answer,
    write_sdp,
)

INVITE = (
    "INVITE sip:+61412345605@trunk.example;transport=tcp SIP/2.0\r\n"
    "v: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
    "Record-Route: <sip:127.0.0.1;lr>\r\n"
    "f: <sip:+61398765432@trunk.example>;tag=a\r\n"
    "t: <sip:+61412345605@trunk.example>\r\n"
    "i: c1\r\nCSeq: 1 INVITE\r\nl: 4\r\n\r\nbody"
)


def test_a_request_is_read_and_answered() -> None:
    request = read_message(INVITE)
    assert (request.method, request.number, request.body) == ("INVITE", "+61412345605", "body")
    assert request.get("call-id") == "c1"
    answer = read_message(write_answer(request, 486, "Busy Here", tag="b", body="x").decode())
    assert (answer.code, answer.method, answer.body) == (486, "", "x")
    assert answer.get("to") == "<sip:+61412345605@trunk.example>;tag=b"
    assert answer.list("via") == request.list("via")
    assert answer.get("record-route") == "<sip:127.0.0.1;lr>"


def test_a_stream_is_cut_where_messages_end() -> None:
    data = INVITE.encode()
    assert find_end(data + b"more") == len(data)
    assert find_end(data[:-1]) == 0
    assert find_end(data[:40]) == 0


def test_garbage_is_told() -> None:
    with pytest.raises(ValueError, match="no header"):
        read_message("INVITE sip:1@a SIP/2.0\r\nnonsense\r\n\r\n")


def test_only_a_law_without_encryption_is_taken() -> None:
    sdp = write_sdp("127.0.0.1", 4000, 101)
    assert read_offer(sdp) == ("127.0.0.1", 4000, 101)
    assert read_offer(sdp.replace("RTP/AVP 8", "RTP/AVP 0")) is None
    assert read_offer(sdp.replace("RTP/AVP", "RTP/SAVP")) is None
    assert read_offer("") is None
    assert read_offer(write_sdp("::1", 4000, 0)) == ("::1", 4000, 0)
