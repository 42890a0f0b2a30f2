"""Whatever a stranger or a counterpart sends through whichever door, nobody else waits."""

import hashlib
import hmac
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.proofs.floods import Flood
from tests.proofs.test_hostile_bodies import FORM, JSON, Others, list_targets, time_health
from tests.support import proof
from tests.support.client import ask
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.visits import admin_headers, copy_demo
from turnout.carriers.smpp import pdu
from turnout.carriers.smtp.bounces import ReturnPaths
from turnout.carriers.smtp.listener import KEPT

DELAY_S = 0.2
MB = 1 << 20
DOMAIN, SECRET = "bounces.example.org", "a secret of the tests"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
REPORT = "Content-Type: message/delivery-status\n\nAction: failed\n"

# What is mailed to a return path.
BOUNCES = {
    "semicolons": 'Content-Type: multipart/report; a="' + ";" * KEPT,
    "folded parameters": "Content-Type: multipart/report" + '\n ;a="' * (KEPT // 6),
    "backslashes": 'Content-Type: multipart/report; boundary="' + "\\" * KEPT,
    "fields": "a:\n" * (KEPT // 3),
    "parts": "Content-Type: multipart/mixed; boundary=w\n\n" + "--w\n" * (KEPT // 4),
    "parts of fields": "Content-Type: multipart/mixed; boundary=w\n\n"
    + ("--w\n" + ":\n" * 2600) * 49,
    "blanks behind a boundary": "Content-Type: multipart/mixed; boundary=w\n\n--w" + " " * KEPT,
    "encoded words": REPORT + "Diagnostic-Code: x;" + "=?utf-8?q?" * (KEPT // 10),
    "control characters": REPORT + "Diagnostic-Code: x;" + "\x01" * KEPT,
    "groups": REPORT.replace("failed", "delayed") + "\na:b\n" * (KEPT // 5),
}
# What a server of files answers.
ANSWERS = {
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a head": (OK, b"X-Head: x\r\n"),
    "a chunk's extension": (CHUNKED + b"1;", b"x" * 1000),
    "small chunks": (CHUNKED, b"1\r\na\r\n"),
    "chunks of eight": (CHUNKED, b"8\r\naaaaaaaa\r\n"),
    "trailers": (CHUNKED + b"0\r\n", b"X-Trailer: x\r\n"),
}
# What a mail relay, and a provider's SMPP server, say.
RELAY = {"a greeting": (b"", b"220-\r\n"), "a greeting in one line": (b"220-", b"x" * 1000)}
BOUND = pdu.encode(pdu.BIND_TRANSCEIVER | pdu.RESPONSE, 0, 1, b"smsc\0")
SMS = pdu.Sms(
    source=pdu.Address(1, 1, "61400"), destination=pdu.Address(1, 1, "61401"), content=b"a"
)
SMSC = {
    "links": (BOUND, pdu.encode(pdu.ENQUIRE_LINK, 0, 1)),
    "replies": (BOUND, pdu.encode(pdu.DELIVER_SM, 0, 1, pdu.encode_sms(SMS))),
}
# What is posted to the APIs: where, as what, and the body.
BODIES = {
    "fields to registration": ("registration", FORM, b"a=&" * (262_144 // 3)),
    "brackets to registration": ("registration", JSON, b"[" * 262_144),
    "brackets to booking": ("booking", JSON, b'{"a":' * (MB // 5)),
    "fields to booking": ("booking", FORM, b"a[b]=&" * (MB // 6)),
    "fields to messaging": ("messaging", FORM, b"a=&" * (MB // 3)),
    "percent signs to messaging": ("messaging", FORM, b"message=" + b"%41" * (MB // 3)),
}


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[tuple[Server, dict[str, Callable[[], object]]]]:
    """A server with all of its doors; what opens each with something hostile."""
    copy_demo(tmp_path)
    with ExitStack() as stack:
        relay, smsc = (stack.enter_context(Flood(*network.values())) for network in (RELAY, SMSC))
        files = {
            name: stack.enter_context(Flood(answer, waits=True)) for name, answer in ANSWERS.items()
        }
        listen = free_port()
        server = stack.enter_context(
            Server(
                tmp_path,
                rate_limit_per_minute="0",
                outbound_allow="127.0.0.0/8",
                carrier_email="smtp",
                smtp_host="127.0.0.1",
                smtp_port=relay.port,
                smtp_return_path_domain=DOMAIN,
                smtp_return_path_secret=SECRET,
                smtp_listen_port=listen,
                carrier_sms="smpp",
                smpp_host="127.0.0.1",
                smpp_port=smsc.port,
                smpp_system_id="turnout",
                smpp_password="pw",
                smpp_reconnect_s="0.5",
                carrier_mms="http_sms",
                http_sms_url="http://127.0.0.1:9/",
                http_sms_webhook_secret=SECRET,
            )
        )
        opened: dict[str, Callable[[], object]] = {}
        for name, mail in BOUNCES.items():
            opened[f"a bounce of {name}"] = partial(send_bounce, listen, to_bounce(mail))
        for name, flood in files.items():
            opened[f"a file with {name}"] = partial(fetch, server, flood)
        for name in RELAY:
            opened[f"a relay with {name}"] = partial(send_mail, server, relay)
        for name in SMSC:
            opened[f"an SMSC with {name}"] = smsc.wait
        for name, sent in BODIES.items():
            opened[name] = partial(post, server, *sent)
        opened["a path of percent signs"] = lambda: ask(server.port, "GET", "/a" + "%25" * 20_000)
        opened["a query of names"] = lambda: ask(server.port, "GET", "/?" + "a=&" * 20_000)
        opened["Forwarded"] = lambda: ask(
            server.port, "GET", "/", headers={"Forwarded": 'for="\\' * 10_000}
        )
        opened["a webhook of fields"] = lambda: tell(server, b"a=1&" * 16_000)
        opened["a webhook of percent signs"] = lambda: tell(server, b"Body=" + b"%41" * 20_000)
        yield server, opened


def send_bounce(port: int, mail: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(mail)
        said = b""
        while read := connection.recv(4096):
            said += read
    assert b"250 2.0.0 Stored" in said


def to_bounce(mail: str) -> bytes:
    """What a server says that brings a mail to a return path."""
    path = ReturnPaths(DOMAIN, SECRET).address(7)
    commands = f"MAIL FROM:<>\nRCPT TO:<{path}>\nDATA\n{mail}\n.\nQUIT\n"
    return commands.replace("\n", "\r\n").encode()


def fetch(server: Server, flood: Flood) -> None:
    file = {"name": "a.pdf", "url": f"http://127.0.0.1:{flood.port}/a.pdf"}
    recipients = [{"destination": "61400000001"}]
    job = {"job_type": "fax", "job_name": "x", "files": [file], "recipients": recipients}
    headers = admin_headers(server.demo, {})
    answer = ask(server.port, "POST", "/api/v1/jobs", headers=headers, json=job, timeout=60)
    assert answer.status == 422
    assert b"could not be fetched" in answer.body or b"may not be" in answer.body
    flood.wait()


def send_mail(server: Server, relay: Flood) -> None:
    recipients = [{"destination": f"ada{time.time_ns()}@example.com"}]
    job = {
        "job_type": "email",
        "job_name": "x",
        "subject": "x",
        "text_message": "x",
        "from_name": "x",
        "from_email": "events@example.com",
        "recipients": recipients,
    }
    headers = admin_headers(server.demo, {})
    answer = ask(server.port, "POST", "/api/v1/jobs", headers=headers, json=job)
    assert answer.status < 300, answer.body
    relay.wait()


def post(server: Server, dialect: str, content_type: str, body: bytes) -> None:
    target = list_targets(server)[dialect]
    headers = target.headers | {"Content-Type": content_type}
    with suppress(ConnectionError):  # it is too large, and was refused before its end
        answer = ask(server.port, target.method, target.path, headers=headers, body=body)
        assert 400 <= answer.status < 500, (answer.status, answer.body[:300])


def tell(server: Server, body: bytes) -> None:
    timestamp = str(int(time.time()))
    mac = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    headers = {"X-Timestamp": timestamp, "X-Signature": mac.hexdigest(), "Content-Type": FORM}
    path = "/carriers/http_sms/events"
    assert ask(server.port, "POST", path, headers=headers, body=body).status == 400


@pytest.mark.proof
@pytest.mark.timed
def test_whatever_strangers_send_nobody_else_waits(
    doors: tuple[Server, dict[str, Callable[[], object]]],
) -> None:
    server, opened = doors
    baseline = max(time_health(server.port) for _ in range(50))
    waits: dict[str, float] = {}
    for name, send in opened.items():
        for _ in range(proof.scale(1, 5)):
            others = Others(server.port)
            others.start()
            send()
            waits[name] = max(waits.get(name, 0.0), others.end())
    slow = {name: f"{wait:.3f} s" for name, wait in waits.items() if wait > DELAY_S + 4 * baseline}
    print({n: round(w * 1000) for n, w in waits.items()}, baseline)
    assert slow == {}
    assert len(opened) >= 30
    longest = max(waits.values())
    proof.report("strangers at every door", doors=len(opened), delay_ms=round(longest * 1000))
