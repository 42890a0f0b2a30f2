"""A two-way text, from its request to the phone and back, over SMPP to a network not by us.

Each recipient's text goes out in the alphabet it needs, in as many parts; receipts come back;
replies find their job, call the integrator back with a signature, and opt out.
"""

import asyncio
import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.carriers.smpp.peer import Peer
from tests.cli.runner import Turnout
from tests.e2e.messaging import PATIENCE_S, Messaging, statuses
from turnout.core.identity.model import Profile

NUMBER = "61400000100"
ANN, BOB, EVE = "61412345601", "61412345602", "61412345603"


class Receiver:
    """Takes callbacks at `url`: their headers and bodies."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.url = ""
        self._more = threading.Condition()

    def take(self, headers: dict[str, str], body: bytes) -> None:
        with self._more:
            self.came.append((headers, body))
            self._more.notify_all()

    def wait_for(self, field: str, value: str) -> dict[str, str]:
        """The form in which that field is so, once it has come."""
        found: list[dict[str, str]] = []

        def is_there() -> bool:
            found[:] = [form for form in self.forms() if form.get(field) == value]
            return bool(found)

        with self._more:
            assert self._more.wait_for(is_there, PATIENCE_S), self.forms()
        return found[0]

    def forms(self) -> list[dict[str, str]]:
        return [
            {name: values[0] for name, values in parse_qs(body.decode()).items()}
            for _, body in self.came
        ]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            receiver.take(dict(self.headers.items()), body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def test_texts_go_out_are_reported_and_answered(tmp_path: Path) -> None:
    with receiving() as receiver:
        asyncio.run(asyncio.wait_for(converse(tmp_path, receiver), 120))


async def converse(folder: Path, receiver: Receiver) -> None:
    async with Peer.start(receipts="tlv") as peer:
        messaging = await asyncio.to_thread(
            Messaging,
            folder,
            Profile(receive_reports=False),
            carrier_sms="smpp",
            smpp_host="127.0.0.1",
            smpp_port=peer.port,
            smpp_system_id="turnout",
            smpp_password="secret",
            reply_numbers=NUMBER,
            outbound_allow="127.0.0.1/32",
            prices="sms=0.08",
        )
        with messaging.server as server:
            await peer.wait_for("bind")
            job = {
                "job_type": "2 way sms",
                "job_name": "Lunch",
                "message": "Hi %%recipient%%: %%what%%",
                "optout_code": "NO MORE",
                "callback_url": receiver.url,
                "callback_on_sms_status_update": True,
                "recipients": [
                    {"destination": f"+{ANN}", "recipient": "Ann", "what": "soup, €5"},
                    {"destination": BOB, "recipient": "Bob", "what": "寿司"},
                    {"destination": EVE, "recipient": "Eve", "what": "x" * 290, "reference": "e1"},
                ],
            }
            job_id = await asyncio.to_thread(messaging.post_job, **job)
            details = await asyncio.to_thread(messaging.wait_for_job, job_id)
            assert statuses(details) == [(f"+{ANN}", "SENT"), (BOB, "SENT"), (EVE, "SENT")]
            assert [detail["message_cost"] for detail in details["reports"]] == [0.08, 0.08, 0.16]
            check_submits(await peer.look("submit"))
            told = await asyncio.to_thread(receiver.wait_for, "Reference", "e1")
            assert (told["BroadcastID"], told["Status"]) == (str(job_id), "SENT")

            peer.order("deliver", message=reply(BOB, "いいね"))
            told = await asyncio.to_thread(receiver.wait_for, "Response", "いいね")
            assert told["Destination"] == BOB
            assert told["Recipient"] == "Bob"
            assert told["BroadcastName"] == "Lunch"
            peer.order("deliver", message=reply(EVE, "no more"))
            await asyncio.to_thread(receiver.wait_for, "Response", "no more")
            again_id = await asyncio.to_thread(messaging.post_job, **job)
            again = await asyncio.to_thread(messaging.wait_for_job, again_id)
            assert [status for _, status in statuses(again)] == ["SENT", "SENT", "OPTO"]
            assert await asyncio.to_thread(server.stop) == 0
        assert '"level":"error"' not in server.read_log().replace(" ", "")
    check_signatures(messaging.url, receiver)


def reply(sender: str, text: str) -> dict[str, Any]:
    coding = 0 if text.isascii() else 8
    return {
        "source_addr": sender,
        "destination_addr": NUMBER,
        "data_coding": coding,
        "hex": text.encode("ascii" if text.isascii() else "utf-16-be").hex(),
    }


def check_submits(submits: list[dict[str, Any]]) -> None:
    by_number: dict[str, list[dict[str, Any]]] = {}
    for submit in submits:
        assert submit["from"] == NUMBER
        by_number.setdefault(submit["to"], []).append(submit)
    assert [message["text"] for message in by_number[ANN]] == ["Hi Ann: soup, €5"]
    (bob,) = by_number[BOB]
    assert (bob["text"], bob["coding"]) == ("Hi Bob: 寿司", 8)
    first, second = sorted(by_number[EVE], key=lambda message: message["udh"])
    assert first["text"] + second["text"] == "Hi Eve: " + "x" * 290
    assert first["udh"][:6] == second["udh"][:6]


def check_signatures(url: str, receiver: Receiver) -> None:
    """Every callback is signed with the organization's key."""
    key = Turnout(url).ok("callbacks", "key", "acme").strip()
    carriers = set()
    for headers, body in receiver.came:
        given = {name.lower(): value for name, value in headers.items()}
        expected = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        assert given["x-turnout-signature"] == expected
        carriers.add(given["x-turnout-carrier"])
    assert carriers == {"smpp", ""}  # empty for who had opted out: no network was asked
