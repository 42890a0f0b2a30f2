"""A node without a network: a throwaway database, a clock that tests turn, seeded ids.

    with open_node(new_database("sqlite", tmp_path)) as node:
        account = node.add_account()
        answer = node.client.request("PUT", "/v1.0/register", headers=account.headers, json=…)
        node.run_intake()

Nothing runs by itself: no loop is started, so the queue moves when `run_intake` is called.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tests.support import templates
from tests.support.builder import WHEN, Builder
from tests.support.client import AppClient
from tests.support.postgresql import Cluster
from turnout.bootstrap import Node
from turnout.core.events.model import Channel, Event, Session, Span
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    create_event,
    create_session,
)
from turnout.core.identity.model import CredentialKind, Organization, Principal
from turnout.core.identity.signing import ensure_signing_key, generate_key_pair
from turnout.core.ids import OrgId
from turnout.core.registrations.intake import process
from turnout.dialects.registration.auth import Tokens
from turnout.http.admission import LastUses
from turnout.settings import Settings
from turnout.store import Ids, Tx, open_database, system_clock
from turnout.store.migrations.running import migrate
from turnout.store.sqlite import path_of
from turnout.web.catalogue import Examine

BACKENDS = ("sqlite", "postgresql")
START = 1_798_794_000_000  # 2027-01-01T09:00:00Z
SEED = 7


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


class WallClock(Clock):
    """The machine's own clock, for what is used together with a real server."""

    def __call__(self) -> int:
        return system_clock()


@dataclass(frozen=True)
class Account:
    """An organization with an API key, an event with sessions, and a channel of two events."""

    organization: Organization
    api_key: str
    caller: Principal
    token: str
    event: Event
    sessions: list[Session]
    channel: Channel
    channel_sessions: list[Session]

    @property
    def org_id(self) -> OrgId:
        return self.organization.org_id

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def body(self, email: str = "ada@example.com", **contact: Any) -> dict[str, Any]:
        """A body of PUT /register for all sessions of the event."""
        sessions = [{"sessionPak": session.pak} for session in self.sessions]
        event = {"eventPak": self.event.pak, "sessions": sessions}
        return {"registration": {"event": event, "contact": {"email": email, **contact}}}


class LocalNode:
    """One node, its database and a client for its app. Made by `open_node`."""

    def __init__(self, settings: Settings, clock: Clock, seed: int) -> None:
        self.settings = settings
        self.clock = clock
        self.db = open_database(settings, clock=clock, ids=Ids(seed))
        self.pauses: list[float] = []
        """How long answers to wrong passwords were to be held back, in seconds; nobody waits."""
        self.examine: Examine | None = None
        """What looks at the installation, as `turnout doctor` does; set it first."""
        self.client = AppClient(self._answer)
        self.tokens = Tokens(self.db, settings.public_url, LastUses(clock))

    @cached_property
    def node(self) -> Node:
        """The whole program, made when it is asked for: most tests of the core do without."""
        node = Node(self.settings, self.db, demo=None, examine=self.examine)
        node.sign_ins.pause = self._note_pause
        return node

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await self.node.app(scope, receive, send)

    async def _note_pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def add_account(self, slug: str = "acme", *, sessions: int = 3) -> Account:
        """Make an organization with a programme, and sign in."""
        self.db.call(ensure_signing_key, *key_pair())
        made = self.db.call(_make_account, slug, sessions)
        token = self.client.run(self.tokens.sign(made["caller"]))
        return Account(token=token, **made)

    def add_event(self, org_id: OrgId, title: str, when: Span = WHEN, **options: Any) -> Event:
        return self.db.call(create_event, org_id, title, when, actor="test", **options)

    def add_session(self, org_id: OrgId, event: Event, title: str, **options: Any) -> Session:
        return self.db.call(create_session, org_id, event.id, title, WHEN, actor="test", **options)

    def add_to_channel(self, org_id: OrgId, channel: Channel, event: Event) -> None:
        self.db.call(add_to_channel, org_id, channel.id, event.id, actor="test")

    def execute(self, statement: str) -> None:
        """Run SQL behind the product's back, to bring about what it never does itself."""

        def execute(tx: Tx) -> None:
            tx.connection.execute(statement)

        self.db.call(execute)

    def run_intake(self, limit: int = 16) -> int:
        """Decide everything that is due in the intake queue; returns how many submissions."""
        total = 0
        while done := self.db.call(process, limit).done:
            total += done
        return total

    def close(self) -> None:
        if "node" in vars(self):
            self.client.run(self.node.outbound.close())
        self.client.__exit__()
        self.db.close()


def _make_account(tx: Tx, slug: str, sessions: int) -> dict[str, Any]:
    house = Builder(tx, slug)
    caller, api_key = house.credential(CredentialKind.API_KEY)

    def add_event(title: str, talks: list[str]) -> tuple[Event, list[Session]]:
        event = house.event(title)
        return event, [house.session(event, talk) for talk in talks]

    event, talks = add_event("Summit", [f"Talk {number + 1}" for number in range(sessions)])
    channel = create_channel(tx, house.org_id, "Webinars", actor="test")
    webinars = [add_event(title, [title]) for title in ("Webinar 1", "Webinar 2")]
    for webinar, _ in webinars:
        add_to_channel(tx, house.org_id, channel.id, webinar.id, actor="test")
    return {
        "organization": house.organization,
        "api_key": api_key,
        "caller": caller,
        "event": event,
        "sessions": talks,
        "channel": channel,
        "channel_sessions": [session for _, (session,) in webinars],
    }


@contextmanager
def open_node(
    url: str, *, clock: Clock | None = None, seed: int = SEED, **settings: Any
) -> Iterator[LocalNode]:
    """A node on the migrated database at `url`; `settings` are fields of `Settings`."""
    usual: dict[str, Any] = {
        "database_url": url,
        "base_url": "http://turnout.test",
        "database_threads": 2,
        "insecure_http": True,
    }
    chosen = Settings(**usual | settings)
    node = LocalNode(chosen, clock or Clock(), seed)
    try:
        yield node
    finally:
        node.close()


@contextmanager
def database(backend: str, folder: Path, cluster: Cluster | None = None) -> Iterator[str]:
    """`new_database`, for a block: PostgreSQL's, which take room, are dropped after it."""
    url = new_database(backend, folder, cluster)
    try:
        yield url
    finally:
        if cluster is not None and backend == "postgresql":
            cluster.drop_database(url)


@contextmanager
def copied_database(url: str, folder: Path, cluster: Cluster | None = None) -> Iterator[str]:
    """The address of a copy of the database at `url`, which nobody uses, for a block."""
    if cluster is not None:
        copy = cluster.create_database(url)
        try:
            yield copy
        finally:
            cluster.drop_database(copy)
        return
    path = path_of(url)
    for file in path.parent.glob(f"{path.name}*"):  # with its log, if it has one
        shutil.copy(file, folder)
    yield f"sqlite:///{folder / path.name}"


def new_database(backend: str, folder: Path, cluster: Cluster | None = None) -> str:
    """The address of a new, migrated, empty database; PostgreSQL needs the `cluster`."""
    if cluster is not None and backend == "postgresql":
        return cluster.create_database(_postgresql_template(cluster))
    path = Path(tempfile.mkdtemp(dir=folder)) / "turnout.db"
    templates.copy_migrated(path)
    return f"sqlite:///{path}"


@cache
def key_pair() -> tuple[str, str, str]:
    """A signing key for all nodes of this process: making one takes a tenth of a second."""
    return generate_key_pair()


@cache
def _postgresql_template(cluster: Cluster) -> str:
    url = cluster.create_database()
    migrate(url)
    return url
