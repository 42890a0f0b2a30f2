"""The bounce listener, as the standard library's client and raw sockets see it."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.carriers.smtp.samples import BOUNCES, SECRET, KeptInbox, make_settings, run
from tests.carriers.smtp.test_bounces import FAILED, SERVER, make_report
from turnout.carriers import DeliveryReport
from turnout.carriers.smtp import SmtpCarrier
from turnout.carriers.smtp import listener as listener_module
from turnout.carriers.smtp.bounces import ReturnPaths
from turnout.carriers.smtp.listener import COMMANDS, FAULTS, KEPT, SIZE_LIMIT, BounceListener
from turnout.core.messaging.model import Status

PATHS = ReturnPaths(BOUNCES, SECRET)
TO_7 = f"RCPT TO:<{PATHS.address(7)}>"
BOUNCE = make_report(SERVER, FAILED).replace("\n", "\r\n")


class Listening:
    """A listener that keeps what it is given."""

    def __init__(self) -> None:
        self.port = 0
        self.kept: list[tuple[int, bytes]] = []

    async def accept(self, attempt_id: int, raw: bytes) -> None:
        self.kept.append((attempt_id, raw))


@asynccontextmanager
async def listening(**settings) -> AsyncIterator[Listening]:
    kept = Listening()
    listener = BounceListener(make_settings(25, listen_port=0, **settings), PATHS, kept.accept)
    kept.port = await listener.start()
    try:
        yield kept
    finally:
        await listener.stop()


async def talk(port: int, sent: bytes) -> list[str]:
    """Everything that is answered to `sent`, written at once, until the listener hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await reader.read(-1)
    writer.close()
    return answer.decode().split("\r\n")[:-1]


def say(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


GREETING = f"220 {BOUNCES} ESMTP for bounces"
BYE = "221 2.0.0 Bye"
OK = "250 2.1.0 OK"
RCPT_OK = "250 2.1.5 OK"
GO_AHEAD = "354 End with a dot on a line of its own"
STORED = "250 2.0.0 Stored"


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (
            ["EHLO there", "NOOP", "VRFY ada", "RSET", "noop"],
            [
                *(f"250-{line}" for line in (BOUNCES, "PIPELINING", "8BITMIME", "SMTPUTF8")),
                *("250-ENHANCEDSTATUSCODES", f"250 SIZE {SIZE_LIMIT}"),
                *("250 2.0.0 OK", "252 2.5.2 Cannot tell", "250 2.0.0 OK", "250 2.0.0 OK"),
            ],
        ),
        (["HELO there"], [f"250 {BOUNCES}"]),
        (
            ["MAIL FROM:<>", TO_7, TO_7],
            [OK, RCPT_OK, "452 4.5.3 One recipient at a time"],
        ),
        (
            ["mail from: <a@b> SIZE=10 BODY=8BITMIME", TO_7.lower().replace(":", ": ")],
            [OK, RCPT_OK],
        ),
        (
            ["MAIL FROM:<>", "RCPT TO:<eve@example.com>", f"RCPT TO:<eve@{BOUNCES}>"],
            [OK, "550 5.1.1 No such return path", "550 5.1.1 No such return path"],
        ),
        (
            ["MAIL FROM:<>", f"RCPT TO:<{PATHS.address(7).replace('+7', '+8')}>", "DATA"],
            [OK, "550 5.1.1 No such return path", "503 5.5.1 RCPT first"],
        ),
        ([TO_7], ["503 5.5.1 MAIL first"]),
        (["DATA"], ["503 5.5.1 RCPT first"]),
        (["MAIL FROM:<>", "DATA"], [OK, "503 5.5.1 RCPT first"]),
        (["MAIL FROM:<>", "MAIL FROM:<>"], [OK, "503 5.5.1 Sender already given"]),
        (["MAIL FROM:<>", "RSET", TO_7], [OK, "250 2.0.0 OK", "503 5.5.1 MAIL first"]),
        (["MAIL FROM:<>", "HELO x", TO_7], [OK, f"250 {BOUNCES}", "503 5.5.1 MAIL first"]),
        (["MAIL"], ["501 5.5.4 Syntax: MAIL FROM:<address>"]),
        (["MAIL FROM:<a> <b>"], ["501 5.5.4 Syntax: MAIL FROM:<address>"]),
        (["MAIL FROM:<>", "RCPT TO:<>"], [OK, "501 5.5.4 Syntax: RCPT TO:<address>"]),
        ([f"MAIL FROM:<> SIZE={SIZE_LIMIT}"], [OK]),
        ([f"MAIL FROM:<> SIZE={SIZE_LIMIT + 1}"], [f"552 5.3.4 At most {SIZE_LIMIT} bytes"]),
        (["STARTTLS", "", "\0"], ["502 5.5.1 Unknown command"] * 3),
    ],
)
def test_commands_are_answered_in_order_and_pipelined(said, answered):
    async def main() -> None:
        async with listening() as kept:
            expected = [GREETING, *answered, BYE]
            assert await talk(kept.port, say(*said, "quit")) == expected

    run(main())


def test_mails_are_handed_over_as_they_were_before_their_dots_were_stuffed():
    async def main() -> None:
        async with listening() as kept:
            envelope = ("MAIL FROM:<>", TO_7, "DATA")
            answers = await talk(
                kept.port,
                say(*envelope, "a", "..", "..b", ".", *envelope, ".", "QUIT"),
            )
            assert answers == [GREETING, *[OK, RCPT_OK, GO_AHEAD, STORED] * 2, BYE]
            assert kept.kept == [(7, b"a\r\n.\r\n.b"), (7, b"")]

    run(main())


def test_only_a_dot_between_crlf_ends_a_mail():
    smuggled = "MAIL FROM:<>\r\nRCPT TO:<eve@example.com>\r\nDATA"

    async def main() -> None:
        async with listening() as kept:
            for end in ("\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r"):
                body = f"a{end}{smuggled}"
                answers = await talk(
                    kept.port, say("MAIL FROM:<>", TO_7, "DATA", body, ".", "QUIT")
                )
                assert answers == [GREETING, OK, RCPT_OK, GO_AHEAD, STORED, BYE]
            assert len(kept.kept) == 5

    run(main())


def test_bytes_may_come_one_by_one():
    async def main() -> None:
        async with listening() as kept:
            reader, writer = await asyncio.open_connection("127.0.0.1", kept.port)
            for byte in say("MAIL FROM:<>", TO_7, "DATA", "ab", "..", ".", "QUIT"):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
            assert (await reader.read(-1)).decode().split("\r\n")[-3:] == [STORED, BYE, ""]
            writer.close()
            assert kept.kept == [(7, b"ab\r\n.")]

    run(main())


def test_of_a_large_mail_the_beginning_is_kept_and_of_a_huge_one_nothing():
    line = b"x" * 98 + b"\r\n"
    large = line * (2 * KEPT // 100)
    huge = line * (SIZE_LIMIT // 100 + 1)

    async def main() -> None:
        async with listening() as kept:
            head = say("MAIL FROM:<>", TO_7, "DATA")
            answers = await talk(
                kept.port, head + large + say(".") + head + huge + say(".", "NOOP", "QUIT")
            )
            assert answers == [
                GREETING,
                *[OK, RCPT_OK, GO_AHEAD, STORED],
                *[OK, RCPT_OK, GO_AHEAD, f"552 5.3.4 At most {SIZE_LIMIT} bytes"],
                *["250 2.0.0 OK", BYE],
            ]
            ((attempt_id, raw),) = kept.kept
            assert attempt_id == 7
            assert raw == large[: len(raw)]
            assert KEPT - 10 < len(raw) <= KEPT

    run(main())


def test_a_connection_is_bounded():
    async def main() -> None:
        too_much = f"421 4.7.0 {BOUNCES} closes the connection: too much"
        async with listening(listen_connections=1) as kept:
            assert await talk(kept.port, say(*["NOOP"] * (COMMANDS + 9))) == [
                *[GREETING, *["250 2.0.0 OK"] * COMMANDS, too_much]
            ]
            assert await talk(kept.port, say(*["WHAT"] * (FAULTS + 9))) == [
                *[GREETING, *["502 5.5.1 Unknown command"] * FAULTS, too_much]
            ]
            for line in (b"N" * 5000, b"NOOP " + b"x" * 3000 + b"\r\n"):
                answers = await talk(kept.port, line)
                assert answers == [GREETING, "500 5.5.2 Line too long"]
            first = await asyncio.open_connection("127.0.0.1", kept.port)
            assert await first[0].readline() == f"{GREETING}\r\n".encode()
            assert await talk(kept.port, b"") == [f"421 4.3.2 {BOUNCES} has too many connections"]
            first[1].write(say("QUIT"))
            assert await first[0].read(-1) == f"{BYE}\r\n".encode()
            first[1].close()
            assert await talk(kept.port, say("QUIT")) == [GREETING, BYE]

    run(main())


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that has been greeted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.readline() == f"{GREETING}\r\n".encode()
    return reader, writer


def test_one_address_has_as_many_connections_as_a_postfix_opens():
    async def main() -> None:
        async with listening() as kept:
            held = [await connect(kept.port) for _ in range(20)]
            refused = f"421 4.3.2 {BOUNCES} has too many connections from your address"
            assert await talk(kept.port, b"") == [refused]
            held[2][1].write(say("QUIT"))
            assert await held[2][0].read(-1) == f"{BYE}\r\n".encode()
            assert await talk(kept.port, say("QUIT")) == [GREETING, BYE]
            for _, writer in held:
                writer.close()

    run(main())


@pytest.mark.parametrize("drip", [b"", b"N", say("MAIL FROM:<>", TO_7, "DATA") + b"a"])
def test_the_silent_go_first_when_it_is_full(drip, monkeypatch):
    monkeypatch.setattr(listener_module, "SILENT_S", 0.0)

    async def main() -> None:
        async with listening(listen_connections=2) as kept:
            silent, busy = await connect(kept.port), await connect(kept.port)
            silent[1].write(drip)
            for _ in range(3):
                busy[1].write(say("NOOP"))
                assert await busy[0].readline() == b"250 2.0.0 OK\r\n"
            assert await talk(kept.port, say("QUIT")) == [GREETING, BYE]
            goodbye = f"421 4.4.2 {BOUNCES} waited too long\r\n"
            assert (await silent[0].read(-1)).decode().endswith(goodbye)
            busy[1].write(say("NOOP", "QUIT"))
            assert await busy[0].read(-1) == f"250 2.0.0 OK\r\n{BYE}\r\n".encode()
            assert kept.kept == []
            for _, writer in (silent, busy):
                writer.close()

    run(main())


@pytest.mark.parametrize("said", [b"", b"NOO", say("MAIL FROM:<>", TO_7, "DATA", "half a mail")])
def test_silence_ends_a_connection(said):
    async def main() -> None:
        async with listening(listen_timeout_s=0.05) as kept:
            assert (await talk(kept.port, said))[0] == GREETING
            assert kept.kept == []

    run(main())


@pytest.mark.parametrize("said", [b"NOO", say("MAIL FROM:<>", TO_7, "DATA", "half a mail")])
def test_what_is_cut_off_is_nothing(said):
    async def main() -> None:
        async with listening(listen_connections=1) as kept:
            reader, writer = await asyncio.open_connection("127.0.0.1", kept.port)
            writer.write(said)
            writer.write_eof()
            assert (await reader.read(-1)).startswith(f"{GREETING}\r\n".encode())
            writer.close()
            assert kept.kept == []

    run(main())


def test_stopping_hangs_up_on_everybody():
    async def main() -> None:
        async with listening() as kept:
            reader, writer = await asyncio.open_connection("127.0.0.1", kept.port)
            assert await reader.readline() == f"{GREETING}\r\n".encode()
        assert await reader.read(-1) == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", kept.port)

    run(main())


def test_a_bounce_is_reported_and_other_mail_is_dropped():
    def mail(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            for text in (BOUNCE, "Subject: Out of office\r\n\r\nBack on Monday.\r\n"):
                assert client.sendmail("", [PATHS.address(7)], text) == {}

    async def main() -> None:
        inbox = KeptInbox()
        carrier = SmtpCarrier(make_settings(25, listen_port=0), name="mail", clock=lambda: 99)
        await carrier.start(inbox)
        assert carrier.listen_port
        await asyncio.to_thread(mail, carrier.listen_port)
        await carrier.stop()
        assert inbox.kept == [
            DeliveryReport(
                carrier="mail",
                status=Status.BOUNCED,
                at=99,
                attempt_id=7,
                notes="Ada@example.com: 5.1.1 550 5.1.1 <ada@mx.example.com>: nobody here",
                is_gone=True,
            )
        ]

    run(main())


def test_a_bounce_that_cannot_be_stored_is_put_off():
    def mail(port: int) -> tuple[int, bytes | str]:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            try:
                client.sendmail("", [PATHS.address(7)], BOUNCE)
            except smtplib.SMTPDataError as refused:
                return refused.smtp_code, refused.smtp_error
            return 250, b""

    async def main() -> None:
        inbox = KeptInbox(fails=True)
        carrier = SmtpCarrier(make_settings(25, listen_port=0))
        await carrier.start(inbox)
        assert carrier.listen_port
        refused = await asyncio.to_thread(mail, carrier.listen_port)
        assert refused == (451, b"4.3.0 Cannot store it now, try again later")
        inbox.fails = False
        assert await asyncio.to_thread(mail, carrier.listen_port) == (250, b"")
        await carrier.stop()
        assert [report.attempt_id for report in inbox.kept] == [7]

    run(main())


def test_an_address_in_use_is_an_error_at_the_start():
    async def main() -> None:
        async with listening() as kept:
            carrier = SmtpCarrier(make_settings(25, listen_port=kept.port))
            with pytest.raises(OSError, match="ddress already in use"):
                await carrier.start(KeptInbox())
            await carrier.stop()

    run(main())
