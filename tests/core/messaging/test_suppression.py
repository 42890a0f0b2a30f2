"""Addresses that mail came back from, or whose owners complained, are not written to again."""

import pytest

from tests.core.messaging.jobs import answer, claim_all, new_job, post, rows
from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.messaging.delivering import SUPPRESSED
from turnout.core.messaging.model import (
    Content,
    JobOptions,
    JobType,
    Kind,
    NewRecipient,
    Purpose,
    Status,
)
from turnout.core.messaging.outcomes import Accepted, DeliveryReport, Rejected
from turnout.core.messaging.receiving import receive_reports
from turnout.core.messaging.staging import add_internal_job
from turnout.core.messaging.suppression import (
    Reason,
    add_suppression,
    keep_suppression_hash,
    list_suppressions,
    remove_suppression,
    suppress,
)
from turnout.errors import Invalid, Missing

SENT = Accepted((), 1, is_final=True)
JO = "Jo@Example.com"


def post_mail(db, login, *to: str, purpose: Purpose = Purpose.MARKETING):
    content = Content(subject="News", text="Hi")
    new = new_job(JobType.EMAIL, content=content, options=JobOptions(purpose=purpose))
    return post(db, login, new, to)


def send_mail(db, login, *to: str, outcome=SENT, purpose: Purpose = Purpose.MARKETING):
    job_id = post_mail(db, login, *to, purpose=purpose)
    answer(db, claim_all(db, "email"), outcome)
    return rows(db, job_id, "status", "notes")


def kept(db, org_id):
    found = db.call(list_suppressions, org_id, 100)
    return [(entry.address, entry.reason.value, entry.notes) for entry in found]


def test_an_address_that_is_gone_is_not_written_to_again(db, login):
    gone = Rejected(Status.BOUNCED, "RCPT: 550 5.1.1 User unknown", is_gone=True)
    assert send_mail(db, login, JO, outcome=gone) == [("BOUN", "RCPT: 550 5.1.1 User unknown")]
    assert kept(db, login.org_id) == [("jo@example.com", "bounce", "RCPT: 550 5.1.1 User unknown")]
    refused = [("BOUN", SUPPRESSED[Reason.BOUNCE])]
    assert send_mail(db, login, "jo@EXAMPLE.com", "bo@example.com") == [*refused, ("SENT", "")]
    assert send_mail(db, login, JO, purpose=Purpose.SERVICE) == refused
    notice = db.call(
        add_internal_job, login.org_id, None, kind=Kind.NOTICE, job_type=JobType.EMAIL,
        name="Ticket", content=Content(subject="a", text="b"), recipients=[NewRecipient(JO)],
    )  # fmt: skip
    answer(db, claim_all(db, "email"), SENT)
    assert rows(db, notice, "status", "notes") == refused


def test_a_full_mailbox_is_written_to_again(db, login):
    full = Rejected(Status.BOUNCED, "RCPT: 552 5.2.2 full")
    send_mail(db, login, JO, outcome=full)
    assert kept(db, login.org_id) == []
    assert send_mail(db, login, JO) == [("SENT", "")]


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_bounce_that_comes_later_counts_too(db, login, is_gone):
    job_id = post_mail(db, login, JO)
    answer(db, claim_all(db, "email"), SENT)
    ((attempt_id,),) = rows(db, job_id, "id")
    report = DeliveryReport(
        carrier="smtp", status=Status.BOUNCED, at=0, attempt_id=attempt_id, notes="gone",
        is_gone=is_gone,
    )  # fmt: skip
    db.call(receive_reports, [report])
    assert rows(db, job_id, "status", "notes") == [("BOUN", "gone")]
    assert kept(db, login.org_id) == [("jo@example.com", "bounce", "gone")] * is_gone


def test_a_complaint_ends_mailings_and_not_service(db, login):
    job_id = post_mail(db, login, JO)
    answer(db, claim_all(db, "email"), SENT)
    ((attempt_id,),) = rows(db, job_id, "id")
    report = DeliveryReport(
        carrier="smtp", status=Status.BOUNCED, at=0, attempt_id=attempt_id,
        notes="jo@example.com: complaint (abuse)", is_complaint=True,
    )  # fmt: skip
    db.call(receive_reports, [report])
    said = "Its receiver complained: jo@example.com: complaint (abuse)"
    assert rows(db, job_id, "status", "notes") == [("SENT", said)]
    assert send_mail(db, login, JO) == [("OPTO", SUPPRESSED[Reason.COMPLAINT])]
    assert send_mail(db, login, JO, purpose=Purpose.SERVICE) == [("SENT", "")]


def test_a_bounce_counts_for_more_than_a_complaint(db, org_id):
    assert db.call(suppress, org_id, JO, Reason.COMPLAINT, notes="a")
    assert db.call(suppress, org_id, JO, Reason.BOUNCE, notes="b")
    assert not db.call(suppress, org_id, JO, Reason.COMPLAINT, notes="c")
    assert kept(db, org_id) == [("jo@example.com", "bounce", "b")]


def test_operators_add_and_remove(db, login):
    org_id = login.org_id
    assert db.call(add_suppression, org_id, JO, actor="op")
    assert not db.call(add_suppression, org_id, "jo@example.com", actor="op")
    assert send_mail(db, login, JO) == [("OPTO", SUPPRESSED[Reason.MANUAL])]
    db.call(remove_suppression, org_id, "JO@example.com", actor="op")
    assert send_mail(db, login, JO) == [("SENT", "")]
    with refuses(Missing, "suppression.missing", address=JO):
        db.call(remove_suppression, org_id, JO, actor="op")
    with refuses(Invalid, "suppression.address", address="jo"):
        db.call(add_suppression, org_id, "jo", actor="op")
    entries = db.call(list_entries, org_id, "suppression", 0)
    assert [entry.action for entry in entries] == ["added", "removed"]


def test_an_erased_persons_address_stays_as_a_hash(db, login):
    db.call(keep_suppression_hash, login.org_id, "jo@example.com", "bounce")
    ((address, reason, _),) = kept(db, login.org_id)
    assert (address[:5], reason) == ("hash:", "bounce")
    assert send_mail(db, login, JO) == [("BOUN", SUPPRESSED[Reason.BOUNCE])]
    db.call(remove_suppression, login.org_id, JO, actor="op")
    assert kept(db, login.org_id) == []
