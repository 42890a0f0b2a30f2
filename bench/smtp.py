"""What the SMTP carrier carries: `python -m bench.smtp`.

Mails of about 2 KiB are merged, made and delivered to Postfix's `smtp-sink` in batches like those
of the delivery worker: unsigned, and signed with either kind of DKIM key. Beside it, in the same
run and to the same sink, Postfix's own generator in C, `smtp-source`, with as many connections;
it sends one ready-made text. Figures are a second.
"""

import argparse
import asyncio
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.postfix import SmtpSink, find_program
from turnout.carriers import Accepted, DeliveryReport, Message, Parcel, Reply
from turnout.carriers.mails.mime import MailTemplate, Postmark
from turnout.carriers.smtp import SmtpCarrier, SmtpSettings
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel

BATCH = 500
TIMEOUT_S = 300
LINE = "The doors open at nine; please have your ticket ready, and come early. "
MESSAGE = Message(
    id=JobId(1),
    org_id=OrgId(1),
    channel=Channel.EMAIL,
    subject="Your ticket, %%firstname%%",
    from_name="Müller & Söhne Events",
    text=f"Dear %%firstname%%,\n\n{LINE * 8}\n\nYour ticket: https://example.org/t/%%code%%\n",
    html=f"<p>Dear %%firstname%%,</p>\n<p>{LINE * 8}</p>\n<p>Your ticket: %%code%%</p>\n",
)


class _NoInbox:
    """Nothing comes in: there is no listener."""

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        raise AssertionError("there are no bounces")

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError("mail has no replies")


def measure(
    port: int, mails: int, *, batches: int, connections: int, keys: dict[str, str]
) -> dict[str, float]:
    """Send so many mails, `batches` of them at once; raises when one is not accepted."""
    settings = SmtpSettings(
        host="127.0.0.1",
        port=port,
        tls="off",
        connections=connections,
        return_path_domain="bounces.example.org",
        return_path_secret="a secret for the bench",
        dkim_domain="example.org" if keys else "",
        dkim_keys=keys,
    )
    return uvloop.run(_run(settings, mails, batches))


async def _run(settings: SmtpSettings, mails: int, batches: int) -> dict[str, float]:
    carrier = SmtpCarrier(settings)
    await carrier.start(_NoInbox())
    numbers = iter(range(1, mails + 1, BATCH))
    began, cpu = time.perf_counter(), time.process_time()

    async def send() -> None:
        for first in numbers:
            parcels = [_parcel(number) for number in range(first, min(first + BATCH, mails + 1))]
            outcomes = await carrier.send(MESSAGE, parcels)
            assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes

    async with asyncio.timeout(TIMEOUT_S):
        await asyncio.gather(*(send() for _ in range(batches)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await carrier.stop()
    return {"mails/s": mails / seconds, "cpu us/mail": cpu / mails * 1e6}


def measure_source(port: int, mails: int, *, connections: int) -> dict[str, float]:
    """The same number of mails from smtp-source."""
    command = [find_program("smtp-source"), "-d", "-s", str(connections), "-l", "2048"]
    command += ["-m", str(mails), "-f", "a@example.com", "-t", "b@example.org"]
    began = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    return {"mails/s": mails / (time.perf_counter() - began)}


def measure_mime(mails: int) -> dict[str, float]:
    """Making mails only."""
    template, mark = MailTemplate(MESSAGE), Postmark("b@example.org", "1.a", "example.org", 0)
    parcels = [_parcel(number) for number in range(1, mails + 1)]
    cpu = time.process_time()
    sizes = [template.render(parcel, mark).size for parcel in parcels]
    cpu = time.process_time() - cpu
    return {"cpu us/mail": cpu / mails * 1e6, "bytes/mail": sum(sizes) / mails}


def _parcel(number: int) -> Parcel:
    return Parcel(
        attempt_id=number,
        destination=f"guest{number}@example.com",
        sender="events@example.org",
        fields={"firstname": "Marguerite", "code": f"{number:08}"},
        unsubscribe_url=f"https://example.org/u/{number:08}",
    )


def make_keys(folder: Path) -> dict[str, dict[str, str]]:
    """What is measured, by name: unsigned, and with a key of either kind."""
    made = {"Ed25519": ed25519.Ed25519PrivateKey.generate()} | {
        "RSA-2048": rsa.generate_private_key(65537, 2048)
    }
    keys: dict[str, dict[str, str]] = {"unsigned": {}}
    for name, key in made.items():
        path = folder / f"{name}.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        keys[name] = {"bench": str(path)}
    return keys


def main() -> None:
    """Print one line for each of them."""
    parser = argparse.ArgumentParser(prog="python -m bench.smtp", description=__doc__)
    parser.add_argument("--mails", type=int, default=40_000)
    parser.add_argument("--batches", type=int, default=4, help="batches at once")
    parser.add_argument("--connections", type=int, default=10)
    options = parser.parse_args()
    show("MIME alone", measure_mime(options.mails // 4))
    with tempfile.TemporaryDirectory() as folder, SmtpSink(keep=False) as sink:
        source = measure_source(sink.port, options.mails, connections=options.connections)
        show("smtp-source", source)
        for name, keys in make_keys(Path(folder)).items():
            mails = options.mails // 4 if keys else options.mails
            figures = measure(
                sink.port,
                mails,
                batches=options.batches,
                connections=options.connections,
                keys=keys,
            )
            show(f"carrier, {name}", figures)


def show(name: str, figures: dict[str, float]) -> None:
    """Print one line."""
    print(f"{name:20}", "  ".join(f"{what} {value:,.0f}" for what, value in figures.items()))


if __name__ == "__main__":
    main()
