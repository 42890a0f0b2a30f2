"""What the carrier adds to its parts: order, bounds, signatures, and settings that cannot work."""

import asyncio
import gc
from pathlib import Path

import pytest

from tests.carriers.mails.test_dkim import ED25519, RSA, pem, verify
from tests.carriers.smtp.samples import (
    carrying,
    content,
    make_message,
    make_parcel,
    make_settings,
    run,
    send,
)
from tests.carriers.smtp.scripted import Peer, scripted
from tests.support.mail_sink import MailSink
from tests.support.postfix import SmtpSink
from turnout.carriers import Accepted, Attachment, Carrier, Rejected
from turnout.carriers.mails.mime import Mail, MailTemplate
from turnout.carriers.smtp import SmtpCarrier, SmtpSettings
from turnout.core.messaging.model import Channel, Status

ACCEPTED = Accepted(is_final=True)


def test_it_is_a_carrier_for_mail():
    carrier: Carrier = SmtpCarrier(make_settings(25), name="mail")
    assert (carrier.name, carrier.channels) == ("mail", frozenset({Channel.EMAIL}))


def test_outcomes_come_in_the_order_of_the_parcels():
    bad = Rejected(Status.INVALID_NUMBER, "'nobody' is not an e-mail address")
    parcels = [
        make_parcel(n, destination="nobody" if n % 3 == 0 else f"g{n}@example.com")
        for n in range(1, 101)
    ]
    with SmtpSink() as sink:
        outcomes = run(send(sink.port, *parcels))
        assert len(sink.wait_for_mails(67)) == 67
    assert outcomes == [bad if n % 3 == 0 else ACCEPTED for n in range(1, 101)]


def test_a_message_that_makes_no_mail_is_refused_for_everybody():
    message = make_message(headers={"From": "eve@example.com"})
    refused = Rejected(Status.PATHWAY_ERROR, "The header From would be there twice")
    assert run(send(9, make_parcel(1), make_parcel(2), message=message)) == [refused] * 2


def test_nothing_to_send_is_nothing_done():
    async def main() -> None:
        async with carrying(9) as carrier:
            assert await carrier.send(make_message(), []) == []

    run(main())


def test_mails_are_signed_with_every_key(tmp_path: Path):
    keys = {}
    for selector, key in (("r1", RSA), ("e1", ED25519)):
        path = tmp_path / f"{selector}.pem"
        path.write_bytes(pem(key))
        keys[selector] = str(path)
    parcels = [
        make_parcel(n, fields={"n": f".{n}  "}, unsubscribe_url="https://example.org/u")
        for n in range(1, 41)
    ]
    message = make_message(
        subject="Grüße %%n%%",
        text="%%n%%\n.\n\n",
        html="<p>\t %%n%%",
        attachments=(Attachment("plan.pdf", "application/pdf", bytes(5000)),),
    )
    with SmtpSink() as sink:
        outcomes = run(
            send(sink.port, *parcels, message=message, dkim_domain="example.org", dkim_keys=keys)
        )
        assert outcomes == [ACCEPTED] * 40
        mails = sink.wait_for_mails(40)
    assert [verify(mail.raw) for mail in mails] == [[True, True]] * 40


def test_without_a_return_path_domain_bounces_go_to_the_sender():
    with SmtpSink() as sink:
        outcomes = run(send(sink.port, return_path_domain="", return_path_secret=""))
        assert outcomes == [ACCEPTED]
        (mail,) = sink.wait_for_mails(1)
    assert mail.mail_arguments == "<events@example.org>"
    assert mail.message["Message-ID"] == "<turnout.7@example.org>"


def test_what_was_compiled_is_kept_within_bounds_and_never_mistaken():
    """Messages of one id (mails that are no job's) may differ; of many jobs the last are kept."""

    async def main(port: int) -> None:
        async with carrying(port) as carrier:
            for n in range(100, 140):
                texts = (f"{n}", f"{n} again", f"{n} again")
                for attempt, text in enumerate(texts):
                    message = make_message(id=n, text=text)
                    parcel = make_parcel(
                        n * 10 + attempt, destination=f"g{n}.{attempt}@example.com"
                    )
                    assert await carrier.send(message, [parcel]) == [ACCEPTED]
            assert count(MailTemplate) <= 32
            large = (Attachment("a", "image/png", bytes(30_000_000)),)
            for n in (1, 2, 3):
                parcel = make_parcel(n, destination="ada")
                await carrier.send(make_message(id=n, attachments=large), [parcel])
            assert count(MailTemplate) == 1

    with SmtpSink() as sink:
        run(main(sink.port))
        mails = sink.wait_for_mails(120)
    assert [content(mail.message) for mail in mails] == [
        f"{text}\n" for n in range(100, 140) for text in (f"{n}", f"{n} again", f"{n} again")
    ]


def test_a_slow_relay_does_not_fill_the_memory():
    async def main() -> None:
        begun = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.envelope()
            begun.set()
            assert await peer.heard() == []

        parcels = [make_parcel(n) for n in range(1, 2001)]
        async with scripted(script) as port:
            carrier = SmtpCarrier(make_settings(port, connections=1))
            sending = [asyncio.create_task(carrier.send(make_message(), parcels)) for _ in "abc"]
            await begun.wait()
            await carrier.send(make_message(id=2, text=""), [])
            assert 16 <= count(Mail) <= 8 + 4 * 16
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(carrier.stop(), 0.01)

    run(main())


def count(kind: type) -> int:
    gc.collect()
    return sum(type(thing) is kind for thing in gc.get_objects())


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (
            {"dkim_domain": "example.org", "dkim_keys": {"s": "/nowhere.pem"}},
            "The DKIM key /nowhere.pem cannot be read: [Errno 2] No such file or directory: "
            "'/nowhere.pem'",
        ),
        (
            {"tls_ca_file": "/nowhere.pem"},
            "tls_ca_file /nowhere.pem cannot be read: [Errno 2] No such file or directory",
        ),
    ],
)
def test_files_that_cannot_be_read_are_named_at_once(settings, fault):
    with pytest.raises(ValueError, match="cannot be read") as caught:
        SmtpCarrier(SmtpSettings(host="relay", **settings))
    assert str(caught.value) == fault


def test_mails_are_spaced_by_the_rate():
    async def main(port: int) -> float:
        loop = asyncio.get_running_loop()
        async with carrying(port, rate=100, tls="off") as carrier:
            began = loop.time()
            for _ in range(2):
                parcels = [make_parcel(n) for n in range(1, 21)]
                outcomes = await carrier.send(make_message(), parcels)
                assert [type(outcome) for outcome in outcomes] == [Accepted] * 20
            return loop.time() - began

    with MailSink() as sink:
        assert run(main(sink.port)) >= (16 + 4 + 16) / 100
