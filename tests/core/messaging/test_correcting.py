"""A second report that says otherwise corrects an end once; ids are found in any spelling."""

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job, new_job, post, rows
from turnout.core.ids import JobId
from turnout.core.messaging.correcting import NOTE
from turnout.core.messaging.model import Content, JobOptions, Status
from turnout.core.messaging.network_ids import TOLD_MS, forget_told_ids
from turnout.core.messaging.outcomes import Accepted, DeliveryReport
from turnout.core.messaging.receiving import match_early_reports, receive_reports

COUNTS = ("state", "sent", "failed", "cost_micros")
URL = "https://crm.example.com/told"


def accept(db, login, *ids: tuple[str, ...], **members) -> JobId:
    """A job whose recipients the network took under these ids."""
    job_id = post(db, login, new_job(**members), NUMBERS[: len(ids)])
    answer(db, claim_all(db), *(Accepted(names, len(names)) for names in ids))
    return job_id


def report(db, name: str, status: Status, notes: str = "", *, is_loose: bool = False) -> None:
    told = DeliveryReport(
        carrier="net", status=status, at=0, network_id=name, notes=notes, is_loose=is_loose
    )
    db.call(receive_reports, [told])


def ends(db, job_id: JobId) -> list[tuple[str, ...]]:
    return rows(db, job_id, "state", "status", "notes")


def callbacks(db, job_id: JobId) -> list[str]:
    statement = f"SELECT body FROM callbacks WHERE job_id = {job_id} ORDER BY id"
    found = db.call(lambda tx: tx.connection.execute(statement).fetchall())
    return [body for (body,) in found]


@pytest.fixture
def name(login) -> str:
    """An id that no other test has."""
    return f"told-{login.org_id}"


def test_a_message_that_failed_and_arrived_all_the_same(db, login, name):
    job_id = accept(db, login, (name,), (f"{name}-2",))
    report(db, name, Status.FAILED, "UNDELIV error 011")
    assert job(db, job_id, *COUNTS) == ("sending", 0, 1, 0)
    report(db, name, Status.SENT)
    assert ends(db, job_id)[0] == ("done", "SENT", NOTE.format(status="FAIL"))
    [(cost, sent_at), _] = rows(db, job_id, "cost_micros", "sent_at")
    assert (cost, sent_at is None) == (80_000, False)
    report(db, f"{name}-2", Status.SENT)
    assert job(db, job_id, *COUNTS) == ("complete", 2, 0, 160_000)


def test_nothing_is_charged_for_what_arrives_when_its_job_has_ended(db, login, name):
    job_id = accept(db, login, (name,))
    report(db, name, Status.FAILED)
    report(db, name, Status.SENT)
    assert ends(db, job_id) == [("done", "SENT", NOTE.format(status="FAIL"))]
    assert job(db, job_id, *COUNTS) == ("complete", 1, 0, 0)
    statement = f"SELECT reserved_micros FROM jobs WHERE id = {job_id}"
    assert tuple(db.call(lambda tx: tx.connection.execute(statement).fetchone())) == (0,)


def test_a_message_that_arrived_and_was_lost_after_all(db, login, name):
    job_id = accept(db, login, (name,))
    report(db, name, Status.SENT)
    report(db, name, Status.EXPIRED, "EXPIRED")
    notes = f"EXPIRED {NOTE.format(status='SENT')}"
    assert ends(db, job_id) == [("done", "EXPD", notes)]
    assert job(db, job_id, *COUNTS) == ("complete", 0, 1, 0)


def test_an_end_is_corrected_once(db, login, name):
    job_id = accept(db, login, (name,))
    for status in (Status.SENT, Status.SENT, Status.FAILED, Status.SENT, Status.FAILED):
        report(db, name, status)
    assert ends(db, job_id) == [("done", "FAIL", NOTE.format(status="SENT"))]
    assert job(db, job_id, *COUNTS) == ("complete", 0, 1, 0)
    assert db.call(match_early_reports, 100) == 0


def test_integrators_are_called_back_again(db, login, name):
    options = JobOptions(callback_url=URL, has_sms_callbacks=True)
    job_id = accept(db, login, (name,), options=options)
    report(db, name, Status.FAILED)
    report(db, name, Status.SENT)
    told = callbacks(db, job_id)
    assert ["Status=FAIL" in body for body in told] == [True, False]
    assert "Status=SENT" in told[1]


def test_of_several_parts_a_failure_stays(db, login, name):
    parts = (f"{name}-1", f"{name}-2")
    job_id = accept(db, login, parts, content=Content(text="x" * 161))
    report(db, parts[0], Status.FAILED, "no")
    report(db, parts[0], Status.SENT)
    report(db, parts[1], Status.SENT)
    assert ends(db, job_id) == [("done", "FAIL", "no")]


def test_a_part_that_is_lost_after_all_ends_its_message(db, login, name):
    parts = (f"{name}-1", f"{name}-2")
    job_id = accept(db, login, parts, content=Content(text="x" * 161))
    report(db, parts[0], Status.SENT)
    report(db, parts[0], Status.FAILED, "no")
    assert ends(db, job_id) == [("done", "FAIL", "no")]
    report(db, parts[1], Status.SENT)
    assert ends(db, job_id) == [("done", "FAIL", "no")]


def test_ids_are_found_however_a_report_spells_them(db, login, name):
    # As after a restart: the worker that sent does not know them any more.
    base = 0xABC000 + login.org_id * 16
    spelled = [f"{base:X}", f"0{base + 1:x}", str(base + 2), f"{name}-Q"]
    job_id = accept(db, login, *((id_,) for id_ in spelled))
    report(db, str(base), Status.SENT, is_loose=True)
    report(db, f"{base + 1:X}", Status.SENT, is_loose=True)
    report(db, f"00{base + 2:x}", Status.SENT, is_loose=True)
    report(db, f'"{name}-q"', Status.SENT, is_loose=True)
    assert [status for _, status, _ in ends(db, job_id)] == ["SENT"] * 4


def test_an_id_that_may_be_of_two_messages_is_of_none(db, login, name):
    job_id = accept(db, login, (f"{name}-a",), (f"{name}-A",))
    report(db, f"0{name}-a", Status.FAILED, is_loose=True)
    assert [status for _, status, _ in ends(db, job_id)] == ["QUED"] * 2


def test_short_numbers_are_not_read_in_another_base(db, login):
    other = 0x1000 + login.org_id % 1000
    job_id = accept(db, login, (str(other),))
    report(db, f"{other:x}" if f"{other:x}".isdigit() else "1", Status.FAILED, is_loose=True)
    assert [status for _, status, _ in ends(db, job_id)] == ["QUED"]
    report(db, str(other), Status.SENT)


def test_told_ids_are_forgotten_after_a_day(db, login, name):
    job_id = accept(db, login, (name,))
    report(db, name, Status.SENT)
    assert db.call(forget_told_ids, 100) == 0
    age = f"UPDATE network_ids SET told_at = told_at - {TOLD_MS} - 1 WHERE network_id = '{name}'"
    db.call(lambda tx: tx.connection.execute(age))
    assert db.call(forget_told_ids, 100) == 1
    report(db, name, Status.FAILED)
    assert ends(db, job_id) == [("done", "SENT", "")]
