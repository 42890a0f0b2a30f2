"""A second report that says otherwise corrects an end once; ids are found in any spelling."""

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.core.messaging.test_spending import spent
from turnout.core.ids import JobId
from turnout.core.messaging.correcting import NOTE
from turnout.core.messaging.credit import add_credit, end_credit, get_credit
from turnout.core.messaging.model import Content, JobOptions, Status
from turnout.core.messaging.network_ids import TOLD_MS, forget_told_ids
from turnout.core.messaging.outcomes import Accepted, DeliveryReport, Rejected
from turnout.core.messaging.receiving import match_early_reports, receive_reports
from turnout.core.messaging.usage import list_usage
from turnout.errors import Invalid

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


def test_what_arrives_when_its_job_has_ended_is_charged_and_given_back(db, login, name):
    job_id = accept(db, login, (name,))
    report(db, name, Status.FAILED)
    report(db, name, Status.SENT)
    assert ends(db, job_id) == [("done", "SENT", NOTE.format(status="FAIL"))]
    assert job(db, job_id, *COUNTS) == ("complete", 1, 0, 80_000)
    assert (*job(db, job_id, "reserved_micros"), spent(db, login)) == (80_000, 80_000)
    [usage] = db.call(list_usage, login.org_id, "", "UTC")
    assert (usage.sent, usage.parts, usage.cost_micros) == (1, 1, 80_000)


def test_the_limit_may_be_exceeded_by_corrections_and_then_nothing_is_accepted(db, org_id, name):
    limited = db.call(
        make_login, org_id, f"au/corrected-{db.backend}", monthly_limit=1, receive_reports=False
    )
    first = accept(db, limited, *((f"{name}-{n}",) for n in range(6)))
    for n in range(6):
        report(db, f"{name}-{n}", Status.FAILED)
    assert spent(db, limited) == 0
    post(db, limited, new_job(), NUMBERS[:12])
    for n in range(6):
        report(db, f"{name}-{n}", Status.SENT)
    assert (job(db, first, "sent", "cost_micros"), spent(db, limited)) == (
        (6, 480_000),
        1_440_000,
    )
    with pytest.raises(Invalid, match="The limit of messages for this month is reached"):
        post(db, limited, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), Rejected(Status.BLOCKED, "no"))
    assert spent(db, limited) == 480_000
    post(db, limited, new_job(), NUMBERS[:1])


def test_prepaid_credit_follows_corrections_and_may_fall_below_zero(db, org_id, name):
    login = db.call(make_login, org_id, f"au/prepaid-{db.backend}", receive_reports=False)
    db.call(add_credit, org_id, 80_000, "", actor="test")
    accept(db, login, (name,))
    report(db, name, Status.FAILED)
    post(db, login, new_job(), NUMBERS[1:2])
    report(db, name, Status.SENT)
    assert db.call(get_credit, org_id).balance_micros == -80_000
    assert db.call(add_credit, org_id, 50_000, "", actor="test").balance_micros == -30_000
    with pytest.raises(Invalid, match="prepaid credit does not cover"):
        post(db, login, new_job(), NUMBERS[2:3])
    answer(db, claim_all(db), Rejected(Status.BLOCKED, "no"))
    assert db.call(get_credit, org_id).balance_micros == 50_000
    db.call(end_credit, org_id, actor="test")


def test_prepaid_credit_is_put_back_for_what_was_lost_after_all(db, org_id, name):
    login = db.call(make_login, org_id, f"au/lost-{db.backend}", receive_reports=False)
    db.call(add_credit, org_id, 100_000, "", actor="test")
    accept(db, login, (name,))
    report(db, name, Status.SENT)
    assert db.call(get_credit, org_id).balance_micros == 20_000
    report(db, name, Status.FAILED)
    assert db.call(get_credit, org_id).balance_micros == 100_000
    db.call(end_credit, org_id, actor="test")


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
