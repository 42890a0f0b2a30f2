"""A user of the messaging API on a real server, and what that user asks it.

make_user(url)
with Server(tmp_path, database_url=url, command=("serve",), **smtp_settings(sink)) as server:
    job_id = call(server, "POST", "/jobs", body, key="once")
    job = wait_until_complete(server, job_id, 30)
"""

import time
from collections.abc import Callable
from typing import Any

from tests.dialects.messaging.people import HASH, PASSWORD, basic
from tests.support.builder import make_organization
from tests.support.mail_sink import MailSink
from tests.support.server import Server
from turnout.core.identity.model import Profile, User
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId
from turnout.settings import Settings
from turnout.store import Tx, open_database

USER = "au/jo"
NO_REPORTS = Profile(receive_reports=False)
POLL_S = 0.1


def make_user(url: str, profile: Profile = NO_REPORTS) -> int:
    """An organization with one user; its number."""
    db = open_database(Settings(database_url=url))
    try:
        return db.call(_make, profile)
    finally:
        db.close()


def _make(tx: Tx, profile: Profile) -> int:
    org_id = make_organization(tx, "acme")
    add_user(tx, org_id, profile)
    return org_id


def add_user(tx: Tx, org_id: OrgId, profile: Profile = NO_REPORTS) -> User:
    """The user in an organization that there is, who gets no reports unless the profile says so."""
    return create_user(
        tx,
        org_id,
        USER,
        name="Jo",
        email="jo@example.com",
        profile=profile,
        password_hash=HASH,
        actor="test",
    )


def call(server: Server, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
    """What the API answers the user under `data`; `key` is an idempotency key."""
    headers = basic(USER, PASSWORD) | ({"Idempotency-Key": key} if key else {})
    answer = server.ask(method, f"/api/v1{path}", headers=headers, json=body)
    assert answer.status == 200, answer
    return answer.json()["data"]


def email_job(destinations: list[str]) -> dict[str, Any]:
    """A body of POST /jobs that mails these."""
    return {
        "job_type": "email",
        "job_name": "Broadcast",
        "from_email": "events@example.com",
        "subject": "Hello",
        "text_message": "See you",
        "recipients": [{"destination": destination} for destination in destinations],
    }


def smtp_settings(sink: MailSink, *, connections: int) -> dict[str, Any]:
    """The settings of a server that mails to a sink, over so many connections at once."""
    return {
        "carrier_email": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": sink.port,
        "smtp_tls": "off",
        "smtp_connections": connections,
    }


def wait_until_complete(
    server: Server, patience_s: float, between: Callable[[], object] = lambda: None
) -> Any:
    """The user's only job, once it is complete. `between` is called again and again."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        between()
        (job,) = call(server, "GET", "/jobs")
        if job["job_status"] == "Complete":
            return job
        time.sleep(POLL_S)
    raise AssertionError(f"not complete after {patience_s} s: {job}; {server.read_log()[-3000:]}")
