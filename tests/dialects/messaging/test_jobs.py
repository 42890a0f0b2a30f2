"""Jobs with many recipients, and what requests may look like beside the contract's examples."""

import asyncio
import base64
import datetime
from typing import Any

import pytest

from tests.core.messaging.jobs import answer, claim_all
from tests.dialects.messaging.job_cases import FAX, MAP, RECORDING, make, post, sms
from turnout.core.identity.organizations import get_organization_of, set_file_quota
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId
from turnout.core.messaging.listing import RECIPIENTS_AT_ONCE
from turnout.core.messaging.outcomes import Accepted, Reply
from turnout.core.messaging.replies import receive_replies
from turnout.core.messaging.staging import SLICE

MANY = 2 * RECIPIENTS_AT_ONCE + 1


def recipients(count: int) -> list[dict[str, str]]:
    return [
        {"destination": f"+614{n:08}", "reference": f"r{n}", "field": f"v{n}"} for n in range(count)
    ]


def view(node, people, job_id: JobId, who: str = "acct") -> dict[str, Any]:
    answer = people.ask(who, "GET", f"/jobs/{job_id}").send(node)
    assert answer.status == 200
    return answer.json()["data"]


def listed(node, people, who: str = "acct") -> list[dict[str, Any]]:
    return people.ask(who, "GET", "/jobs").send(node).json()["data"]


@pytest.mark.parametrize("count", [SLICE, SLICE + 1, MANY])
def test_all_recipients_of_a_job_are_there_in_their_order(node, people, count):
    given = recipients(count)

    job = view(node, people, make(node, people, sms(recipients=given)))

    assert job["total_recipients"] == count
    assert job["recipients"] == [
        {
            "destination": recipient["destination"],
            "reference": recipient["reference"],
            "recipient": f"Recipient {number}",
            "field": recipient["field"],
        }
        for number, recipient in enumerate(given, 1)
    ]
    assert [report["reference"] for report in job["reports"]] == [r["reference"] for r in given]


def test_a_long_answer_is_what_a_short_one_is(node, people):
    short = view(node, people, make(node, people, sms(recipients=recipients(1))))
    long = view(node, people, make(node, people, sms(recipients=recipients(MANY))))
    assert list(long) == list(short)
    assert list(long["reports"][-1]) == list(short["reports"][0])
    counts = {"total_recipients": 1, "recipients": short["recipients"]}
    differing = {"job_id": short["job_id"], "reports": short["reports"]}
    assert long | counts | differing == short


def test_a_fault_in_the_last_of_many_recipients_leaves_nothing(node, people):
    given = [*recipients(MANY), {"reference": "nowhere"}]
    answer = post(people, sms(recipients=given)).send(node)
    fault = f"Validation failed: The recipients.{MANY}.destination field is required."
    assert (answer.status, answer.json()["errors"]) == (422, fault)
    assert listed(node, people) == []


def test_duplicates_are_left_out_across_slices(node, people):
    given = recipients(SLICE + 5) + recipients(SLICE + 5)
    job = view(node, people, make(node, people, sms(recipients=given, dedupe=1)))
    assert job["total_recipients"] == SLICE + 5


def test_a_long_job_beyond_the_limit_is_refused_and_not_seen(node, people):
    limit = people.ask("admin", "PUT", "/users/{acct}", {"monthly_limit": 100})
    assert limit.send(node).status == 200
    answer = post(people, sms(recipients=recipients(SLICE * 2))).send(node)
    assert (answer.status, answer.json()["errors"]) == (422, "Monthly limit exceeded.")
    assert listed(node, people) == []


def test_a_long_job_is_made_once_however_often_it_is_sent(node, people):
    request = post(people, sms(recipients=recipients(SLICE + 1)))
    request.headers["Idempotency-Key"] = "long"

    async def send() -> list[Any]:
        sent = [
            node.client.send("POST", request.target, headers=request.headers, body=request.body)
            for _ in range(3)
        ]
        return await asyncio.gather(*sent)

    answers = [*node.client.run(send()), request.send(node)]
    assert [answer.status for answer in answers] == [200] * 4
    assert len({answer.json()["data"] for answer in answers}) == 1
    assert len(listed(node, people)) == 1


def test_user_list_ids_in_every_form(node, people):
    live = b'"event:1:checked?Diet=no%20pork, 5678"'
    for written in (b'"1234,5678"', b"1234,5678", b'["1234", 5678]', b'" 1234 , 5678 "', live):
        body = b'{"job_type": "tts", "message": "Hi", "user_list_ids": ' + written + b"}"
        answer = post(people, body).send(node)
        # There are no such lists, which is told only of ids that were understood.
        assert answer.json() in (
            {"status": 200, "data": answer.json().get("data")},
            {
                "status": 422,
                "errors": "Validation failed: The selected user_list_ids is invalid.",
            },
        )


def test_types_go_by_nine_names_in_any_case(node, people):
    shown = {
        "eMail": "Email",
        "FAX": "Fax",
        "Sms": "SMS",
        "2 WAY SMS": "2 Way SMS",
        "mms": "MMS",
        "Text-To-Speech": "Text-to-speech",
        "TTS": "Text-to-speech",
        " 2  way tts ": "2 way TTS",
        "Voice": "Voice",
    }
    common = sms(from_email="a@example.com", text_message="Hi", files=[MAP])
    common["audiofile"] = RECORDING
    for name in shown:
        make(node, people, common | {"job_type": name})
    jobs = reversed(listed(node, people))
    assert [job["job_type"] for job in jobs] == list(shown.values())


def test_a_name_is_made_up_of_the_type(node, people):
    body = sms(from_email="a@example.com", text_message="Hi", files=[MAP])
    body["audiofile"] = RECORDING
    for job_type in ("email", "fax", "sms", "2 way sms", "mms", "tts", "2 way tts", "voice"):
        make(node, people, body | {"job_type": job_type})
    assert [
        job["job_name"].removeprefix("Rest API ") for job in reversed(listed(node, people))
    ] == [
        *("Email", "Fax", "SMS", "SMS", "MMS", "TTS", "TTS", "Voice"),
    ]


def test_files_up_to_20_megabytes_in_all(node, people):
    half = "A" * (10 * 1024 * 1024 * 4 // 3 // 4 * 4)
    body = FAX | {"files": [{"name": f"{n}.pdf", "base64content": half} for n in "ab"]}
    assert post(people, body).send(node).status == 200
    body["files"].append(MAP)
    body["files"].append({"name": "c.pdf", "base64content": "AAAA" * 20})
    answer = post(people, body).send(node)
    fault = "Validation failed: The files may not be greater than 20480 kilobytes."
    assert (answer.status, answer.json()["errors"]) == (422, fault)


def test_files_beyond_the_quota_are_refused_until_there_is_room(node, people):
    """The default quota is 5 GB; here the organization has one of its own."""
    slug = node.db.call(get_organization_of, people.company("acct")).slug
    node.db.call(set_file_quota, slug, 1_000_000, actor="test")
    kept, more = (
        FAX | {"files": [{"name": "a.pdf", "base64content": base64.b64encode(content).decode()}]}
        for content in (b"a" * 600_000, b"b" * 400_001)
    )
    assert post(people, kept).send(node).status == 200
    refused = post(people, more).send(node)
    fault = (
        "Validation failed: The files cannot be kept: your organization's room for files is full."
    )
    assert (refused.status, refused.json()) == (422, {"errors": fault, "status": 422})
    assert len(listed(node, people)) == 1
    assert post(people, kept).send(node).status == 200  # the same file takes no room again
    node.db.call(set_file_quota, slug, 1_000_001, actor="test")
    assert post(people, more).send(node).status == 200


def test_dates_with_a_zone_are_shown_in_the_users(node, people):
    scheduled = {
        "2027-02-01T09:30:00+01:00": "2027-02-01T19:30:00+11:00",
        "2027-02-01T08:30:00Z": "2027-02-01T19:30:00+11:00",
        "2027-02-01 19:30": "2027-02-01T19:30:00+11:00",
        "2027-07-01": "2027-07-01T00:00:00+10:00",
    }
    for given, shown in scheduled.items():
        job = view(node, people, make(node, people, sms(scheduled_date=given)))
        assert (job["scheduled_date"], job["send_date"]) == (shown, None)


@pytest.mark.parametrize(("count", "bad"), [(1, 0), (3, 2), (SLICE + 2, SLICE + 1)])
def test_a_text_that_merging_makes_too_long_is_refused(node, people, count, bad):
    before = len(listed(node, people))
    given = recipients(count)
    given[bad]["field"] = "x" * 5001
    body = sms(message="%%field%%" * 2, recipients=given)
    answer = post(people, body).send(node)
    sentence = f"The message of recipients.{bad} may not be greater than 10000 characters."
    assert answer.json() == {"status": 422, "errors": f"Validation failed: {sentence}"}
    assert len(listed(node, people)) == before
    given[bad]["field"] = "x" * 5000
    assert post(people, sms(message="%%field%%" * 2, recipients=given)).send(node).status == 200


def test_the_job_that_would_take_gigabytes_is_refused(node, people):
    given = [{"destination": f"a{n}@example.com", "a": "%%a%%" * 2000} for n in range(50)]
    body = {
        "job_type": "email",
        "from_email": "a@example.com",
        "text_message": "%%a%%" * 50_000,
        "recipients": given,
    }
    sentence = "The text_message of recipients.0 may not be greater than 2000000 characters."
    assert post(people, body).send(node).json() == {
        "status": 422,
        "errors": f"Validation failed: {sentence}",
    }


@pytest.mark.parametrize("count", [1, SLICE + 1])
def test_merge_fields_that_nobody_has_are_noted(node, people, count):
    given = recipients(count)
    given[-1]["City"] = "Perth"
    body = sms(
        recipients=given, message="%%recipient%% %%CITY%% %%feild%% %%unsubscribe%% 5%% x %%"
    )
    answer = post(people, body).send(node).json()
    assert answer["notes"] == ["No recipient has the field %%feild%%: it becomes empty text."]
    known = sms(recipients=given, message="%%city%%, 100%% sure %%Reference%%")
    assert set(post(people, known).send(node).json()) == {"status", "data"}


@pytest.mark.parametrize("count", [1, MANY])
def test_replies_are_an_addition_of_jobs_that_have_some(node, people, count):
    body = sms(job_type="2 way sms", recipients=recipients(count), message="Lunch?")
    job_id = make(node, people, body)
    assert "replies" not in view(node, people, job_id)
    while claimed := claim_all(node.db):
        answer(node.db, claimed, Accepted(is_final=True))
    [number] = node.db.call(
        lambda tx: tx.connection.execute(
            f"SELECT DISTINCT number FROM conversations WHERE job_id = {job_id}"
        ).fetchone()
    )
    said = Reply(carrier="net", sender="61400000000", recipient=number, text="Yes <3", at=0)
    node.db.call(receive_replies, [said])
    job = view(node, people, job_id)
    [reply] = job["replies"]
    moment = datetime.datetime.fromisoformat(reply.pop("received_date_time"))
    assert moment.timestamp() * 1000 == node.clock.now
    assert reply == {
        "report_id": job["reports"][0]["report_id"],
        "reference": "r0",
        "recipient": "Recipient 1",
        "destination": "61400000000",
        "response": "Yes <3",
    }


def test_a_job_that_waits_for_approval_says_so(node, people):
    def require(above: int) -> None:
        change = OrganizationChange(approval_above=above)
        node.db.call(change_organization, people.company("acct"), change, actor="test")

    require(2)
    try:
        made = post(people, sms(recipients=recipients(3))).send(node)
        few = make(node, people, sms(recipients=recipients(2)))
    finally:
        require(0)
    waits = "Waits for the approval of a second person of your organization."
    assert (made.status, made.json()["notes"]) == (200, [waits])
    job = view(node, people, made.json()["data"])
    assert (job["job_status"], job["approval"]) == ("Broadcast Submitted", "waiting")
    assert "approval" not in view(node, people, few)
