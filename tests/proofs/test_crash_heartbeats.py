"""Killed at any instant, Turnout forgets no heartbeat that it acknowledged.

Viewers send heartbeats from many connections, repeating what was not acknowledged as the page does;
the server's process group gets SIGKILL at a random instant and is started again. In the end each
viewer's seconds are held against what the answers acknowledged, and against what was ever sent.
"""

import asyncio
import random
from pathlib import Path

import pytest

from tests.core.audience.cinema import Cinema, open_cinema
from tests.proofs.wire import connection, send_beat
from tests.support import proof
from tests.support.builder import make_organization
from tests.support.node import BACKENDS, WallClock, new_database, open_node
from tests.support.server import Server
from turnout.core.audience.links import make_token, sign_opening
from turnout.core.audience.media import set_media
from turnout.core.audience.model import Interval, MediaKind
from turnout.core.audience.viewings import list_viewings
from turnout.core.ids import RegistrationId
from turnout.store import system_clock

VIEWERS = 24
LONGEST_LOAD_S = 0.6
HOUR_MS = 3_600_000


class Player:
    """One viewer, whose clock runs a thousand times as fast: each heartbeat is about ten
    seconds."""

    def __init__(self, link: dict[str, str], session: int, start: int, dice: random.Random) -> None:
        self.link, self.session, self.dice = link, session, dice
        self.at = start
        self.pending: list[tuple[int, int]] = []
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self.heartbeats = 0

    async def play(self, port: int, stop: float) -> None:
        try:
            async with connection(port) as streams:
                while asyncio.get_running_loop().time() < stop:
                    self._go_on()
                    body = {**self.link, "session": self.session, "played": self.pending}
                    self.sent |= _seconds(self.pending)
                    status, _ = await send_beat(streams, body)
                    assert status == 200
                    self.acknowledged |= _seconds(self.pending)
                    self.pending.clear()
                    self.heartbeats += 1
        except (OSError, asyncio.IncompleteReadError):
            pass  # killed: what is pending is sent with the next heartbeat

    def _go_on(self) -> None:
        self.at += self.dice.choice((0, 0, 0, 3000))
        length = self.dice.randint(1, 12) * 1000
        self.pending.append((self.at, self.at + length))
        self.at += length


def _seconds(intervals: list[tuple[int, int]]) -> set[int]:
    return {second for start, end in intervals for second in range(start // 1000, end // 1000)}


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_is_killed_keeps_every_acknowledged_beat(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    dice = proof.random_for(f"crash heartbeats {backend}")
    cinema, viewers, players = _make(url, dice)
    server = Server(tmp_path, database_url=url, command=("serve",), access_log="false")
    kills = proof.scale(2, 20)
    for _ in range(kills):
        server.start()
        asyncio.run(_load_and_kill(server, players, dice.uniform(0.05, LONGEST_LOAD_S)))
    with open_node(url, clock=WallClock()) as node:
        for viewer, player in zip(viewers, players, strict=True):
            found = node.db.call(list_viewings, cinema.org_id, cinema.event.id, viewer)
            kept = _seconds([(viewing.interval.start, viewing.interval.end) for viewing in found])
            assert player.acknowledged <= kept <= player.sent
            assert sum(viewing.interval.seconds for viewing in found) == len(kept)
    heartbeats = sum(player.heartbeats for player in players)
    assert heartbeats > VIEWERS
    seconds = sum(len(player.acknowledged) for player in players)
    proof.report(
        "crash heartbeats", backend=backend, kills=kills, heartbeats=heartbeats, seconds=seconds
    )


def _make(url: str, dice: random.Random) -> tuple[Cinema, list[RegistrationId], list[Player]]:
    """A session that has been live for hours, and people who watch it."""
    now = system_clock()
    live = Interval(now - 20 * HOUR_MS, now + HOUR_MS)
    with open_node(url, clock=WallClock()) as node:
        org_id = node.db.call(make_organization, "cinema")
        cinema = open_cinema(node.db, org_id)
        node.db.call(
            set_media,
            org_id,
            cinema.talk.id,
            MediaKind.HLS,
            "/talk.m3u8",
            live_from=live.start,
            live_until=live.end,
            actor="test",
        )
        viewers = [cinema.register() for _ in range(VIEWERS)]
        links = [
            {
                "token": node.db.call(make_token, org_id, viewer),
                "opening": node.db.call(sign_opening, org_id, viewer, live.start),
            }
            for viewer in viewers
        ]
    start = live.start + HOUR_MS
    return cinema, viewers, [Player(link, cinema.talk.id, start, dice) for link in links]


async def _load_and_kill(server: Server, players: list[Player], seconds: float) -> None:
    stop = asyncio.get_running_loop().time() + seconds + LONGEST_LOAD_S
    load = asyncio.gather(*(player.play(server.port, stop) for player in players))
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.kill)
    await load
