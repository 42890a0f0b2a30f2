"""What happens to jobs by the clock: they start, lists become recipients, they are cut off."""

import datetime
from typing import Any

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    PRICES,
    answer,
    claim_all,
    job,
    new_job,
    post,
    rows,
)
from tests.core.messaging.test_lists import make_list
from tests.support.turns import run_schedules
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.lists import Entry
from turnout.core.messaging.model import JobOptions, JobType, NewRecipient, Person
from turnout.core.messaging.outcomes import Accepted
from turnout.core.messaging.staging import SLICE
from turnout.core.messaging.starting import to_recipient

SENT = Accepted((), 1, is_final=True)


def run_all(db, resolve: Any = None) -> int:
    steps = 0
    while db.call(run_schedules, resolve or no_live_list, PRICES):
        steps += 1
        assert steps < 1000
    return steps


def no_live_list(tx, org_id, list_id, cursor, limit):
    raise AssertionError(list_id)


def local(node, hours: float) -> str:
    """So many hours from now, as the API takes it (UTC)."""
    moment = datetime.datetime.fromtimestamp(node.clock() / 1000 + hours * 3600, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def test_a_scheduled_job_starts_when_it_is_due(db, login, node):
    job_id = post(db, login, new_job(scheduled_local=local(node, 2)), NUMBERS[:2])
    run_all(db)
    assert claim_all(db) == []
    assert job(db, job_id, "state", "started_at") == ("scheduled", None)
    node.clock.advance(2 * 3600 + 1)
    run_all(db)
    assert job(db, job_id, "state", "started_at") == ("sending", node.clock())
    assert [len(job_.recipients) for job_ in claim_all(db)] == [2]


def test_a_list_becomes_recipients_slice_by_slice(db, login):
    many = SLICE * 2 + 10
    entries = [
        Entry(recipient=f"R{n}", mobile=f"61412{n:06}", custom={"CustomField1": str(n)})
        for n in range(many)
    ]
    list_id = make_list(db, login, entries)
    job_id = db.call(accept_job, login, new_job(list_ids=(str(list_id),)), [], POLICY)
    assert job(db, job_id, "state", "total") == ("scheduled", 0)
    totals = []
    while db.call(run_schedules, no_live_list, PRICES):
        totals.append(job(db, job_id, "state", "total"))
    assert totals[:4] == [
        *(("listing", 0), ("listing", SLICE), ("listing", SLICE * 2), ("sending", many)),
    ]
    found = rows(db, job_id, "name", "address", "fields")
    assert [(name, address) for name, address, _ in found] == [
        (f"R{n}", f"61412{n:06}") for n in range(many)
    ]
    assert found[7][2] == '{"Mobile":"61412000007","CustomField1":"7"}'


def test_several_lists_live_and_uploaded_come_once_each_without_duplicates(db, login):
    first = make_list(db, login, [Entry(mobile="61412000001"), Entry(mobile="61412000002")])
    second = make_list(db, login, [Entry(mobile="61412000002"), Entry(email="no@example.com")])
    asked = []

    def resolve(tx, org_id, list_id, cursor, limit):
        asked.append((org_id, list_id, cursor, limit))
        people = [
            Person("1", "A", "", "", "", "61412000001", {}),
            Person("2", "B", "", "", "", "61412000003", {}),
        ]
        return ([people[int(cursor or 0)]], "1") if not cursor else ([people[1]], "")

    ids = (str(first), "event:7:checked", str(second))
    new = new_job(list_ids=ids, is_deduped=True)
    # Live lists are looked up when the job starts; here any name will do.
    job_id = _accept_with(db, login, new)
    run_all(db, resolve)
    assert [address for (address,) in rows(db, job_id, "address")] == [
        *("61412000001", "61412000002", "61412000003", ""),
    ]
    assert asked == [
        (login.org_id, "event:7:checked", "", SLICE),
        (login.org_id, "event:7:checked", "1", SLICE),
    ]


def _accept_with(db, login, new):
    """Accept, and put in the names of lists that the organization does not have."""
    plain = [id_ for id_ in new.list_ids if id_.isdigit()]
    from msgspec.structs import replace

    job_id = db.call(accept_job, login, replace(new, list_ids=tuple(plain)), [], POLICY)
    listed = ", ".join(f'"{id_}"' for id_ in new.list_ids)
    statement = f"UPDATE jobs SET list_ids = '[{listed}]' WHERE id = {job_id}"
    db.call(lambda tx: tx.connection.execute(statement))
    return job_id


def test_a_job_for_an_empty_list_is_complete_at_once(db, login):
    list_id = make_list(db, login, [])
    job_id = db.call(accept_job, login, new_job(list_ids=(str(list_id),)), [], POLICY)
    run_all(db)
    assert job(db, job_id, "state", "total", "open") == ("complete", 0, 0)


def test_a_list_that_was_deleted_meanwhile_is_empty(db, login, node):
    from turnout.core.messaging.lists import delete_list

    list_id = make_list(db, login, [Entry(mobile="61412000001")])
    new = new_job(list_ids=(str(list_id),), scheduled_local=local(node, 1))
    job_id = db.call(accept_job, login, new, [], POLICY)
    db.call(delete_list, login.org_id, list_id, actor="test")
    node.clock.advance(3601)
    run_all(db)
    assert job(db, job_id, "state", "total") == ("complete", 0)


def test_after_the_cut_off_nobody_else_is_sent_to(db, login, node):
    hour = local(node, 1)[11:16]
    if hour < local(node, 0)[11:16]:
        node.clock.advance(2 * 3600)  # not over midnight
        hour = local(node, 1)[11:16]
    options = JobOptions(cutoff_hour=hour)
    job_id = post(db, login, new_job(JobType.TTS, options=options), NUMBERS[:3])
    [claimed] = claim_all(db, "tts", limit=1)
    answer(db, [claimed], SENT)
    node.clock.advance(3600)
    run_all(db)
    assert claim_all(db, "tts") == []
    assert job(db, job_id, "state", "sent", "failed", "unsent") == ("closed", 1, 2, 2)
    assert (
        rows(db, job_id, "status", "notes")[1:]
        == [
            ("EXPD", "Not sent: the job's cut-off hour had passed."),
        ]
        * 2
    )


def test_a_job_after_its_hour_is_cut_off_at_once(db, login, node):
    hour = local(node, 0)[:11] + "00:00"
    options = JobOptions(cutoff_hour=hour[11:])
    job_id = post(db, login, new_job(JobType.VOICE, options=options), NUMBERS[:2])
    run_all(db)
    assert claim_all(db, "voice") == []
    assert job(db, job_id, "state", "unsent") == ("closed", 2)


@pytest.mark.parametrize(
    ("job_type", "preferred", "destination"),
    [
        (JobType.EMAIL, "", "a@example.com"),
        (JobType.FAX, "", "f"),
        (JobType.SMS, "", "m"),
        (JobType.MMS, "", "m"),
        (JobType.TTS, "", "p"),
        (JobType.TTS, "Phone", "p"),
        (JobType.TTS, "Mobile", "m"),
        (JobType.VOICE, "Mobile", "m"),
    ],
)
def test_somebody_is_reached_where_the_channel_reaches(db, login, job_type, preferred, destination):
    from turnout.core.messaging.jobs import get_job_head

    options = JobOptions(preferred_number=preferred)
    job_id = db.call(
        accept_job, login, new_job(job_type, options=options), [NewRecipient(NUMBERS[0])], POLICY
    )
    head = db.call(get_job_head, login.org_id, job_id)
    person = Person("r", "Jo", "a@example.com", "f", "p", "m", {"CustomField1": "x", "Empty": ""})
    recipient = to_recipient(head, person)
    assert (recipient.destination, recipient.reference, recipient.name) == (destination, "r", "Jo")
    assert recipient.fields == {
        "Email": "a@example.com",
        "Fax": "f",
        "Phone": "p",
        "Mobile": "m",
        "CustomField1": "x",
    }
