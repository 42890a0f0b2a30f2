"""A clock that is set sticks nothing, doubles nothing, and makes nothing negative.

A real server sees another time (tests/support/faked_time.py), which is moved while it sends a long
broadcast, registers, scans, sends codes, calls back, counts minutes, and has people signed in.
After each move everything that people do must work within a minute. In the end the counts are held
against what came out at the other side.
"""

import datetime
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.core.audience.cinema import Cinema, open_cinema
from tests.dialects.messaging.people import PASSWORD
from tests.e2e.test_texts import Receiver, receiving
from tests.support import proof
from tests.support.client import Answer
from tests.support.faked_time import FakedTime
from tests.support.mail_sink import MailSink
from tests.support.messaging import USER, add_user, call, email_job, smtp_settings
from tests.support.node import BACKENDS, Account, WallClock, new_database, open_node
from tests.support.server import Server
from turnout.core.audience.links import make_token
from turnout.core.audience.media import set_media
from turnout.core.audience.model import MediaKind
from turnout.core.audience.permissions import grant_reporting
from turnout.core.audience.summary import summarize
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import OrgId
from turnout.settings import Settings
from turnout.store import Tx, open_database, system_clock

NAME = "clock that is set"
HOUR, DAY = 3600, 24 * 3600
LIMIT_S = 60
POLL_S = 0.1
PAUSE_S = 0.05
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
BERLIN = "Europe/Berlin"
MOBILE = "61412345678"
LIMITED = "registerstatus"
DIFFERENCE = "turnout_clock_difference_seconds"


class Case(NamedTuple):
    """Offsets that the server's time has one after another; None = it is stopped, and started
    again with the next. `at` is the local time in Berlin at the beginning, empty = now."""

    name: str
    offsets: tuple[int | None, ...]
    at: str = ""


BOTH_WAYS = Case("an hour ahead and back", (0, HOUR, 0))
CASES = (
    BOTH_WAYS,
    Case("an hour back", (0, -HOUR)),
    Case("two days ahead and back", (0, 2 * DAY, 0)),
    Case("back while stopped", (HOUR, None, 0)),
    Case("into summer time", (0, HOUR, 0), "2027-03-28T01:59:50"),
    Case("into winter time", (0, -HOUR), "2027-10-31T02:59:50"),
)
# On PostgreSQL the server's clock is gone by, whichever way a node's is set.
SHORT = (("sqlite", BOTH_WAYS), ("postgresql", Case("an hour ahead", (0, HOUR))))


@pytest.mark.proof
@pytest.mark.parametrize(
    ("backend", "case"),
    proof.scale(SHORT, (*product(BACKENDS, CASES),)),
    ids=lambda value: getattr(value, "name", value),
)
def test_nothing_sticks_when_the_clock_is_set(
    backend: str, case: Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    people = proof.scale(200, 1_000)
    with open_world(url, tmp_path, case) as world:
        for number, offset_s in enumerate(case.offsets):
            if number == 1:
                world.post_broadcast(people)
                world.wait(lambda: world.sink.total)
                assert world.sink.total < people, "all was sent before"
            world.move(offset_s)
            if offset_s is not None:
                world.use(number)
        world.wait_for_broadcasts()
        assert world.server.stop() == 0
        # A browser that is new to the one who signs in is told by mail, once.
        assert world.sink.taken.pop("jo@example.com", 1) == 1
        assert world.sink.taken == Counter({f"guest{n}@example.com": 1 for n in range(people)})
        calls = Counter(headers["X-Turnout-Delivery"] for headers, _ in world.receiver.came)
        assert set(calls.values()) == {1}
        check(url, world)
    proof.report(
        NAME,
        backend=backend,
        case=case.name,
        recipients=people,
        calls=len(calls),
        longest_s=round(world.longest_s, 1),
    )


def has_window(tx: Tx, org_id: OrgId, now: int) -> bool:
    """Whether a window of this minute is stored for what reaches a limit. Those of other endpoints
    stand where they began, in the future too, until somebody asks for them."""
    statement = (
        "SELECT started_at FROM windows "
        f"WHERE org_id = {org_id} AND kind = 'requests' AND name = '{LIMITED}'"
    )
    found = tx.connection.execute(statement).fetchall()
    return any(abs(started_at - now) < 60_000 for (started_at,) in found)


def _cookies(answer: Answer) -> str:
    return "; ".join(cookie.partition(";")[0] for cookie in answer.set_cookies)


@contextmanager
def open_world(url: str, folder: Path, case: Case) -> "Iterator[World]":
    begin_s = 0
    if case.at:
        local = datetime.datetime.fromisoformat(case.at).replace(tzinfo=ZoneInfo(BERLIN))
        begin_s = round(local.timestamp() - time.time())
    with MailSink(pause_s=PAUSE_S) as sink, receiving() as receiver:
        world = World(url, folder, sink, receiver, begin_s, case.offsets[0] or 0)
        try:
            world.server.start()
            yield world
        finally:
            world.server.kill()
            world.db.close()


class World:
    """A server whose time is faked, and anyone who uses it."""

    def __init__(
        self, url: str, folder: Path, sink: MailSink, receiver: Receiver, begin_s: int, offset: int
    ) -> None:
        self.sink, self.receiver, self.begin_s = sink, receiver, begin_s
        self.backend = "sqlite" if url.startswith("sqlite:") else "postgresql"
        self.time = FakedTime(folder, begin_s + offset)
        self.offset = offset
        self.longest_s = 0.0
        self.played_s = self.codes_sent = 0
        self.cookie = ""
        self.tokens: dict[str, str] = {}
        self.is_stopped = False
        self.db = open_database(Settings(database_url=url))
        self.server = Server(
            folder,
            database_url=url,
            command=("serve",),
            environment=self.time.environment | {"TZ": BERLIN},
            access_log="false",
            outbound_allow="127.0.0.0/8",
            **smtp_settings(sink, connections=2),
        )
        with open_node(url, clock=WallClock()) as node:
            self.account: Account = node.add_account()
            self.busy: Account = node.add_account("busy")
            self.cinema: Cinema = open_cinema(node.db, self.account.org_id)
            self.viewer = self.cinema.register()
            self.guests = [self.cinema.register() for _ in range(8)]
            made: dict[str, Any] = node.db.call(_make, self)
        self.door, self.codes, self.watching = made["door"], made["codes"], made["watching"]

    # -- the clock ---------------------------------------------------------------------------

    def move(self, offset: int | None) -> None:
        """Set the server's clock, and wait until it has noticed; None stops it."""
        if offset is None:
            assert self.server.stop() == 0
            self.is_stopped = True
            return
        jump, self.offset = offset - self.offset, offset
        self.time.set(self.begin_s + offset)
        if self.is_stopped:
            self.is_stopped = False
            self.server.start()
            self.wait(lambda: self.backend == "postgresql" or self.jumps("back") == 1)
        elif jump and self.backend == "sqlite":
            direction = "ahead" if jump > 0 else "back"
            self.wait(lambda: self.jumps(direction) == 1)
        elif jump:
            self.wait(lambda: abs(self.metric(DIFFERENCE) - self.time.offset_s) < 5)

    def metric(self, name: str) -> float:
        text = self.server.ask("GET", "/metrics").body.decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def jumps(self, direction: str) -> float:
        return self.metric(f'turnout_clock_jumps_total{{direction="{direction}"}}')

    def wait(self, is_so: Any) -> Any:
        """Wait until something is so, for a minute; what it gave."""
        started = time.monotonic()
        while not (found := is_so()):
            assert time.monotonic() - started < LIMIT_S, f"stuck; {self.server.read_log()[-3000:]}"
            time.sleep(POLL_S)
        self.longest_s = max(self.longest_s, time.monotonic() - started)
        return found

    # -- what people do ----------------------------------------------------------------------

    def use(self, number: int) -> None:
        """Everything once, as at any other time."""
        self.register(number)
        self.scan(number)
        self.open_page()
        self.enter_code(number)
        self.send_texts(number)
        self.watch()
        self.reach_a_limit()

    def register(self, number: int) -> None:
        body = self.account.body(f"person{number}@example.com", firstName="Ann")
        answer = self.signed("PUT", "/v1.0/register", json=body)
        assert answer.status == 200, answer
        queued = answer.json()["registration"]["sessions"][0]["queueId"]

        def is_done() -> bool:
            said = self.signed("GET", f"/v1.0/registerstatus?queueId={queued}")
            assert said.status == 200, said
            return str(said.json()["checkResults"][0]["status"]) == "success"

        self.wait(is_done)

    def signed(
        self, method: str, target: str, account: Account | None = None, **request: Any
    ) -> Answer:
        """A request with a token; a new one where it has run out, or there is none yet."""
        key = (account or self.account).api_key
        for _ in range(2):
            headers = {"Authorization": f"Bearer {self.tokens.get(key, '')}"}
            answer = self.server.ask(method, target, headers=headers, **request)
            if answer.status != 401:
                return answer
            said = self.server.ask("POST", "/v1.0/signin", headers={"APIKey": key})
            self.tokens[key] = said.json()["idToken"]
        return answer

    def scan(self, number: int) -> None:
        path = f"/v1/event/attendees/code/{self.codes[number]}/check"
        headers = {"Authorization": f"event {self.door}"}
        statuses = [self.server.ask("POST", path, headers=headers).status for _ in range(2)]
        assert statuses == [200, 406], "let in once"

    def open_page(self) -> None:
        """A page for anyone who is signed in. The sign-in outlives an hour, and not two days."""
        was_signed_in, page = bool(self.cookie), self._ask_page()
        if was_signed_in and abs(self.offset) <= HOUR:
            assert page.status == 200, page
        if page.status != 200:
            self._sign_in()
            assert self._ask_page().status == 200

    def _ask_page(self) -> Answer:
        headers = {"Accept": "text/html", "Cookie": self.cookie}
        return self.server.ask("GET", "/outbox", headers=headers)

    def _sign_in(self) -> None:
        page = self.server.ask("GET", "/console/sign-in", headers={"Accept": "text/html"})
        (token,) = re.findall(r'name="token" value="([^"]+)"', page.body.decode())
        # A browser keeps by what it was known, however long ago its session ended.
        known = re.findall(r"turnout-browser=[^;]+", self.cookie)
        headers = FORM | {"Cookie": "; ".join([_cookies(page), *known])}
        fields = {"user_code": USER, "password": PASSWORD, "token": token}
        answer = self.server.ask(
            "POST", "/console/sign-in", headers=headers, body=urlencode(fields).encode()
        )
        assert answer.status == 303, answer
        self.cookie = _cookies(answer)

    def enter_code(self, number: int) -> None:
        """Codes of all steps go to one number: its limits must not outlast their windows."""
        ref = f"ref{number}"
        asked = {"message_type": "sms", "message_destination": MOBILE, "company_name": "Acme"}
        self.call("GET", f"/client_verification/sendCode?{urlencode(asked | {'client_ref': ref})}")
        code = self.wait(lambda: self.db.call(find_code, self.codes_sent))
        self.codes_sent += 1
        assert self._validate(ref, "none") != self._validate(ref, code)

    def _validate(self, ref: str, code: str) -> Any:
        query = urlencode({"client_ref": ref, "entered_code": code})
        return self.call("GET", f"/client_verification/validateCode?{query}")

    def send_texts(self, number: int) -> None:
        """A small broadcast with callbacks, asked for twice with one key."""
        body = {
            "job_type": "sms",
            "job_name": f"Texts {number}",
            "message": "Hello",
            "callback_url": self.receiver.url,
            "callback_on_sms_status_update": True,
            "recipients": [{"destination": f"6141234000{n}"} for n in range(3)],
        }
        first, again = (self.call("POST", "/jobs", body, f"key {number}") for _ in range(2))
        assert first == again
        job_id = first
        self.wait(lambda: self.call("GET", f"/jobs/{job_id}")["job_status"] == "Complete")
        self.wait(
            lambda: [form["BroadcastID"] for form in self.receiver.forms()].count(str(job_id)) >= 3
        )

    def watch(self) -> None:
        """Heartbeats of four seconds that were just played, twice."""
        for _ in range(2):
            body = {"token": self.watching, "session": self.cinema.talk.id, "played": []}
            at = self._beat(body)["at"]
            self._beat(body | {"played": [[at - 4_000, at]]})
            self.played_s += 4

    def _beat(self, body: dict[str, Any]) -> Any:
        answer = self.server.ask("POST", "/watch/beats", json=body)
        assert answer.status == 200, answer
        return answer.json()

    def reach_a_limit(self) -> None:
        """A limit that is reached refuses for a minute at most; and none that was reached before
        the server's clock was set does any more."""
        target, admitted = f"/v1.0/{LIMITED}?queueId=1", 0
        while (answer := self.signed("GET", target, self.busy)).status != 429:
            admitted += 1
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        # PostgreSQL's clock was not set: there the window goes on.
        assert admitted > 50 or self.backend == "postgresql", f"refused after {admitted}"
        if self.backend == "sqlite":
            # Not before: where the clock goes back now, the window of before it was set goes on.
            self.wait(lambda: self.db.call(has_window, self.busy.org_id, self._now_ms()))

    def _now_ms(self) -> int:
        return round((time.time() + self.begin_s + self.offset) * 1000)

    def post_broadcast(self, people: int) -> None:
        self.call("POST", "/jobs", email_job([f"guest{n}@example.com" for n in range(people)]))

    def wait_for_broadcasts(self) -> None:
        self.wait(lambda: {job["job_status"] for job in self.call("GET", "/jobs")} == {"Complete"})

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        return call(self.server, method, path, body, key=key)


def _make(tx: Tx, world: World) -> dict[str, Any]:
    org_id, event_id = world.account.org_id, world.cinema.event.id
    user = add_user(tx, org_id)
    grant_reporting(tx, org_id, user.id, actor="test")
    # On SQLite the server's time is faked; on PostgreSQL it is the database's, which is real.
    now, faked_now = system_clock(), system_clock() + world.begin_s * 1000
    set_media(
        tx,
        org_id,
        world.cinema.talk.id,
        MediaKind.HLS,
        "/talk.m3u8",
        live_from=now - 30 * DAY * 1000,
        live_until=faked_now + 30 * DAY * 1000,
        actor="test",
    )
    _, door = issue_credential(
        tx, org_id, CredentialKind.EVENT_TOKEN, "door", event_id=event_id, actor="test"
    )
    statement = (
        f"SELECT code FROM tickets WHERE org_id = {org_id} AND registration_id <> {world.viewer} "
        "ORDER BY id"
    )
    codes = [row[0] for row in tx.connection.execute(statement).fetchall()]
    return {"door": door, "codes": codes, "watching": make_token(tx, org_id, world.viewer)}


def find_code(tx: Tx, number: int) -> str | None:
    """The code that was sent as the `number`th, once the network has it."""
    statement = f"SELECT text FROM simulated_messages WHERE destination = '{MOBILE}' ORDER BY id"
    texts = [row[0] for row in tx.connection.execute(statement).fetchall()]
    return re.findall(r"\d{6}", texts[number])[0] if len(texts) > number else None


def check(url: str, world: World) -> None:
    """Nothing is negative, and nobody watched for longer than was played."""
    with open_node(url, clock=WallClock()) as node:
        summary = node.db.call(summarize, world.account.org_id, world.cinema.event.id)
        assert not re.findall(r"[:\[,]-\d", msgspec.json.encode(summary).decode())
        backwards, seconds = node.db.call(read_times)
    assert backwards == 0
    assert 0 < seconds <= world.played_s


def read_times(tx: Tx) -> tuple[int, int]:
    """How many jobs ended before they began; and for how many seconds people watched."""
    backwards = "SELECT count(*) FROM jobs WHERE completed_at < started_at"
    watched = "SELECT CAST(sum(ends_at - starts_at) / 1000 AS BIGINT) FROM viewings"
    (jobs,) = tx.connection.execute(backwards).fetchone()
    (seconds,) = tx.connection.execute(watched).fetchone()
    return jobs, seconds
