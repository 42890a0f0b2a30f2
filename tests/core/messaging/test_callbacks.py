"""What integrators are told, letter by letter as the contract has it."""

import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.core.messaging.jobs import POLICY, answer, claim_all, make_login, new_job
from tests.dialects.messaging.document import DOCUMENT
from turnout.core.callbacks.model import Busy, Limits, Turns
from turnout.core.callbacks.outbox import claim_callbacks
from turnout.core.identity.organizations import create_organization
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.model import JobOptions, JobType, NewRecipient, Status
from turnout.core.messaging.outcomes import Accepted, DeliveryReport, Rejected, Reply
from turnout.core.messaging.receiving import receive_reports
from turnout.core.messaging.replies import receive_replies

HOOK = "https://myserver.example.com/callback"
# The instant of the contract's examples, 2023-10-24T12:02:52+11:00, some years later.
AT = datetime.datetime(2027, 10, 24, 1, 2, 52, tzinfo=datetime.UTC)
TIMESTAMP = "2027-10-24T12%3A02%3A52%2B11%3A00"
TO = NewRecipient("61498765432", reference="Customer 123", name="Jane Smith")
LANES = {JobType.SMS: "sms", JobType.TWO_WAY_SMS: "sms", JobType.MMS: "mms"}
LANES |= {JobType.TTS: "tts", JobType.VOICE: "voice", JobType.FAX: "fax", JobType.EMAIL: "email"}
ORGS = iter(range(1, 1000))


@pytest.fixture
def melbourne(node):
    org_id = node.db.call(
        create_organization,
        f"callbacks-{next(ORGS)}",
        "x",
        timezone="Australia/Melbourne",
        actor="test",
    ).org_id
    node.clock.advance(max(0, int(AT.timestamp()) - node.clock() // 1000))
    return node.db.call(
        make_login, org_id, f"au/hook{org_id}-{node.db.backend}", receive_reports=False
    )


def post(db, login, job_type: JobType, **options: Any) -> JobId:
    new = new_job(
        job_type,
        name="Quick Send",
        options=JobOptions(callback_url=HOOK, **options),
        sender="a@example.com" if job_type is JobType.EMAIL else "",
    )
    to = TO if job_type is not JobType.EMAIL else NewRecipient("jane@example.com")
    job_id: JobId = db.call(accept_job, login, new, [to], POLICY)
    return job_id


def bodies(db) -> list[str]:
    claimed = db.call(claim_callbacks, Busy(), Turns(), Limits(10, 10, 10), lease_ms=1000)[0]
    db.call(lambda tx: tx.connection.execute("UPDATE callbacks SET due_at = NULL"))
    for callback in claimed:
        check_webhook(callback.body)
    return [callback.body for callback in claimed]


def check_webhook(body: str) -> None:
    """Raise AssertionError unless the document's webhooks have this body, in this order."""
    values: dict[str, Any] = dict(parse_qsl(body, keep_blank_values=True))
    values["BroadcastID"] = int(values["BroadcastID"])
    for name, kind in (("Duration", int), ("Cost", float)):
        if name in values:
            values[name] = kind(values[name])
    kind_of = "SmsReply" if "Response" in values else "SmsReport"
    schema = DOCUMENT.get_component("schemas", "CallReport" if "Cost" in values else kind_of)
    DOCUMENT.check(schema, values)
    assert list(values) == [name for name in schema["properties"] if name in values]


@pytest.fixture(autouse=True)
def no_other_callbacks(node):
    node.execute("UPDATE callbacks SET due_at = NULL")


@pytest.mark.parametrize(
    ("job_type", "extra"),
    [
        (JobType.TTS, "Duration=57&Cost=0.2&Keypress=1&Voicemail=false&"),
        (JobType.VOICE, "Duration=57&Cost=0.0&Keypress=1&Voicemail=false&"),
        (JobType.FAX, "Duration=57&Cost=0.3&Keypress=1&"),
    ],
)
def test_a_call_or_fax_is_told_of(db, melbourne, job_type, extra):
    job_id = post(db, melbourne, job_type)
    answer(db, claim_all(db, LANES[job_type]), Accepted((f"n{job_id}",), 1))
    report = DeliveryReport(
        carrier="net",
        status=Status.SENT,
        at=1,
        network_id=f"n{job_id}",
        duration_s=57,
        keypress="1",
    )
    db.call(receive_reports, [report, report])
    assert bodies(db) == [
        f"BroadcastID={job_id}&Timestamp={TIMESTAMP}&Reference=Customer+123&Recipient=Jane+Smith"
        f"&Destination=61498765432&Status=SENT&{extra}BroadcastName=Quick+Send"
    ]


def test_a_machine_that_answered_is_told_of(db, melbourne):
    job_id = post(db, melbourne, JobType.TTS)
    answer(db, claim_all(db, "tts"), Accepted((f"v{job_id}",), 1))
    report = DeliveryReport(
        carrier="net", status=Status.SENT, at=1, network_id=f"v{job_id}", is_voicemail=True
    )
    db.call(receive_reports, [report])
    assert "&Duration=0&Cost=0.2&Voicemail=true&" in bodies(db)[0]


def test_a_reply_is_told_of(db, melbourne):
    job_id = post(db, melbourne, JobType.TWO_WAY_SMS)
    answer(db, claim_all(db), Accepted((), 1, is_final=True))
    assert bodies(db) == []  # not asked for
    reply = Reply(
        carrier="net",
        sender="61498765432",
        recipient=POLICY.reply_numbers[0],
        text="This is a reply",
        at=1,
    )
    db.call(receive_replies, [reply])
    assert bodies(db) == [
        f"BroadcastID={job_id}&Timestamp={TIMESTAMP}&Reference=Customer+123&Recipient=Jane+Smith"
        "&Destination=61498765432&Response=This+is+a+reply&BroadcastName=Quick+Send"
    ]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Accepted((), 1, is_final=True), "SENT"),
        (Rejected(Status.BLOCKED, "no"), "BARR"),
    ],
)
def test_a_text_is_told_of_where_that_was_asked_for(db, melbourne, outcome, status):
    job_id = post(db, melbourne, JobType.SMS, has_sms_callbacks=True)
    answer(db, claim_all(db), outcome)
    assert bodies(db) == [
        f"BroadcastID={job_id}&Timestamp={TIMESTAMP}&Reference=Customer+123&Recipient=Jane+Smith"
        f"&Destination=61498765432&Status={status}&BroadcastName=Quick+Send"
    ]


def test_mails_are_never_told_of(db, melbourne):
    post(db, melbourne, JobType.EMAIL, has_sms_callbacks=True)
    answer(db, claim_all(db, "email"), Accepted((), 1, is_final=True))
    assert bodies(db) == []
