"""A network that gives one id to several messages never has one of them end in place of another."""

import msgspec
import pytest
from structlog.testing import capture_logs

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, new_job, post, rows
from turnout.core.ids import JobId
from turnout.core.messaging.model import Status
from turnout.core.messaging.network_ids import KEPT_MS, SHARED, forget_shared_ids
from turnout.core.messaging.outcomes import Accepted, DeliveryReport
from turnout.core.messaging.receiving import match_early_reports, receive_reports

WARNING = "a network gave one id to several messages; its reports for it are not counted"
WAITING = ("accepted", "QUED", "")
SENT = ("done", "SENT", "")
UNNAMED = ("done", "SENT", SHARED)


def accept(db, login, to: list[str], *ids: tuple[str, ...]) -> JobId:
    """A job whose recipients the network took under these ids."""
    job_id = post(db, login, new_job(), to)
    answer(db, claim_all(db), *(Accepted(names, len(names)) for names in ids))
    return job_id


def report(db, name: str, status: Status = Status.FAILED) -> None:
    db.call(receive_reports, [DeliveryReport(carrier="net", status=status, at=0, network_id=name)])


def ends(db, job_id: JobId) -> list[tuple[str, ...]]:
    return rows(db, job_id, "state", "status", "notes")


@pytest.fixture
def name(login) -> str:
    """An id that no other test has."""
    return f"shared-{login.org_id}"


def test_one_id_for_all_of_a_batch_names_nobody(db, login, name):
    with capture_logs() as logs:
        job_id = accept(db, login, NUMBERS[:3], (name,), (name,), (f"{name}-own",))
    assert ends(db, job_id) == [UNNAMED, UNNAMED, WAITING]
    assert [(log["network_ids"], log["messages"]) for log in logs if log["event"] == WARNING] == [
        ([name], 2)
    ]
    report(db, name)
    report(db, f"{name}-own", Status.SENT)
    assert ends(db, job_id) == [UNNAMED, UNNAMED, SENT]


def test_one_id_for_two_jobs_names_nobody_and_goes_on_so(db, login, name):
    first = accept(db, login, NUMBERS[:1], (name,))
    assert ends(db, first) == [WAITING]
    second = accept(db, login, NUMBERS[1:2], (name,))
    report(db, name)
    third = accept(db, login, NUMBERS[2:3], (name,))
    assert [ends(db, name) for name in (first, second, third)] == [[UNNAMED]] * 3
    assert db.call(match_early_reports, 100) == 0


def test_the_id_of_a_message_that_has_ended_is_free(db, login, name):
    first = accept(db, login, NUMBERS[:1], (name,))
    report(db, name, Status.SENT)
    second = accept(db, login, NUMBERS[1:2], (name, f"{name}-2"))
    report(db, name, Status.FAILED)  # the first failure decides; the other id stays behind
    third = accept(db, login, NUMBERS[2:3], (f"{name}-2",))
    assert [ends(db, name) for name in (first, second, third)] == [
        [SENT],
        [("done", "FAIL", "")],
        [WAITING],
    ]
    report(db, f"{name}-2", Status.SENT)
    assert ends(db, third) == [SENT]


def test_one_id_for_all_parts_of_a_message_is_one_part(db, login, name):
    job_id = accept(db, login, NUMBERS[:1], (name, name, name))
    assert ends(db, job_id) == [WAITING]
    report(db, name, Status.SENT)
    assert ends(db, job_id) == [SENT]


def test_an_early_report_for_a_shared_id_ends_nobody(db, login, name):
    report(db, name)
    job_id = accept(db, login, NUMBERS[:2], (name,), (name,))
    assert db.call(match_early_reports, 100) == 0
    assert ends(db, job_id) == [UNNAMED, UNNAMED]


def test_a_shared_id_is_free_when_no_report_can_come_any_more(db, login, name):
    accept(db, login, NUMBERS[:2], (name,), (name,))
    assert db.call(forget_shared_ids, 100) == 0
    age = (
        f"UPDATE network_ids SET shared_at = shared_at - {KEPT_MS} - 1 WHERE network_id = '{name}'"
    )
    db.call(lambda tx: tx.connection.execute(age))
    assert db.call(forget_shared_ids, 100) == 1
    job_id = accept(db, login, NUMBERS[2:3], (name,))
    assert ends(db, job_id) == [WAITING]


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("", SENT),
        (NUMBERS[0].lstrip("+"), SENT),
        (f"0{NUMBERS[0][3:]}", SENT),
        (NUMBERS[1].lstrip("+"), WAITING),
        (NUMBERS[0][-4:], WAITING),
    ],
)
def test_a_report_about_somebody_else_changes_nothing(db, login, name, address, end):
    own = f"{name}-{address}"
    told = DeliveryReport(carrier="net", status=Status.SENT, at=0, network_id=own, address=address)
    job_id = accept(db, login, NUMBERS[:1], (own,))
    db.call(receive_reports, [told])
    assert ends(db, job_id) == [end]
    # The same where it comes before its id is known.
    early = msgspec.structs.replace(told, network_id=f"{own}-early")
    db.call(receive_reports, [early])
    job_id = accept(db, login, NUMBERS[:1], (f"{own}-early",))
    assert ends(db, job_id) == [end]
