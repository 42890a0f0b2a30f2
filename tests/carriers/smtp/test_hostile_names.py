"""Text of users in fields: whatever it looks like, the head holds the lines that it should."""

import base64
import re

import pytest

from tests.carriers.smtp.samples import (
    carrying,
    make_mail,
    make_message,
    make_parcel,
    parse,
    raw,
    run,
)
from tests.support.mail_sink import MailSink
from turnout.carriers import Attachment, Message
from turnout.carriers.mails.headers import clean, parameter

INJECTED = "a\r\nBcc: INJ@e.example\r\n\r\nSMUGBODY"
NAMES = (
    "=?utf-8?q?a=0d=0aBcc:_INJ@e.example=0d=0a=0d=0aSMUGBODY?=.pdf",
    f"=?utf-8?b?{base64.b64encode(INJECTED.encode()).decode()}?=.pdf",
    f"=?utf-8?b?{base64.b64encode(INJECTED.encode()).decode()}?=",
    "=?us-ascii?Q?=0D=0ABcc:_x@e.example?= =?us-ascii?Q?=0D=0A=0D=0ASMUGBODY?=",
    "=?utf-7?q?+AA0ACg-Bcc:_x@e.example?=",
    INJECTED,
    "a\nBcc: x@e.example",
    "a\rBcc: x@e.example",
    "a\u2028Bcc: x@e.example\u0085\x0b\x0c",
    "%0d%0aBcc: x@e.example",
    "utf-8''%0D%0ABcc%3A%20x",
    'a"; filename="b.exe',
    'a\\"; filename="b.exe',
    "a;\r\n filename*=utf-8''b.exe",
    "".join(map(chr, range(1, 256))),
    "\u202egpj.exe",
    "Größe 漢字 \U0001f600.pdf",
    "漢" * 255,
    "x" * 255,
    "=" * 60 + "?" * 60,
    "x" * 31 + ".",
    "x" * 32 + ".",
)
HEAD = [
    *("Date", "From", "To", "Subject", "Message-ID", "X-Job", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "MIME-Version", "Content-Type"),
]


def message_of(text: str, number: int = 1) -> Message:
    file = Attachment(text, "application/pdf", b"1")
    headers = {"X-Job": text}
    return make_message(
        id=number, subject=text, from_name=text, headers=headers, attachments=(file,)
    )


def fields_of(head: bytes) -> list[str]:
    lines = head.split(b"\r\n")
    assert all(re.fullmatch(rb"[ -~]{1,998}", line) for line in lines)
    return [line.partition(b":")[0].decode() for line in lines if not line.startswith(b" ")]


def check(mail: bytes) -> None:
    head, _, body = mail.partition(b"\r\n\r\n")
    assert fields_of(head) == HEAD
    boundary = re.search(rb'boundary="([^"]+)"', head)
    assert boundary is not None
    empty, first, second, end = body.split(b"--" + boundary[1])
    assert (empty, end) == (b"", b"--\r\n")
    for part, names in (
        (first, ["Content-Type", "Content-Transfer-Encoding"]),
        (second, ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]),
    ):
        assert fields_of(part.removeprefix(b"\r\n").partition(b"\r\n\r\n")[0]) == names
    assert second.endswith(b"\r\n\r\nMQ==\r\n")
    assert all(len(line) <= 76 for line in second.split(b"\r\n"))


@pytest.mark.parametrize("text", NAMES, ids=range(len(NAMES)))
def test_no_name_adds_a_line_to_a_head(text):
    parcel = make_parcel(unsubscribe_url="https://example.org/u")
    mail = make_mail(message_of(text), parcel)
    check(raw(mail))
    _, attachment = parse(mail).iter_parts()
    assert attachment.get_filename() == clean(text)
    assert attachment.get_content() == b"1"


def test_what_a_relay_gets_has_no_line_more():
    async def main(port: int) -> None:
        async with carrying(port) as carrier:
            for number, text in enumerate(NAMES, 1):
                parcel = make_parcel(number, unsubscribe_url="https://example.org/u")
                await carrier.send(message_of(text, number), [parcel])

    with MailSink() as sink:
        run(main(sink.port))
        assert sink.total == len(NAMES)
    for _, got in sink.mails:
        check(got)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plan.pdf", ' filename="plan.pdf"'),
        ("", ' filename="file"'),
        ("\r\n", ' filename="file"'),
        ("a=b", "\r\n filename*=utf-8''a%3Db"),
        ("ä", "\r\n filename*=utf-8''%C3%A4"),
        (
            "ä" * 12,
            "\r\n filename*0*=utf-8''" + "%C3%A4" * 8 + ";\r\n filename*1*=" + "%C3%A4" * 4,
        ),
    ],
)
def test_a_parameter_is_plain_or_in_percent_signs(text, written):
    assert parameter("filename", text) == written
