"""A message or a callback that kills its worker is set aside, and all others go out."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import make_login, new_job, post, rows
from tests.proofs.poison import read_ends
from tests.support import proof
from tests.support.builder import make_organization
from tests.support.node import BACKENDS, LocalNode, WallClock, database, open_node
from turnout.core.callbacks.model import NewCallback
from turnout.core.callbacks.outbox import add_callbacks, list_callbacks
from turnout.core.identity.model import Principal
from turnout.core.ids import JobId, RecipientId
from turnout.core.messaging.model import JobType
from turnout.core.work.listing import list_set_aside

ROOT = Path(__file__).parents[2]
LATER_S = 120
KILLS = 3


def run_workers(queue: str, url: str, numbers: Iterable[int]) -> list[int]:
    """Let one worker after the other run until it has nothing to do, or dies; how they ended."""
    seconds = [str(LATER_S * number) for number in numbers]
    command = [sys.executable, "-m", "tests.proofs.poison_sending", queue, url, *seconds]
    done = subprocess.run(
        command, cwd=ROOT, timeout=120, check=True, capture_output=True, text=True
    )
    return read_ends(done.stdout)


def queue_messages(node: LocalNode, login: Principal, names: list[str]) -> None:
    post(node.db, login, new_job(JobType.EMAIL), [f"{name}@example.com" for name in names])


def queue_callbacks(node: LocalNode, login: Principal, names: list[str]) -> None:
    new = [
        NewCallback(JobId(1), RecipientId(1), f"https://{name}.example.com/", "a=1", "net")
        for name in names
    ]
    node.db.call(add_callbacks, login.org_id, new)


def read_messages(node: LocalNode, login: Principal) -> dict[str, str]:
    [(job_id,)] = node.db.call(
        lambda tx: tx.connection.execute("SELECT id FROM jobs WHERE kind = 'broadcast'").fetchall()
    )
    found = rows(node.db, job_id, "destination", "state", "status")
    return {name.partition("@")[0]: f"{state} {status}" for name, state, status in found}


def read_callbacks(node: LocalNode, login: Principal) -> dict[str, str]:
    found = node.db.call(list_callbacks, login.org_id, job_id=None, state=None, limit=1_000)
    return {callback.url[8:].partition(".")[0]: callback.state.value for callback in found}


QUEUES = {
    "delivery": (queue_messages, read_messages, "done SENT"),
    "callback": (queue_callbacks, read_callbacks, "delivered"),
}


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("queue", QUEUES)
def test_what_kills_its_worker_is_set_aside(
    queue: str, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    add, read, good = QUEUES[queue]
    others = [f"guest{number}" for number in range(proof.scale(4, 100))]
    with (
        database(backend, tmp_path, cluster) as url,
        open_node(url, clock=WallClock()) as node,
    ):
        org_id = node.db.call(make_organization, "acme")
        login = node.db.call(make_login, org_id, "au/poison", receive_reports=False)
        add(node, login, [*others[:2], "poison", *others[2:]])

        assert run_workers(queue, url, range(KILLS + 1)) == [-signal.SIGKILL] * KILLS + [0]
        found = read(node, login)
        poison = found.pop("poison")
        assert found == dict.fromkeys(others, good)
        assert poison != good
        [aside] = node.db.call(list_set_aside)
        assert (aside.queue, aside.organization, aside.claims) == (queue, "acme", KILLS)

        turnout = Turnout(url)
        assert f"{queue}  {aside.id}" in turnout.ok("aside", "list")
        turnout.ok("aside", "drop", queue, aside.id)
        assert node.db.call(list_set_aside) == []
        assert run_workers(queue, url, [9]) == [0]
    proof.report("poisonous messages", backend=backend, queue=queue, others=len(others))
