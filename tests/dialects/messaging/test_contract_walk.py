"""A walk through the jobs part of the contract: its examples, by curl, against a real server."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.runner import Turnout
from tests.dialects.messaging.job_cases import examples
from tests.dialects.messaging.people import basic
from tests.support import proof
from tests.support.curl import search_path
from tests.support.server import Server, clean_environment

pytestmark = pytest.mark.proof

CODE, PASSWORD = "testuser", "testpassword"


class Walk:
    """Runs curl as the contract does: a user, the two headers, and a body."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.requests = 0

    def run(self, target: str, body: Any = None) -> Any:
        options = ["-H", "Content-Type: application/json", "-H", "Accept: application/json"]
        if body is not None:
            options += ["-d", json.dumps(body)]
        for name, value in basic(CODE, PASSWORD).items():
            options += ["-H", f"{name}: {value}"]
        environment = clean_environment()
        environment["PATH"] = search_path(self._server.folder, environment["PATH"])
        done = subprocess.run(
            ["curl", "-sS", *options, self._server.url + target],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.requests += 1
        return json.loads(done.stdout)


@pytest.fixture
def walk(tmp_path) -> Iterator[Walk]:
    url = f"sqlite:///{tmp_path / 'turnout.db'}"
    turnout = Turnout(url)
    turnout.ok("migrate")
    turnout.ok("org", "create", "acme", "--name", "Acme", "--timezone", "Australia/Melbourne")
    user = ["user", "create", "acme", CODE, "--name", "Test", "--email", "test@example.com"]
    assert turnout(*user, "--password-stdin", stdin=PASSWORD).code == 0
    with Server(
        tmp_path,
        command=("serve",),
        database_url=url,
        outbound_allow="127.0.0.1/32",
        work_in_process="false",
    ) as server:
        yield Walk(server)


def test_the_walk(walk: Walk):
    made = {}
    for name, body in examples().items():
        answer = walk.run("/api/v1/jobs", body)
        assert list(answer) == ["status", "data"]
        assert (answer["status"], answer["data"] > 60_000_000) == (200, True), name
        made[answer["data"]] = body

    page = walk.run("/api/v1/jobs?page_size=3&start_after=2023-04-07")
    assert [job["job_id"] for job in page["data"]] == sorted(made, reverse=True)[:3]
    assert (page["total"], page["last_page"], page["status"]) == (len(made), 3, 200)
    assert page["next_page_url"].endswith("?page_size=3&start_after=2023-04-07&page=2")

    for job_id, body in made.items():
        job = walk.run(f"/api/v1/jobs/{job_id}")["data"]
        given = [recipient["destination"] for recipient in body["recipients"]]
        assert job["job_name"] == body["job_name"]
        assert [recipient["destination"] for recipient in job["recipients"]] == given
        assert [recipient["destination"] for recipient in job["reports"]] == given

    assert walk.run("/api/v1/jobs", {"job_type": "sms"})["errors"] == (
        "Validation failed: The recipients field is required when user_list_ids is not present."
    )
    assert walk.run("/api/v1/jobs/1") == {"status": 404, "errors": "Job not found."}
    proof.report("contract walk messaging", requests=walk.requests)
