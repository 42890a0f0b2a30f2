"""What a process leaves that dies with messages handed over and not recorded."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    PATIENCE,
    PRICES,
    claim_all,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from turnout.core.ids import JobId
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected, Retry, Unknown
from turnout.core.messaging.recording import Result
from turnout.workers.journal import Journal, find_folder, record_what_is_left

SENT = Accepted((), 1, is_final=True)
ORGS = iter(range(1, 10_000))


@pytest.fixture
def db(node: LocalNode):
    return node.db


@pytest.fixture
def login(db):
    org_id = db.call(make_organization, f"journal{next(ORGS)}")
    return db.call(make_login, org_id, f"j/{org_id}")


def take(db, login, *outcomes: Outcome) -> tuple[JobId, list[Result]]:
    """A job whose recipients were claimed, and answered so."""
    job_id = post(db, login, new_job(), NUMBERS[: len(outcomes)])
    [job] = [job for job in claim_all(db) if job.head.id == job_id]
    return job_id, [
        Result(job.head, recipient, "net", outcome)
        for recipient, outcome in zip(job.recipients, outcomes, strict=True)
    ]


def die_with(folder: Path, results: list[Result]) -> None:
    """Note these, and lose the lock as a process does that is killed."""

    async def scenario() -> None:
        journal = Journal(folder)
        journal.note(results)
        await asyncio.sleep(0.02)
        os.close(journal._fd)

    asyncio.run(scenario())


def recover(db, folder: Path) -> None:
    asyncio.run(record_what_is_left(db, folder, PRICES, PATIENCE))


def test_what_was_sent_is_recorded_by_the_next_process(db, login, tmp_path):
    job_id, results = take(
        db, login, SENT, Accepted((f"left-{login.org_id}",)), Unknown("broken"), Retry(1, "busy"),
        Rejected(Status.FAILED, "no"),
    )  # fmt: skip
    die_with(tmp_path / "sent", results)
    recover(db, tmp_path / "sent")
    found = rows(db, job_id, "state", "status", "carrier", "cost_micros")
    assert found == [
        ("done", "SENT", "net", 80_000),
        ("accepted", "QUED", "net", 80_000),
        ("done", "SVRE", "net", 0),
        ("claimed", "QUED", "", 0),
        ("claimed", "QUED", "", 0),
    ]
    assert list((tmp_path / "sent").iterdir()) == []
    recover(db, tmp_path / "sent")


def test_what_was_recorded_before_changes_nothing_again(db, login, tmp_path):
    job_id, results = take(db, login, SENT, Unknown("broken"))
    die_with(tmp_path / "one", results)
    die_with(tmp_path / "two", results)
    recover(db, tmp_path / "one")
    before = rows(db, job_id, "state", "status", "notes", "done_at")
    recover(db, tmp_path / "two")
    assert rows(db, job_id, "state", "status", "notes", "done_at") == before


def test_the_file_of_a_process_that_lives_is_left_alone(db, login, tmp_path):
    job_id, results = take(db, login, SENT)

    async def scenario() -> None:
        journal = Journal(tmp_path)
        journal.note(results)
        await asyncio.sleep(0.02)
        await record_what_is_left(db, tmp_path, PRICES, PATIENCE)
        [path] = tmp_path.glob("*.journal")
        assert path.stat().st_size > 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        journal.begin()
        journal.cut()
        assert path.stat().st_size == 0
        journal.close()
        assert not path.exists()

    asyncio.run(scenario())
    assert rows(db, job_id, "state") == [("claimed",)]


def test_only_what_is_recorded_is_cut_off(login, db, tmp_path):
    job_id, results = take(db, login, SENT, SENT)

    async def scenario() -> None:
        journal = Journal(tmp_path)
        journal.note(results[:1])
        journal.begin()
        journal.note(results[1:])
        await asyncio.sleep(0.02)
        journal.cut()
        os.close(journal._fd)

    asyncio.run(scenario())
    recover(db, tmp_path)
    assert rows(db, job_id, "state") == [("claimed",), ("done",)]


def test_half_a_line_and_jobs_that_are_gone_cost_the_others_nothing(db, login, tmp_path):
    job_id, results = take(db, login, SENT)
    die_with(tmp_path, results)
    [path] = tmp_path.glob("*.journal")
    whole = path.read_bytes()
    gone = whole.replace(str(job_id).encode(), b"99999999")
    path.write_bytes(gone + b"rubbish\n" + whole + whole[:20])
    recover(db, tmp_path)
    assert rows(db, job_id, "state") == [("done",)]


def test_a_folder_of_somebody_else_is_not_used(db, login, tmp_path, capfd):
    folder = tmp_path / "sent"
    folder.symlink_to(tmp_path)
    _, results = take(db, login, SENT)

    async def scenario() -> None:
        journal = Journal(folder)
        journal.note(results)
        journal.begin()
        await record_what_is_left(db, folder, PRICES, PATIENCE)

    asyncio.run(scenario())
    assert list(tmp_path.glob("*.journal")) == []


def test_where_the_files_are():
    assert find_folder("sqlite:////var/lib/t/turnout.db") == Path("/var/lib/t/turnout.db-sent")
    one, two = (find_folder(f"postgresql://h/{name}") for name in ("one", "two"))
    assert one != two
