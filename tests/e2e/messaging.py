"""A real server with an organization and a user, and what is asked of its messaging API."""

import time
from pathlib import Path
from typing import Any

from tests.support.messaging import call, make_user
from tests.support.node import new_database
from tests.support.server import Server
from turnout.core.identity.model import Profile
from turnout.core.ids import JobId

PATIENCE_S = 60


class Messaging:
    """`turnout serve` on a database of its own; `profile` is what its one user has set."""

    def __init__(self, folder: Path, profile: Profile, **settings: Any) -> None:
        self.url = url = new_database("sqlite", folder)
        self.org_id = make_user(url, profile)
        self.server = Server(folder, database_url=url, command=("serve",), **settings)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers under `data`."""
        return call(self.server, method, path, body)

    def post_job(self, **members: Any) -> JobId:
        job_id: JobId = self.call("POST", "/jobs", members)
        return job_id

    def wait_for_job(self, job_id: JobId, **wanted: Any) -> Any:
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
    return [(report["destination"], report["status"]) for report in job["reports"]]
