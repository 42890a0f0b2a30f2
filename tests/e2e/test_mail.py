"""A job for mail, from its request to the reader: over SMTP to a sink that is not written by us.

The mails are read back by the standard library, their signatures checked by dkimpy; somebody
unsubscribes by the link in theirs, and somebody's mail bounces to our listener.
"""

import base64
import smtplib
from email.message import EmailMessage
from pathlib import Path

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.carriers.smtp.test_bounces import FAILED, SERVER, make_report
from tests.e2e.messaging import Messaging, statuses
from tests.support.ports import free_port
from tests.support.postfix import SmtpSink
from turnout.core.identity.model import Profile
from turnout.workers.messages import html_footer


class Keys:
    """A key of either kind, in files, and the DNS in which they are published."""

    def __init__(self, folder: Path) -> None:
        made = {"r1": rsa.generate_private_key(65537, 2048)} | {
            "e1": ed25519.Ed25519PrivateKey.generate()
        }
        self.files = {}
        self.records = {}
        for name, key in made.items():
            path = folder / f"{name}.pem"
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            self.files[name] = path
            public = key.public_key()
            if isinstance(public, rsa.RSAPublicKey):
                kind = b"rsa"
                raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            else:
                kind, raw = b"ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            record = b"v=DKIM1; k=" + kind + b"; p=" + base64.b64encode(raw)
            self.records[f"{name}._domainkey.example.org.".encode()] = record

    def lookup(self, name: bytes, timeout: int = 5) -> bytes:
        return self.records[name]


JOB = {
    "job_type": "email",
    "job_name": "Tickets",
    "from_email": "events@example.org",
    "from_name": "Müller & Söhne",
    "subject": "Your ticket, %%recipient%%",
    "text_message": "Dear %%recipient%%,\nseat %%seat%%.\n.\n",
    "html_message": "<p>Dear %%recipient%%, seat <b>%%seat%%</b></p>",
    "attachments": [{"name": "plan.txt", "base64content": base64.b64encode(b"hall").decode()}],
    "recipients": [
        {"destination": "ann@example.com", "recipient": "Ann <&>", "seat": "12"},
        {"destination": "bob@example.com", "recipient": "Bob", "seat": "13"},
    ],
}


def test_a_job_becomes_signed_mails_a_bounce_and_an_opt_out(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    listen_port = free_port()
    with SmtpSink() as sink:
        messaging = Messaging(
            tmp_path,
            Profile(report_type="Summary"),
            carrier_email="smtp",
            smtp_host="127.0.0.1",
            smtp_port=sink.port,
            smtp_dkim_domain="example.org",
            smtp_dkim_keys=",".join(f"{name}={path}" for name, path in keys.files.items()),
            smtp_return_path_domain="bounces.example.org",
            smtp_return_path_secret="0123456789abcdef",
            smtp_listen_port=listen_port,
            mail_from="no-reply@example.org",
        )
        with messaging.server as server:
            job = messaging.wait_for_job(messaging.post_job(**JOB))
            assert statuses(job) == [("ann@example.com", "SENT"), ("bob@example.com", "SENT")]
            ann, bob, report = sink.wait_for_mails(3)
            for mail in (ann, bob):
                signed = dkim.DKIM(mail.raw)
                assert [signed.verify(n, dnsfunc=keys.lookup) for n in (0, 1)] == [True, True]
            check_ann(ann.message)
            assert report.recipients == ["<jo@example.com>"]
            assert report.message["Subject"] == "Report: Tickets (2 sent, 0 failed)"
            assert report.message["From"] == "Turnout <no-reply@example.org>"
            assert report.message["Auto-Submitted"] == "auto-generated"

            link = ann.message["List-Unsubscribe"].strip("<>")
            assert link.startswith(f"{server.url}/unsubscribe/")
            assert ann.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            left = server.ask(
                "POST", link.removeprefix(server.url), body=b"List-Unsubscribe=One-Click"
            )
            assert left.status == 200
            again = messaging.wait_for_job(messaging.post_job(**JOB))
            assert statuses(again) == [("ann@example.com", "OPTO"), ("bob@example.com", "SENT")]
            assert (again["sent_recipients"], again["failed_recipients"]) == (1, 1)

            bounce(listen_port, bob.mail_arguments.split()[0].strip("<>"))
            job = messaging.wait_for_job(job["job_id"], failed_recipients=1)
            assert statuses(job) == [("ann@example.com", "SENT"), ("bob@example.com", "BOUN")]
            assert "nobody here" in job["reports"][1]["notes"]
            assert server.stop() == 0
        assert '"level":"error"' not in server.read_log().replace(" ", "")


def check_ann(mail: EmailMessage) -> None:
    assert mail["From"] == "Müller & Söhne <events@example.org>"
    assert mail["To"].addresses[0].display_name == "Ann <&>"
    assert mail["To"].addresses[0].addr_spec == "ann@example.com"
    assert mail["Auto-Submitted"] is None
    assert mail["Subject"] == "Your ticket, Ann <&>"
    text, page, attachment = [
        (part.get_content_type(), part.get_content())
        for part in mail.walk()
        if not part.is_multipart()
    ]
    link = str(mail["List-Unsubscribe"]).strip("<>")
    assert text[0] == "text/plain"
    assert text[1].splitlines() == [
        *("Dear Ann <&>,", "seat 12.", ".", "", "-- "),
        f"To get no more mailings: {link}",
    ]
    footer = html_footer("en").replace("%%unsubscribe%%", link)
    assert page[0] == "text/html"
    body = "<p>Dear Ann &lt;&amp;&gt;, seat <b>12</b></p>\n" + footer
    assert f'<body style="margin:0">\n{body}</body>\n</html>' in page[1].replace("\r\n", "\n")
    assert (attachment[0], attachment[1].strip()) == ("text/plain", "hall")


def bounce(port: int, return_path: str) -> None:
    """A server far away says that it could not deliver."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        report = make_report(SERVER, FAILED).replace("\n", "\r\n")
        assert client.sendmail("", [return_path], report) == {}
