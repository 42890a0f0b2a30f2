"""The connection to PostgreSQL is lost, at COMMIT above all, under a write of each API.

Every commit of the request is cut off once on its way to the server and once on its way back. As
long as PostgreSQL can be asked, the request is answered as if nothing had happened, and its effect
is there once. Where it cannot be asked, the answer says in the API's own shape that nobody knows.
"""

import datetime
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import psycopg
import pytest

from tests.support import proof
from tests.support.client import Answer, AppClient
from tests.support.faulty_line import Cut, FaultyLine
from tests.support.node import key_pair, new_database
from tests.support.postgresql import Cluster
from tests.support.visits import BASE, admin_headers, developer_headers, door_headers
from turnout.bootstrap import Node
from turnout.cli.demo_server import seed
from turnout.core.events.passwords import set_registration_password
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.signing import ensure_signing_key
from turnout.demo.content import Content, show_all
from turnout.settings import Settings
from turnout.store import open_database

APIS = ("registration", "attendance", "booking", "messaging", "reporting")
PASSWORD = "open sesame, please"
MOST_COMMITS = 6
FIRST_EXAM = datetime.datetime.fromisoformat("2098-05-05T09:00:00+02:00")
UNKNOWN = "it is not known whether it was made"


class Write(NamedTuple):
    """A request that is new each time; `effect` counts what it has made, and takes `name`."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    effect: str
    name: str


class World:
    """A node whose database is at the far end of a line, and a connection past that line."""

    def __init__(self, line: FaultyLine, direct: "psycopg.Connection[Any]", demo: Any) -> None:
        self.line = line
        self.demo = demo
        self._direct = direct
        settings = Settings(
            database_url=line.url, base_url=BASE, allow_demo=True, rate_limit_per_minute=0
        )
        self.db = open_database(settings)
        self.node = Node(settings, self.db, show_all(msgspec.convert(demo, Content)))
        self.client = AppClient(self.node.app)
        self.db.call(ensure_signing_key, *key_pair())
        self.db.call(_open_registration, demo, hash_password(PASSWORD))
        key = {"APIKey": demo["registration"]["apiKey"]}
        self.token = self.client.request("POST", "/v1.0/signin", headers=key).json()["idToken"]
        self._codes = iter(demo["attendance"]["ticketCodes"])
        self._sittings = _list_sittings(demo["booking"]["learners"][::-1])

    def close(self) -> None:
        self.client.run(self.node.outbound.close())
        self.client.__exit__()
        self.db.close()

    def send(self, write: Write) -> Answer:
        method, target, headers, body, *_ = write
        return self.client.request(method, target, headers=headers, body=body)

    @property
    def db_name(self) -> str:
        return self._direct.info.dbname

    def execute(self, statement: str) -> None:
        """Past the line."""
        self._direct.execute(statement.encode())

    def count(self, write: Write) -> int:
        row = self._direct.execute(write.effect.encode(), [write.name]).fetchone()
        assert row
        return int(row[0])

    def registration(self) -> Write:
        email, known = _address(), self.demo["registration"]
        sessions = [{"sessionPak": known["sessionPaks"][0]}]
        event = {"eventPak": known["eventPak"], "sessions": sessions}
        body = {"registration": {"event": event, "contact": {"email": email}}}
        effect = "SELECT count(*) FROM submissions WHERE email = %s"
        headers = {"Authorization": f"Bearer {self.token}"}
        return _json("PUT", "/v1.0/register", headers, body, effect, email)

    def attendance(self) -> Write:
        code = next(self._codes)
        target = f"/v1/event/attendees/code/{code}/check.json"
        effect = "SELECT count(*) FROM scans WHERE code = %s"
        return Write("POST", target, door_headers(self.demo, {}), b"", effect, code)

    def booking(self) -> Write:
        seat, known = str(uuid.uuid4()), self.demo["booking"]
        start, learner = next(self._sittings)
        body = {
            "EventVenue": known["venue"],
            "EventStart": start.isoformat(),
            "EventExamType": "Sitting",
            "EventExamFormat": "Paper",
            "EventBillingCode": known["billingCode"],
            "Learner": learner,
            "Assessment": known["assessments"][0],
        }
        effect = "SELECT count(*) FROM registrations WHERE uuid = %s"
        target = f"/api/registrations/{seat}/commands/register-lax"
        return _json("POST", target, developer_headers(self.demo, {}), body, effect, seat)

    def messaging(self) -> Write:
        name = f"Doors open {uuid.uuid4()}"
        recipient = {"destination": "+61491570006"}
        body = {"job_type": "sms", "job_name": name, "message": "Hi", "recipients": [recipient]}
        effect = "SELECT count(*) FROM jobs WHERE name = %s"
        return _json("POST", "/api/v1/jobs", admin_headers(self.demo, {}), body, effect, name)

    def reporting(self) -> Write:
        email = _address()
        event_id = self.demo["attendance"]["eventId"]
        form = {"ei": event_id, "pass": PASSWORD, "email": email, "fname": "A", "lname": "L"}
        effect = "SELECT count(*) FROM people WHERE email = %s"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        return Write("POST", "/viewer/regserver.jsp", headers, body, effect, email)


def _open_registration(tx: Any, demo: Any, hashed: str) -> None:
    event_id = demo["attendance"]["eventId"]
    row = tx.connection.execute("SELECT org_id FROM events WHERE id = %s", [event_id]).fetchone()
    set_registration_password(tx, row[0], event_id, hashed, actor="test")


def _list_sittings(learners: list[str]) -> Iterator[tuple[datetime.datetime, str]]:
    """Without end: each learner sits one exam a day."""
    for day in itertools.count():
        start = FIRST_EXAM + datetime.timedelta(days=day)
        yield from ((start, learner) for learner in learners)


def _address() -> str:
    return f"guest-{uuid.uuid4()}@example.com"


def _json(
    method: str, target: str, headers: dict[str, str], body: Any, effect: str, name: str
) -> Write:
    headers = {"Content-Type": "application/json"} | headers
    return Write(method, target, headers, json.dumps(body).encode(), effect, name)


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("demo")
    url = new_database("postgresql", folder, cluster)
    seed(Settings(database_url=url, base_url=BASE, allow_demo=True), folder / "demo.json")
    demo = json.loads((folder / "demo.json").read_text())
    with FaultyLine(url) as line, psycopg.connect(url, autocommit=True) as direct:
        world = World(line, direct, demo)
        yield world
        world.close()
    cluster.drop_database(url)


def says_success(api: str, answer: Answer) -> bool:
    return answer.status == 200 and (api != "reporting" or answer.body.startswith(b"SUCCESS!"))


@pytest.mark.proof
@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("api", APIS)
def test_a_commit_that_is_cut_off_is_answered_with_the_truth(
    world: World, api: str, cut: Cut
) -> None:
    make: Callable[[], Write] = getattr(world, api)
    cuts = 0
    for _ in range(proof.scale(1, 3)):
        for skipped in range(MOST_COMMITS):
            write = make()
            world.line.cut_commit(cut, skipped)
            answer = world.send(write)
            was_cut = not world.line.pass_all()
            assert says_success(api, answer), answer
            assert world.count(write) == 1
            if not was_cut:
                break
            cuts += 1
    assert cuts
    proof.report("answers at a cut commit", api=api, cut=cut.value, cuts=cuts)


@pytest.mark.proof
@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("api", APIS)
def test_a_commit_whose_end_nobody_can_tell_is_answered_so(
    world: World, api: str, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turnout.store.postgresql.ASK_S", 0.2)
    make: Callable[[], Write] = getattr(world, api)
    unknown = 0
    for skipped in range(MOST_COMMITS):
        assert world.send(make()).status == 200  # every thread has a connection again
        write = make()
        world.line.cut_commit(cut, skipped, then_down=True)
        answer = world.send(write)
        was_cut = not world.line.pass_all()
        world.line.is_down = False
        if not was_cut:
            break
        if UNKNOWN in answer.body.decode():
            unknown += 1
            assert answer.status == 503
            assert "retry-after" not in answer.headers
            assert world.count(write) == (1 if cut is Cut.AFTER else 0)
        else:
            assert answer.status == 503
            assert world.count(write) == 0
    assert unknown
    proof.report("answers at a cut commit", api=api, cut=f"{cut.value}, unknown", cuts=unknown)


# -- no database, and one that takes no changes --------------------------------------------

LISTS = {
    "attendance": ("GET", "/v1/event/attendees.json", door_headers),
    "booking": ("POST", "/api/registrations/search", developer_headers),
    "messaging": ("GET", "/api/v1/jobs", admin_headers),
}


def read_shape(api: str, answer: Answer) -> str:
    """The sentence of a refusal, taken from where the API has it; what is not its shape fails."""
    text = answer.body.decode()
    if api == "reporting":
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        return text
    body = json.loads(text)
    if api == "registration":
        assert (body["responseCode"], answer.status) == (503, 503)
        return str(body["message"])
    if api == "messaging":
        assert body["status"] == 503
        return str(body["errors"])
    return str(body["error"] if api == "attendance" else body)


def assert_refused(world: World, api: str, sentence: str) -> None:
    write = getattr(world, api)()
    refused = world.send(write)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1"), refused
    assert read_shape(api, refused) == sentence
    assert world.count(write) == 0


@pytest.mark.parametrize("api", APIS)
def test_a_database_that_is_away_is_503_and_used_again_at_once(
    world: World, api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.line.is_down = True
    world.line.cut_all()
    away = "The database cannot be reached. Nothing was changed; try again."
    for _ in range(3):
        assert_refused(world, api, away)
    ready = world.client.request("GET", "/readyz")
    assert (ready.status, ready.json()) == (503, {"status": "unavailable", "reason": away})
    if api in LISTS:
        method, target, headers = LISTS[api]
        listed = world.client.request(method, target, headers=headers(world.demo, {}))
        assert (listed.status, read_shape(api, listed)) == (503, away)
    world.line.is_down = False
    assert says_success(api, world.send(getattr(world, api)()))
    if api in LISTS:
        listed = world.client.request(method, target, headers=headers(world.demo, {}))
        assert listed.status == 200
    assert "Traceback" not in capsys.readouterr().out


@pytest.fixture
def read_only(world: World) -> Iterator[Callable[[], None]]:
    """As a provider does whose disk is full. Call it to end that."""
    name = world.db_name

    def end() -> None:
        world.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

    world.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    world.line.cut_all()
    yield end
    end()


@pytest.mark.parametrize("api", APIS)
def test_a_read_only_database_is_503_and_written_again_by_itself(
    world: World,
    api: str,
    read_only: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert_refused(world, api, "Read-only: the database cannot be written.")
    if api in LISTS:
        method, target, headers = LISTS[api]
        listed = world.client.request(method, target, headers=headers(world.demo, {}))
        assert listed.status == 200, listed  # what is there can be read
    read_only()
    assert says_success(api, world.send(getattr(world, api)()))
    assert "Traceback" not in capsys.readouterr().out
