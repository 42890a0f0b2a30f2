"""Work that kills its worker is set aside, and everything else goes on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.proofs.poison import POISON, read_ends
from tests.support import proof
from tests.support.node import BACKENDS, LocalNode, WallClock, new_database, open_node
from turnout.core.audit.recording import list_entries
from turnout.core.work.listing import list_set_aside

ROOT = Path(__file__).parents[2]
LATER_S = 60
KILLS = 3


def run_workers(url: str, first: int) -> list[int]:
    """Let one worker after the other run until it has nothing to do, or dies; how they ended."""
    seconds = [str(LATER_S * (first + number)) for number in range(KILLS + 1)]
    command = [sys.executable, "-m", "tests.proofs.poison", url, *seconds]
    done = subprocess.run(
        command, cwd=ROOT, timeout=120, check=True, capture_output=True, text=True
    )
    return read_ends(done.stdout)


def read_statuses(node: LocalNode) -> dict[str, list[str]]:
    def read(tx) -> list[tuple[str, str]]:
        return tx.connection.execute(
            "SELECT s.email, i.status FROM queue_items i JOIN submissions s"
            " ON s.org_id = i.org_id AND s.id = i.submission_id ORDER BY i.id"
        ).fetchall()

    statuses: dict[str, list[str]] = {}
    for email, status in node.db.call(read):
        statuses.setdefault(email, []).append(status)
    return statuses


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_submission_that_kills_its_worker_is_set_aside(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    others = [f"guest{number}@example.com" for number in range(proof.scale(5, 90))]
    with open_node(url, clock=WallClock()) as node:
        account = node.add_account(sessions=1)
        for email in [*others[:2], POISON, *others[2:]]:
            answer = node.client.request(
                "PUT", "/v1.0/register", headers=account.headers, json=account.body(email)
            )
            assert answer.status == 200

        assert run_workers(url, 0) == [-signal.SIGKILL] * KILLS + [0]
        assert read_statuses(node) == {
            email: ["queued"] if email == POISON else ["success"] for email in [*others, POISON]
        }

        [aside] = node.db.call(list_set_aside)
        assert (aside.queue, aside.organization, aside.claims) == ("intake", "acme", KILLS)
        turnout = Turnout(url)
        assert "1 of intake: it stopped its worker three times" in turnout("doctor").output
        assert f"intake  {aside.id}" in turnout.ok("aside", "list")

        turnout.ok("aside", "release", "intake", aside.id)
        assert run_workers(url, 9) == [-signal.SIGKILL] * KILLS + [0]

        turnout.ok("aside", "drop", "intake", aside.id)
        assert read_statuses(node)[POISON] == ["failed"]
        assert node.db.call(list_set_aside) == []
        entries = node.db.call(list_entries, account.org_id, "work", aside.id)
        assert [entry.action for entry in entries] == ["released", "dropped"]
        assert turnout("aside", "drop", "intake", aside.id).code == 1
    proof.report("poisonous work", backend=backend, kills=2 * KILLS, others=len(others))
