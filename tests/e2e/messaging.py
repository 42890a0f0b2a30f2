"""A real server with an organization and a user, and what is asked of its messaging API."""

import base64
import time
from pathlib import Path
from typing import Any

from tests.support.node import new_database
from tests.support.server import Server
from turnout.core.identity.model import Profile
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.users import create_user
from turnout.settings import Settings
from turnout.store import open_database

PASSWORD = "Test password 1"
PATIENCE_S = 30


class Messaging:
    """`turnout serve` on a database of its own; `profile` is what its one user has set."""

    def __init__(self, folder: Path, profile: Profile, **settings: Any) -> None:
        self.url = url = new_database("sqlite", folder)
        db = open_database(Settings(database_url=url))
        try:
            self.org_id = db.call(create_organization, "acme", "Acme", actor="test").org_id
            db.call(
                create_user,
                self.org_id,
                "au/jo",
                name="Jo",
                email="jo@example.com",
                profile=profile,
                password_hash=hash_password(PASSWORD),
                actor="test",
            )
        finally:
            db.close()
        self.server = Server(folder, database_url=url, command=("serve",), **settings)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers under `data`."""
        pair = base64.b64encode(f"au/jo:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}"}
        answer = self.server.ask(method, f"/api/v1{path}", headers=headers, json=body)
        assert answer.status == 200, answer
        return answer.json()["data"]

    def post_job(self, **members: Any) -> int:
        job_id: int = self.call("POST", "/jobs", members)
        return job_id

    def wait_for_job(self, job_id: int, **wanted: Any) -> Any:
        """The job, once it is complete and its members are as `wanted`."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            job = self.call("GET", f"/jobs/{job_id}")
            if job["job_status"] == "Complete" and all(
                job[name] == value for name, value in wanted.items()
            ):
                return job
            time.sleep(0.05)
        raise AssertionError(f"not so after {PATIENCE_S} s: {job}; {self.server.read_log()}")


def statuses(job: Any) -> list[tuple[str, str]]:
    """Who got what, in a job's reports."""
    return [(each["destination"], each["status"]) for each in job["reports"]]
