"""Every function that reads what strangers wrote takes time in proportion to it, whatever it is.

The table names each with the most that its door lets in. A function that reads bytes of somebody
else's program or hand (a header, a body, a mail, an answer, a file) is entered here.
"""

import asyncio
import io
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

import pytest

from tests.carriers.smtp.samples import BOUNCES, SECRET, make_settings
from tests.support import proof
from turnout.carriers import Parcel, Rejected
from turnout.carriers.http_sms import answers, calls, webhook
from turnout.carriers.mm7 import answers as mm7_answers
from turnout.carriers.mm7 import multipart, soap
from turnout.carriers.signing import is_signed_like_twilio
from turnout.carriers.smpp import gsm, pdu, reassembly, receipts
from turnout.carriers.smtp import session
from turnout.carriers.smtp.bounces import ReturnPaths, find_bounce
from turnout.carriers.smtp.connection import Connection
from turnout.carriers.smtp.listener import KEPT, LINE_LIMIT, BounceListener, _Conversation
from turnout.carriers.smtp.outcomes import Reply, Stage, judge
from turnout.core import counterparts
from turnout.core.importing.records import read_layout, read_records
from turnout.core.messaging import list_files, merging
from turnout.core.messaging.model import Channel, Status
from turnout.core.messaging.numbers import to_address
from turnout.core.neutral import neutralize
from turnout.core.text import email_key, is_email
from turnout.core.tickets.signing import read_signed
from turnout.dialects.attendance import decode as attendance
from turnout.dialects.booking import decode as booking
from turnout.dialects.messaging import decode as messaging
from turnout.dialects.messaging.job_members import decode_body
from turnout.dialects.registration import decode as registration
from turnout.errors import Failure
from turnout.formats.tables import read_table
from turnout.http import body, cross_site, forms, json_shape, json_slips, masks, members
from turnout.http.client_address import TrustedProxies
from turnout.web.console.gate.page import own_path

KB = 1024
LIMIT_S = 0.5
NOTICED_S = 0.05
# A quarter of the text takes about a quarter of the time, the square a sixteenth.
SHARE, GROWTH = 4, 10
# Granian takes heads of up to 64 KB.
HEAD = 64 * KB
BODY = 256 * KB

PUMPS = (
    *(
        b";",
        b'"',
        b"\\",
        b"\r\n",
        b"\n",
        b" ",
        b"\t",
        b"%",
        b"%%",
        b"%4",
        b"%41",
        b"&",
        b"=",
        b"a=",
    ),
    *(b"a=&", b"[", b"a[b]", b"{", b'{"a":', b"(", b",", b"0,", b"--", b"--x\r\n", b"=?utf-8?q?"),
    *(b"<", b">", b":", b"\0", b"\x1b", b"\xff", b"\xc3\xa9", b"0", b"9", b".", b"a.", b"@", b"a@"),
    *(b"xn--", b"/", b"//", b"..", b"?a=", b"220-\n", b"a:b\n", b"a: \n ", b";a=", b'"\\"', b"'"),
    *(b"//x\n", b"/*", b"# \n", b"id:", b"text:", b"Status: 5\n\n", b"http://", b"a:b@", b"%%a%%"),
)
HEADS = (
    b"",
    b'Content-Type: multipart/report; a="',
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
    b"Content-Type: message/delivery-status\n\nAction: failed\n",
    b'{"registration":{"eventPak":"',
    b'{"a":',
    b"message=",
    b"%%",
    b"id:1 ",
)


class Parser(NamedTuple):
    """A reader, and the most bytes that it is given. `as_text`: as text, as it comes."""

    read: Callable[[Any], Any]
    limit: int
    as_text: bool = False


def _read_list(text: str) -> None:
    with read_table(io.BytesIO(f"Email\n{text}".encode()), "list.csv") as table:
        layout = read_layout(table, list_files.LIST)
        list(list_files.read_entries(read_records(table, layout)))


class _Nothing(Connection):
    """A connection to a relay that takes every answer."""

    def __init__(self) -> None:
        super().__init__()
        for _ in range(1000):
            self.expect(lambda _: None, 1e9)


class _Writer:
    """What a listener answers on."""

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 25)

    def write(self, data: bytes) -> None:
        """Nobody reads it."""

    async def drain(self) -> None:
        """It has gone."""

    def close(self) -> None:
        """Nothing to do."""


LIMITS = members.Limits(BODY)
PATHS = ReturnPaths(BOUNCES, SECRET)
MASKS = masks.Masks(["/ticket/{address}/{name}", "/watch/{pak}/{token}"])
PROXIES = TrustedProxies.parse("127.0.0.0/8")


def _hear_relay(data: bytes) -> None:
    _Nothing().data_received(data)


async def _hear_sender(data: bytes) -> None:
    """The bounce listener, told commands and a mail."""

    async def accept(attempt_id: int, raw: bytes) -> None:
        """A mail that is thrown away."""

    reader = asyncio.StreamReader(limit=64 * KB)
    said = (f"MAIL FROM:<{'x' * 9}>", f"RCPT TO:<{PATHS.address(7)}>", "DATA")
    reader.feed_data("".join(f"{line}\r\n" for line in said).encode() + data + b"\r\n.\r\n" + data)
    reader.feed_eof()
    listener = BounceListener(make_settings(25), PATHS, accept)
    await _Conversation(listener, reader, _Writer()).run()  # type: ignore[arg-type]


async def _on_loop(read: Callable[[bytes], None], data: bytes) -> None:
    read(data)


def _read_sms(data: bytes) -> None:
    """A deliver_sm whose payload is the text, as receipt and as reply."""
    source = pdu.Address(1, 1, "61400000000")
    for esm_class, coding in ((0x04, 0), (0, 0), (0, gsm.UCS2), (pdu.ESM_UDHI, 0)):
        sms = pdu.Sms(
            source=source,
            destination=source,
            esm_class=esm_class,
            data_coding=coding,
            tlvs={pdu.TLV_MESSAGE_PAYLOAD: data},
        )
        sms = pdu.decode_sms(pdu.encode_sms(sms))
        receipts.read_receipt(sms, "same")
        part = reassembly.read_part(sms)
        reassembly.Reassembly(60).add(part, lambda _: None, 0)


def _read_answer(data: bytes) -> None:
    for status in (200, 400, 429):
        answers.read_answer(
            status,
            data,
            data[: 8 * KB].decode("latin-1"),
            now_s=0,
            id_member="sid",
            parts_member="num_segments",
            has_reports=True,
        )
    refused = Rejected(Status.FAILED, "")
    calls.judge_call(refused, Parcel(attempt_id=1, destination="1", sender=""), data)


def _read_mmsc(data: bytes) -> None:
    headers = {"Content-Type": "text/xml"}
    mm7_answers.read_answer(200, data, headers, now_s=0, has_reports=True)
    soap.read(b"<a>" + data + b"</a>")


def _read_parts(data: bytes) -> None:
    for part in multipart.split("multipart/related; boundary=x", b"--x\n" + data + b"\n--x--"):
        part.read_text()
    multipart.split("multipart/related; boundary=" + data[: 8 * KB].decode("latin-1"), b"")


def _read_webhook(data: bytes) -> None:
    fields = webhook._read_form(data)
    is_signed_like_twilio("secret", "https://turnout.test/", fields, "x")


PARSERS: dict[str, Parser] = {
    "a bounce": Parser(find_bounce, KEPT),
    "a return path": Parser(PATHS.find_attempt, LINE_LIMIT, as_text=True),
    "what is said to the bounce listener": Parser(
        lambda data: asyncio.run(_hear_sender(data)), KEPT
    ),
    "a relay's answers": Parser(lambda data: asyncio.run(_on_loop(_hear_relay, data)), BODY),
    "a relay's refusal": Parser(
        lambda text: [judge(stage, Reply(550, text)) for stage in Stage], 64 * KB, as_text=True
    ),
    "a relay's queue id": Parser(session._find_queue_id, 64 * KB, as_text=True),
    "SMPP frames": Parser(lambda data: list(pdu.Framer().feed(data)), BODY),
    "an SMPP message": Parser(pdu.decode_sms, pdu.MAX_BYTES),
    "receipts and replies of SMPP": Parser(_read_sms, 65_000),
    "an SMS provider's answer": Parser(_read_answer, 64 * KB),
    "an SMS provider's webhook": Parser(_read_webhook, 64 * KB),
    "an MMSC's envelope": Parser(_read_mmsc, 64 * KB),
    "an MMSC's parts": Parser(_read_parts, BODY),
    "a call gateway's webhook": Parser(calls.read_event, 64 * KB),
    "a note of a counterpart": Parser(counterparts.tidy, 64 * KB, as_text=True),
    "a text of a counterpart": Parser(counterparts.clean, 64 * KB, as_text=True),
    "a name of a counterpart": Parser(counterparts.to_name, 64 * KB, as_text=True),
    "a number of a counterpart": Parser(
        lambda text: counterparts.to_count(text, 0), 64 * KB, as_text=True
    ),
    "a pause of a counterpart": Parser(
        lambda text: counterparts.read_pause(text, 0, 5), 8 * KB, as_text=True
    ),
    "an object of a counterpart": Parser(counterparts.read_object, 64 * KB),
    "a counterpart's content type": Parser(counterparts.read_content_type, 8 * KB, as_text=True),
    "Forwarded": Parser(lambda data: PROXIES.judge("127.0.0.1", [(b"forwarded", data)]), HEAD),
    "X-Forwarded-For": Parser(
        lambda data: PROXIES.judge("127.0.0.1", [(b"x-forwarded-for", data)]), HEAD
    ),
    "a path's exemption": Parser(
        lambda text: cross_site.find_exemption("POST", "/" + text, frozenset()), HEAD, as_text=True
    ),
    "a path for the log": Parser(lambda text: MASKS.hide_path("/" + text), HEAD, as_text=True),
    "a line of the log": Parser(MASKS.hide, HEAD, as_text=True),
    "a query": Parser(members.read_query, HEAD, as_text=True),
    "a content type": Parser(body.charset_of, HEAD, as_text=True),
    "a body of another charset": Parser(
        lambda data: body.to_utf8(data, "text/plain; charset=utf-16", BODY), BODY
    ),
    "a packed body": Parser(lambda data: body.decompress(b"\x1f\x8b" + data, "gzip", BODY), BODY),
    "the kind of a body": Parser(lambda data: members.kind_of(data, "x"), BODY),
    "members": Parser(lambda data: members.decode_members(data, "", LIMITS), BODY),
    "members of a form": Parser(
        lambda data: members.decode_members(data, "application/x-www-form-urlencoded", LIMITS), BODY
    ),
    "members of a multipart": Parser(
        lambda data: members.decode_members(data, "multipart/form-data; boundary=x", LIMITS), BODY
    ),
    "a boundary": Parser(lambda text: forms.find_boundary(b"--x", text), HEAD, as_text=True),
    "the shape of JSON": Parser(lambda data: json_shape.check_shape(data, values=20_000), BODY),
    "a slip in JSON": Parser(
        lambda data: json_slips.find_slip(data, ValueError("at byte 9")), BODY
    ),
    "an application": Parser(registration.decode_application, BODY),
    "a status question": Parser(lambda data: registration.decode_question(data, {}), BODY),
    "a job": Parser(lambda data: decode_body("", "application/json", data), BODY),
    "a job's form": Parser(
        lambda data: decode_body("", "application/x-www-form-urlencoded", data), BODY
    ),
    "a job's query": Parser(lambda text: decode_body(text, "", b""), HEAD, as_text=True),
    "a page of users": Parser(messaging.decode_page_question, HEAD, as_text=True),
    "a time of a scan": Parser(
        lambda text: attendance.decode_time("at", text), 16 * KB, as_text=True
    ),
    "a ticket's code": Parser(attendance.decode_code, HEAD, as_text=True),
    "a GUID": Parser(booking.decode_guid, HEAD, as_text=True),
    "a date": Parser(lambda text: booking.decode_date(text, "UTC"), HEAD, as_text=True),
    "a signed ticket": Parser(read_signed, HEAD, as_text=True),
    "an e-mail address": Parser(is_email, BODY, as_text=True),
    "the key of an e-mail address": Parser(email_key, 255, as_text=True),
    "a phone number": Parser(lambda text: to_address(Channel.SMS, text), BODY, as_text=True),
    "a stranger's text": Parser(neutralize, BODY, as_text=True),
    "where to go after signing in": Parser(own_path, 16 * KB, as_text=True),
    "a list of recipients": Parser(
        _read_list,
        64 * KB,
        as_text=True,
    ),
    "a text with fields": Parser(merging.Template, BODY, as_text=True),
}


def time_of(parser: Parser, head: bytes, pump: bytes, size: int) -> float:
    """The seconds of the processor that reading takes; a refusal is an answer."""
    data = (head + pump * (size // len(pump) + 1))[:size]
    given: Any = data.decode("utf-8", "replace") if parser.as_text else data
    started = time.thread_time()
    with suppress(Failure, pdu.Malformed, EOFError, ValueError):
        parser.read(given)
    return time.thread_time() - started


def find_slow(parser: Parser, head: bytes, pump: bytes) -> str:
    """What is wrong with the time that a text takes, or nothing."""
    took = min(time_of(parser, head, pump, parser.limit) for _ in range(2))
    if took < NOTICED_S:
        return ""
    less = min(time_of(parser, head, pump, parser.limit // SHARE) for _ in range(2))
    if took < LIMIT_S and took < GROWTH * less:
        return ""
    return f"{took:.3f} s for {parser.limit} bytes of {head!r} + {pump!r}, a quarter {less:.3f} s"


@pytest.mark.proof
def test_every_parser_takes_linear_time() -> None:
    chance = proof.random_for("linear parsers")
    texts = [*product(HEADS, PUMPS)]
    slow, tried = [], 0
    for name, parser in PARSERS.items():
        plain = [(b"", pump) for pump in chance.sample(PUMPS, proof.scale(6, len(PUMPS)))]
        for head, pump in [*plain, *chance.sample(texts, proof.scale(6, len(texts)))]:
            tried += 1
            if fault := find_slow(parser, head, pump):
                slow.append(f"{name}: {fault}")
                break
    assert slow == []
    proof.report("linear parsers", parsers=len(PARSERS), texts=tried)


def test_a_slow_parser_would_be_found() -> None:
    def count_pairs(text: str) -> int:
        return sum(text[at:].count(";") for at in range(0, len(text), 8))

    assert find_slow(Parser(count_pairs, 64 * KB, as_text=True), b"", b";")
