"""A walk through the contract: its curl lines in its order, against a real server."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.dialects.registration import samples
from tests.support import proof
from tests.support.server import Server

pytestmark = pytest.mark.proof

QUEUE_TIMEOUT_S = 30
OWN_CLIENT = [sys.executable, "-m", "tests.dialects.registration.test_contract_walk"]


class Walk:
    """Runs the contract's lines, with the address, key, token and body put in."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.token = ""
        self.requests = 0

    def run(
        self,
        line: str,
        body: str | None = "",
        *,
        query: str = "",
        client: list[str] | None = None,
    ) -> Any:
        """The JSON that a line prints, with `body` behind its `-d`; None leaves that out."""
        api_key = self.server.demo["registration"]["apiKey"]
        line = re.sub(r"https://\w+\.workcast\.com", self.server.url, line)
        line = line.replace("test_api_key", api_key).replace("Bearer ", f"Bearer {self.token}")
        _, *options, address = shlex.split(line)
        place = options.index("-d")
        options[place : place + 2] = [] if body is None else ["-d", body]
        done = subprocess.run(
            [*(client or find_curl() or OWN_CLIENT), "-sS", *options, address + query],
            capture_output=True,
            text=True,
            check=True,
        )
        self.requests += 1
        return json.loads(done.stdout)

    def wait_until_decided(self, ids: list[int]) -> Any:
        """Ask by the contract's own line until nothing is queued any more."""
        body = json.dumps({"limit": 10, "checks": [{"QueueId": id_} for id_ in ids]})
        deadline = time.monotonic() + QUEUE_TIMEOUT_S
        while time.monotonic() < deadline:
            answer = self.run(samples.STATUS_CURL, body)
            if all(result["status"] != "queued" for result in answer["checkResults"]):
                return answer
            time.sleep(0.1)
        raise TimeoutError(f"still queued after {QUEUE_TIMEOUT_S} s: {answer}")


@pytest.fixture
def walk(tmp_path) -> Iterator[Walk]:
    with Server(tmp_path) as server:
        yield Walk(server)


def test_the_walk(walk: Walk):
    paks = walk.server.demo["registration"]

    sign_in(walk)
    event = register(walk, samples.EVENT_BODY, paks["eventPak"], paks["sessionPaks"][:3])
    channel = register(
        walk, samples.CHANNEL_BODY, paks["channelPak"], paks["channelSessionPaks"][:3]
    )
    person = check(walk, event, paks["sessionPaks"][:3])
    assert check(walk, channel, paks["channelSessionPaks"][:3]) == person
    ask_in_other_ways(walk, event)

    version = "a stand-in"
    if curl := find_curl():
        version = subprocess.run([*curl, "--version"], capture_output=True, text=True).stdout
    proof.report(
        "contract walk registration",
        requests=walk.requests,
        client="-".join(version.split()[:2]),
    )


def sign_in(walk: Walk) -> None:
    """1.2: with the header, with the body, and with GET."""
    api_key = walk.server.demo["registration"]["apiKey"]
    body = samples.SIGNIN_BODY.replace("<API Key>", api_key)
    without_key = samples.SIGNIN_CURL.replace('-H "APIKey: test_api_key" ', "")
    answers = [
        walk.run(samples.SIGNIN_CURL),
        walk.run(samples.SIGNIN_CURL, None),
        walk.run(without_key, body),
        walk.run(samples.SIGNIN_CURL.replace("-X POST", "-X GET"), None),
    ]
    for answer in answers:
        walk.token = answer["idToken"]
        sample = json.loads(samples.SIGNIN_ANSWER) | {"idToken": walk.token}
        assert list(answer.items()) == list(sample.items())
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", walk.token)


def register(walk: Walk, sample: str, pak: str, session_paks: list[str]) -> list[int]:
    """2.1: queue a registration; returns the queue ids."""
    answer = walk.run(samples.REGISTER_CURL, samples.register_body(sample, pak, session_paks))
    ids = [session["queueId"] for session in answer["registration"]["sessions"]]
    expected = json.loads(samples.with_real_paks(samples.REGISTER_ANSWER, session_paks))
    for session, id_ in zip(expected["registration"]["sessions"], ids, strict=True):
        session["queueId"] = id_
    assert json.dumps(answer) == json.dumps(expected)
    assert ids == sorted(set(ids))
    return ids


def check(walk: Walk, ids: list[int], session_paks: list[str]) -> int:
    """2.2: every item succeeds, for one person, whose number is returned."""
    answer = walk.wait_until_decided(ids)
    person = answer["checkResults"][0]["contactId"]
    assert person > 0
    assert answer == {
        "totalCount": 3,
        "checkResults": [
            {
                "queueId": id_,
                "status": "success",
                "sessionPak": pak,
                "email": "example@workcast.com",
                "contactId": person,
            }
            for id_, pak in zip(ids, session_paks, strict=True)
        ],
        "paging": None,
        "responseCode": 200,
        "message": "ok",
    }
    assert samples.shape(answer) == samples.shape(json.loads(samples.STATUS_ANSWER))
    return person


def ask_in_other_ways(walk: Walk, ids: list[int]) -> None:
    """By POST, by query, and by query with curl's own content type."""
    body = json.dumps({"checks": [{"queueId": id_} for id_ in ids]})
    by_get = walk.run(samples.STATUS_CURL, body)
    assert walk.run(samples.STATUS_CURL.replace("-X GET", "-X POST"), body) == by_get
    repeated = "&".join(f"queueId={id_}" for id_ in ids)
    assert walk.run(samples.STATUS_CURL, None, query=f"?limit=10&{repeated}") == by_get
    commas = ",".join(map(str, ids))
    assert walk.run(samples.STATUS_CURL, None, query=f"?queueId={commas}") == by_get
    untyped = samples.STATUS_CURL.replace('-H "Content-Type: application/json" ', "")
    assert walk.run(untyped, body) == by_get
    # And the stand-in, so that it works where it is needed.
    assert walk.run(untyped, body, client=OWN_CLIENT) == by_get


def find_curl() -> list[str] | None:
    """The real curl; None on a machine that has none."""
    path = shutil.which("curl")
    return [path] if path else None


def stand_in(arguments: list[str]) -> str:
    """What of curl the walk needs, for a machine without it: -H, -X, -d and the address."""
    headers, method, body = {}, "GET", None
    words = iter(arguments)
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = next(words)
        elif word == "-d":
            body = next(words)
        elif word.startswith("http"):
            address = word
    if body is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    host, _, target = address.removeprefix("http://").partition("/")
    connection = HTTPConnection(host)
    connection.request(method, f"/{target}", body, headers)
    return connection.getresponse().read().decode()


if __name__ == "__main__":
    print(stand_in(sys.argv[1:]))
