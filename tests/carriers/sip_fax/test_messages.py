"""SIP messages of strangers: what is read, and what is refused."""

import pytest

from turnout.carriers.sip_fax.messages import (
    Message,
    UnreadableError,
    find_param,
    find_uri,
    read_length,
    read_message,
    respond,
    split_commas,
)

INVITE = (
    b"INVITE sip:+61412345678@trunk.example SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1, SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK2\r\n"
    b'f: "A, <B>" <sip:a@b>;tag=x1\r\nt: <sip:c@d>\r\ni: abc\r\nCSEQ: 7 INVITE\r\nl: 4'
)


def test_a_request_is_read_by_long_and_short_names_and_answered() -> None:
    request = read_message(INVITE, b"body")
    assert (request.method, request.code, request.cseq) == ("INVITE", 0, (7, "INVITE"))
    assert (request.branch, request.tag("from"), request.tag("to")) == ("z9hG4bK1", "x1", "")
    assert len(request.get_all("via")) == 2
    assert read_length(INVITE) == 4
    answer = respond(request, 486, "Busy Here", ("Reason", "Q.850;cause=17"))
    packed = answer.pack()
    head, _, body = packed.partition(b"\r\n\r\n")
    again = read_message(head, body)
    assert (again.code, again.words, again.method) == (486, "Busy Here", "INVITE")
    assert again.get_all("via") == request.get_all("via")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x",
        b"INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE",  # no Call-ID
        b"INVITE sip:a@b SIP/2.0\r\nCSeq: 1 BYE\r\nCall-ID: x",
        b"INVITE sip:a@b SIP/2.0\r\nCSeq: one INVITE\r\nCall-ID: x",
        b"SIP/2.0 999 Odd\r\nCSeq: 1 INVITE\r\nCall-ID: x",
        b"SIP/2.0 200 OK\r\nno colon\r\nCSeq: 1 INVITE\r\nCall-ID: x",
    ],
)
def test_what_is_no_message_is_unreadable(head: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_message(head, b"")


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"99999999999", b"70000", b"\xd9\xa3"])
def test_a_length_that_is_none_is_unreadable(length: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_length(b"SIP/2.0 200 OK\r\nContent-Length: " + length)


def test_parts_of_headers() -> None:
    assert split_commas('"a, b" <sip:x,y@z>;q=1, <sip:c@d>') == [
        '"a, b" <sip:x,y@z>;q=1',
        "<sip:c@d>",
    ]
    assert find_uri('"A" <sip:a@b;lr>;tag=1') == "sip:a@b;lr"
    assert find_uri("sip:a@b;tag=1") == "sip:a@b"
    assert find_param("SIP/2.0/UDP h;branch=z1;rport=5", "rport") == "5"
    assert find_param("<sip:a@b;tag=no>;tag=yes", "tag") == "yes"
    assert Message("", [("To", "<sip:a@b;tag=no>")]).tag("to") == ""
