"""Two callers at once for one venue and minute: one exam, both registrations."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.registrations.invariants import find_faults
from tests.proofs.wire import connection, read_answer
from tests.support import proof
from tests.support.node import BACKENDS, WallClock, new_database, open_node
from tests.support.server import Server
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind


class Desk:
    """A server with a college, and a secret of it."""

    def __init__(self, server: Server, college: College, secret: str, backend: str) -> None:
        self.server, self.college, self.secret, self.backend = server, college, secret, backend

    def register(self, numbers: list[int], start: str) -> list[tuple[int, Any]]:
        """Register a learner under each number, all at the same moment."""
        return asyncio.run(self._register(numbers, start))

    async def _register(self, numbers: list[int], start: str) -> list[tuple[int, Any]]:
        ready = asyncio.Barrier(len(numbers))

        async def one(number: int, letter: str) -> tuple[int, Any]:
            body = json.dumps(
                {
                    "EventVenue": self.college.hall,
                    "EventStart": start,
                    "EventExamType": "Class",
                    "EventExamFormat": "Online",
                    "EventBillingCode": "Trades (3hr)",
                    "Learner": self.college.learners[letter],
                    "Assessment": "W1",
                }
            )
            uuid = f"00000000-0000-4000-9000-{number:012d}"
            async with connection(self.server.port) as (reader, writer):
                await ready.wait()
                writer.write(
                    f"POST /api/registrations/{uuid}/commands/register-lax HTTP/1.1\r\n"
                    f"Host: turnout\r\nAuthorization: Bearer {self.secret}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
                    "".encode()
                )
                return await read_answer(reader)

        return await asyncio.gather(
            *(one(number, "abcd"[place % 4]) for place, number in enumerate(numbers))
        )


@pytest.fixture(params=BACKENDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    url = new_database(request.param, tmp_path, cluster)
    with open_node(url, clock=WallClock()) as node:
        college = College(node)
        _, secret = node.db.call(
            issue_credential,
            college.org_id,
            CredentialKind.DEVELOPER_SECRET,
            "race",
            actor="test",
        )
        with Server(tmp_path, database_url=url, command=("serve",), access_log="false") as server:
            yield Desk(server, college, secret, request.param)


@pytest.mark.proof
def test_two_callers_at_once_get_one_exam(desk: Desk) -> None:
    races = proof.scale(10, 200)
    for race in range(races):
        start = f"2098-01-{1 + race // 60 % 28:02}T09:{race % 60:02}:00+00:00"
        answers = desk.register([2 * race, 2 * race + 1], start)
        assert [status for status, _ in answers] == [200, 200], answers
        exams = {answer["Exam"] for _, answer in answers}
        assert len(exams) == 1
        assert desk.college.get_exam(exams.pop()).held == 2
    assert desk.college.db.call(find_faults) == {}
    proof.report("race one exam", backend=desk.backend, races=races, seed=proof.seed())


@pytest.mark.proof
def test_one_guid_is_registered_once_however_often_it_is_sent(desk: Desk) -> None:
    races = proof.scale(3, 20)
    for race in range(races):
        answers = desk.register([10_000 + race] * 8, f"2098-03-01T09:{race:02}:00+00:00")
        statuses = sorted(status for status, _ in answers)
        assert statuses == [200] + [400] * 7
        refusals = {answer for status, answer in answers if status == 400}
        assert all("already exists." in refusal for refusal in refusals)
    assert desk.college.db.call(find_faults) == {}
    proof.report("race one seat", backend=desk.backend, races=races, callers=8, seed=proof.seed())
