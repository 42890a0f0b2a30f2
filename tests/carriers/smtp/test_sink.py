"""The carrier against Postfix's smtp-sink, as it is, refusing, and hanging up."""

import asyncio

import pytest

from tests.carriers.smtp.samples import (
    BOUNCES,
    SECRET,
    carrying,
    content,
    make_message,
    make_parcel,
    make_settings,
    run,
    send,
)
from tests.support.postfix import SmtpSink
from turnout.carriers import Accepted, Attachment, Misconfigured, Rejected, Retry, Unknown
from turnout.carriers.smtp import SmtpCarrier
from turnout.carriers.smtp.bounces import ReturnPaths
from turnout.carriers.smtp.outcomes import RECONNECT_S, RETRY_S
from turnout.core.messaging.model import Status

ACCEPTED = Accepted(is_final=True)
PATHS = ReturnPaths(BOUNCES, SECRET)


@pytest.mark.parametrize("options", [(), ("-p",), ("-e",), ("-P",), ("-8", "-a", "-E", "-N")])
def test_mails_arrive_whole(options):
    message = make_message(
        subject="Your seat, %%name%%",
        text="Dear %%name%%,\n.\n..\nbye\n",
        html="<p>%%name%%</p>",
        from_name="Jürgen",
        attachments=(Attachment("plan.pdf", "application/pdf", bytes(range(256)) * 30),),
    )
    parcels = [
        make_parcel(n, destination=f"guest{n}@example.com", fields={"name": f".{n} <ü>"})
        for n in (1, 2, 3)
    ]
    with SmtpSink(*options) as sink:
        assert run(send(sink.port, *parcels, message=message, connections=1)) == [ACCEPTED] * 3
        mails = sink.wait_for_mails(3)
    assert [mail.recipients for mail in mails] == [[f"<guest{n}@example.com>"] for n in (1, 2, 3)]
    for n, mail in enumerate(mails, start=1):
        assert mail.mail_arguments.split()[0] == f"<{PATHS.address(n)}>"
        text, page, attachment = (part for part in mail.message.walk() if not part.is_multipart())
        assert mail.message["Subject"] == f"Your seat, .{n} <ü>"
        assert mail.message["From"] == "Jürgen <events@example.org>"
        assert mail.message["Message-ID"] == f"<{PATHS.token(n)}@{BOUNCES}>"
        assert content(text) == f"Dear .{n} <ü>,\n.\n..\nbye\n"
        assert content(page) == f"<p>.{n} &lt;ü&gt;</p>"
        assert attachment.get_content() == bytes(range(256)) * 30


def test_hundreds_of_mails_arrive_once_each_over_a_few_connections():
    async def main(port: int) -> None:
        async with carrying(port, connections=3, messages_per_connection=50) as carrier:
            batches = await asyncio.gather(
                *(
                    carrier.send(
                        make_message(text="%%n%%"),
                        [
                            make_parcel(n, destination=f"g{n}@example.com", fields={"n": str(n)})
                            for n in range(start, start + 100)
                        ],
                    )
                    for start in (1, 101, 201, 301)
                )
            )
            assert batches == [[ACCEPTED] * 100] * 4

    with SmtpSink() as sink:
        run(main(sink.port))
        mails = sink.wait_for_mails(400)
    expected = sorted((f"<g{n}@example.com>", f"{n}\n") for n in range(1, 401))
    assert sorted((mail.recipients[0], content(mail.message)) for mail in mails) == expected


HARD, SOFT = "500 5.3.0 Error: command failed", "450 4.3.0 Error: command failed"


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (["-f", "MAIL"], Rejected(Status.PATHWAY_ERROR, f"MAIL: {HARD}")),
        (["-f", "RCPT"], Rejected(Status.PATHWAY_ERROR, f"RCPT: {HARD}")),
        (
            ["-f", "RCPT", "-B", "550 5.1.1 Nobody"],
            Rejected(Status.BOUNCED, "RCPT: 550 5.1.1 Nobody", is_gone=True),
        ),
        (["-f", "DATA"], Rejected(Status.PATHWAY_ERROR, f"DATA: {HARD}")),
        (["-f", "."], Rejected(Status.PATHWAY_ERROR, f"the message: {HARD}")),
        (["-r", "MAIL"], Retry(RETRY_S, f"MAIL: {SOFT}")),
        (["-r", "RCPT"], Retry(RETRY_S, f"RCPT: {SOFT}")),
        (["-r", "DATA"], Retry(RETRY_S, f"DATA: {SOFT}")),
        (["-r", "."], Retry(RETRY_S, f"the message: {SOFT}")),
    ],
)
def test_refusals_at_each_stage(options, outcome):
    """Of three mails over one connection, each is judged on its own."""
    parcels = [make_parcel(n) for n in (1, 2, 3)]
    with SmtpSink(*options) as sink:
        assert run(send(sink.port, *parcels, connections=1)) == [outcome] * 3


def test_a_server_that_answers_without_reading_the_body():
    """The sink says 550 and hangs up; the reset may overtake its answer."""
    with SmtpSink("-A", "0") as sink:
        (outcome,) = run(send(sink.port))
    refused = Rejected(Status.PATHWAY_ERROR, "the message: 550 This violates SMTP")
    assert outcome == refused or isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        (["-f", "CONNECT"], Misconfigured, f"greeting: {HARD}"),
        (["-f", "EHLO,HELO"], Misconfigured, f"EHLO: {HARD}"),
        (["-r", "CONNECT"], Retry, f"greeting: {SOFT}"),
        (["-r", "EHLO"], Retry, f"EHLO: {SOFT}"),
        (["-q", "CONNECT"], Retry, "connection lost: the relay hung up"),
        (["-q", "EHLO"], Retry, "connection lost: the relay hung up"),
        (["-Q", "EHLO"], Retry, "connection lost: 421 4.0.0 Server closing connection"),
    ],
)
def test_a_server_that_lets_nobody_in(options, kind, said):
    parcels = [make_parcel(n) for n in (1, 2, 3)]
    with SmtpSink(*options) as sink:
        outcomes = run(send(sink.port, *parcels, connections=1))
        reason = f"127.0.0.1:{sink.port}: {said}"
    assert outcomes == [Retry(RECONNECT_S, reason) if kind is Retry else Misconfigured(reason)] * 3


def test_a_server_that_refuses_ehlo_gets_helo():
    with SmtpSink("-f", "EHLO") as sink:
        assert run(send(sink.port)) == [ACCEPTED]
        assert [mail.mail_arguments for mail in sink.wait_for_mails(1)] == [f"<{PATHS.address(7)}>"]


LOST = "connection lost: the relay hung up"
LOST_421 = "connection lost: 421 4.0.0 Server closing connection"


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (["-q", "MAIL"], Retry(RECONNECT_S, LOST)),
        (["-q", "RCPT"], Retry(RECONNECT_S, LOST)),
        (["-q", "DATA"], Retry(RECONNECT_S, LOST)),
        (["-q", "."], Unknown(LOST)),
        (["-q", ".", "-p"], Unknown(LOST)),
        (["-Q", "MAIL"], Retry(RECONNECT_S, LOST_421)),
        (["-Q", "RCPT"], Retry(RECONNECT_S, LOST_421)),
        (["-Q", "DATA"], Retry(RECONNECT_S, LOST_421)),
        (["-Q", "."], Retry(RETRY_S, "the message: 421 4.0.0 Server closing connection")),
    ],
)
def test_a_server_that_hangs_up(options, outcome):
    """Every mail gets an outcome; none is tried twice, and only a sent one is unknown."""
    with SmtpSink(*options) as sink:
        outcomes = run(send(sink.port, *[make_parcel(n) for n in (1, 2, 3)], connections=1))
    possible = {outcome, Retry(RECONNECT_S, LOST), Retry(RECONNECT_S, LOST_421)}
    assert outcomes[0] == outcome
    assert set(outcomes) <= possible


def test_nobody_there():
    with SmtpSink() as sink:
        port = sink.port
    (outcome,) = run(send(port))
    reason = f"127.0.0.1:{port}: cannot connect: [Errno 111] Connection refused"
    assert outcome == Retry(RECONNECT_S, reason)


def test_a_host_name_that_is_none():
    (outcome,) = run(send(25, host="a..b"))
    assert isinstance(outcome, Misconfigured)
    assert outcome.reason.startswith("a..b:25: not a host name: ")


def test_a_carrier_goes_on_when_the_server_is_back():
    """The connection that rests dies with the first server; nothing is lost of the next mail."""

    async def main() -> None:
        with SmtpSink() as first:
            carrier = SmtpCarrier(make_settings(first.port))
            assert await carrier.send(make_message(), [make_parcel()]) == [ACCEPTED]
            second = SmtpSink()
            second.port = first.port
        (outcome,) = await carrier.send(make_message(), [make_parcel()])
        assert isinstance(outcome, Retry)
        with second:
            assert await carrier.send(make_message(), [make_parcel()]) == [ACCEPTED]
            await carrier.stop()

    run(main())
