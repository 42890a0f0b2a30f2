"""Did Jane get it: everything that was sent to one address, with each message's story."""

import re

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, make_login, new_job, post
from tests.support.builder import make_organization
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging.model import Content, JobOptions, JobType, Medium, Status
from turnout.core.messaging.opt_outs import add_opt_out
from turnout.core.messaging.outcomes import Accepted, DeliveryReport, Rejected, Reply, Retry
from turnout.core.messaging.receiving import receive_reports
from turnout.core.messaging.replies import receive_replies
from turnout.core.messaging.suppression import add_suppression
from turnout.core.timeline.deliveries import Findings, Step, find_messages
from turnout.errors import Invalid
from turnout.store import Statements

LATER = 60_000


@pytest.fixture
def login(db, org_id):
    return db.call(make_login, org_id, f"{org_id}/jo", receive_reports=False)


def find(db, org_id, address, limit=20) -> Findings:
    return db.look(find_messages, org_id, address, limit=limit)


def test_a_message_has_its_whole_story(db, login, org_id, node):
    options = JobOptions(callback_url="https://example.com/told", has_sms_callbacks=True)
    job_id = post(db, login, new_job(JobType.TWO_WAY_SMS, options=options), NUMBERS[:2])
    node.clock.now += 1000
    answer(db, claim_all(db), Retry(1, "throttled"), Accepted(is_final=True))
    node.clock.now += LATER
    answer(db, claim_all(db), Accepted(("n1",)))
    node.clock.now += 1000
    report = DeliveryReport(carrier="net", status=Status.SENT, at=0, network_id="n1")
    db.call(receive_reports, [report])
    node.clock.now += 1000
    said = Reply(carrier="net", sender="61412340000", recipient="61400000100", text="x", at=0)
    db.call(receive_replies, [said])

    [(message, steps)] = find(db, org_id, "+61 (0)412 340 000").stories

    assert (message.job_id, message.destination, message.status) == (job_id, NUMBERS[0], "SENT")
    told = [Step(step.at - node.clock.now, *step[1:]) for step in steps]
    assert told == [
        Step(-63_000, "accepted", f"by {org_id}/jo"),
        Step(-62_000, "attempt 1: retry", "throttled"),
        Step(-2000, "handed over", "taken by net"),
        Step(-1000, "SENT"),
        Step(-1000, "callback", "waiting"),
        Step(0, "callback", "waiting"),
        Step(0, "replied", steps[-1].said),
    ]


def test_messages_of_all_jobs_and_channels_are_found_newest_first(db, login, org_id):
    first = post(db, login, new_job(), NUMBERS[:1])
    second = post(db, login, new_job(JobType.TTS), NUMBERS[:1])
    third = post(db, login, new_job(JobType.FAX, content=Content()), NUMBERS[:1])
    post(db, login, new_job(), NUMBERS[1:2])

    def found(limit=20):
        stories = find(db, org_id, NUMBERS[0], limit).stories
        return [(story.message.job_id, story.message.job_type) for story in stories]

    assert found() == [(third, JobType.FAX), (second, JobType.TTS), (first, JobType.SMS)]
    assert found(1) == [(third, JobType.FAX)]


def test_national_numbers_are_read_in_the_organizations_country(db, login, org_id):
    change = OrganizationChange(country_code="AU")
    db.call(change_organization, org_id, change, actor="test")
    job_id = post(db, login, new_job(), ["0412 340 000"])
    [story] = find(db, org_id, "(0412) 340-000").stories
    assert story.message.job_id == job_id


def test_what_keeps_messages_from_an_address_is_told(db, login, org_id):
    job_id = post(db, login, new_job(JobType.EMAIL), ["Jane@Example.com"])
    gone = Rejected(Status.BOUNCED, "no such user", is_gone=True)
    answer(db, claim_all(db, "email"), gone)
    db.call(add_opt_out, org_id, Medium.EMAIL, "jane@example.com", actor="test")

    found = find(db, org_id, " jane@EXAMPLE.com")

    assert [story.steps[-1].said for story in found.stories] == ["no such user"]
    assert [(out.medium, out.source) for out in found.opt_outs] == [(Medium.EMAIL, "cli")]
    assert [(entry.reason, entry.notes, entry.job_id) for entry in found.suppressions] == [
        ("bounce", "no such user", job_id)
    ]


def test_each_refusal_of_a_number_is_told(db, login, org_id):
    for medium in (Medium.CALL, Medium.SMS):
        db.call(add_opt_out, org_id, medium, NUMBERS[0], actor="test")
    found = find(db, org_id, NUMBERS[0])
    assert (found.stories, found.suppressions) == ([], [])
    assert [out.medium for out in found.opt_outs] == [Medium.SMS, Medium.CALL]


def test_nothing_of_another_organization_is_found(db, login, org_id):
    post(db, login, new_job(), NUMBERS[:1])
    db.call(add_suppression, org_id, "jane@example.com", actor="test")
    other = db.call(make_organization, f"other-{org_id}")
    assert find(db, other, NUMBERS[0]) == Findings([], [], [])
    assert find(db, other, "jane@example.com") == Findings([], [], [])


@pytest.mark.parametrize("address", ["", "Jane", "%%", "12x"])
def test_what_is_no_address_is_refused(db, org_id, address):
    with pytest.raises(Invalid) as refusal:
        find(db, org_id, address)
    assert refusal.value.code == "message.address"


CROWD = """
    INSERT INTO recipients (org_id, job_id, id, reference, name, destination, address, fields,
        state)
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
    SELECT {org_id}, {job_id}, CAST({job_id} AS BIGINT) * 100000 + n, '', '', '', '4912345' || n,
        '{{}}', 'waiting' FROM n"""
CALLS = """
    INSERT INTO callbacks (org_id, id, uuid, job_id, recipient_id, url, host, body, carrier, state,
        created_at, give_up_at)
    SELECT org_id, id, '', job_id, id, '', '', '', '', 'failed', 1, 1 FROM recipients
    WHERE org_id = {org_id}"""
STATEMENTS = {found.name: found for found in Statements.registry["turnout.core.timeline"]}


def test_one_message_of_very_many_is_found_by_indexes(db, login, org_id, node):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    for filling in (CROWD.format(org_id=org_id, job_id=job_id), CALLS.format(org_id=org_id)):
        node.execute(filling)
    node.execute("ANALYZE recipients")
    node.execute("ANALYZE callbacks")
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (ANALYZE, BUFFERS)"}
    values = {"org_id": org_id, "address": "49123457", "limit": 20, "recipient_id": 7}

    def plan(name: str) -> str:
        query = f"{explain[db.backend]} {STATEMENTS[name].text[db.backend]}"
        rows = db.call(lambda tx: tx.connection.execute(query, values).fetchall())
        return "\n".join(str(row[-1]) for row in rows)

    indexes = {"list_sent": "recipients_address", "list_callback_tries": "callbacks_recipient"}
    for name, index in indexes.items():
        told = plan(name)
        assert index in told
        if db.backend == "postgresql":
            buffers = re.findall(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", told)
            assert sum(map(int, filter(None, buffers[0]))) <= 12, told
