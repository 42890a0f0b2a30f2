"""Numbers as earlier versions kept them are brought to E.164 in batches."""

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, new_job, post, rows
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging.model import Medium
from turnout.core.messaging.old_numbers import (
    UnreadableOptOut,
    count_unreadable,
    list_unreadable,
    read_conversations,
    read_opt_outs,
)
from turnout.core.messaging.opt_outs import keep_hash, list_opt_outs
from turnout.core.messaging.outcomes import Accepted

FINAL = Accepted((), 1, is_final=True)


def execute(db, statement: str):
    return db.call(lambda tx: tx.connection.execute(statement))


def query(db, statement: str):
    return db.call(lambda tx: [tuple(row) for row in tx.connection.execute(statement).fetchall()])


@pytest.fixture(autouse=True)
def nothing_old(db):
    for table in ("opt_outs", "conversations"):
        execute(db, f"DELETE FROM {table}")


def set_country(db, org_id, country: str) -> None:
    db.call(change_organization, org_id, OrganizationChange(country_code=country), actor="test")


def add_old(db, org_id, address: str, at: int, source: str = "cli", medium: str = "sms") -> None:
    execute(
        db,
        "INSERT INTO opt_outs (org_id, medium, address, source, job_id, created_at) "
        f"VALUES ({org_id}, '{medium}', '{address}', '{source}', NULL, {at})",
    )


def read_all(db, limit: int = 2) -> int:
    turns = 0
    while db.call(read_opt_outs, limit):
        turns += 1
    return turns


def kept(db, org_id):
    return [
        (opt_out.medium.value, opt_out.address, opt_out.source, opt_out.created_at)
        for opt_out in db.call(list_opt_outs, org_id, 100)
    ]


def test_opt_outs_are_read_in_batches_and_merge_to_the_oldest(db, org_id):
    set_country(db, org_id, "AU")
    add_old(db, org_id, "0412345678", 100, "reply")
    add_old(db, org_id, "61412345678", 200)
    add_old(db, org_id, "610412345678", 300, "link")
    add_old(db, org_id, "0412345679", 400)
    add_old(db, org_id, "61412345670", 500, medium="call")
    add_old(db, org_id, "12", 600)
    add_old(db, org_id, "jo@example.com", 700, medium="email")
    assert read_all(db) == 3
    assert kept(db, org_id) == [
        ("call", "61412345670", "cli", 500),
        ("email", "jo@example.com", "cli", 700),
        ("sms", "12", "cli", 600),
        ("sms", "61412345678", "reply", 100),
        ("sms", "61412345679", "cli", 400),
    ]
    assert query(db, "SELECT typed FROM opt_outs WHERE address = '61412345679'") == [
        ("0412345679",)
    ]
    slug = db.call(get_organization_of, org_id).slug
    assert db.call(count_unreadable) == 1
    assert db.call(list_unreadable, 10) == [UnreadableOptOut(slug, "sms", "12")]
    assert db.call(read_opt_outs, 10) == 0


def test_both_forms_are_matched_until_then_and_what_cannot_be_read_always(db, login):
    add_old(db, login.org_id, "0412340001", 100)
    add_old(db, login.org_id, "610412340002", 100)
    add_old(db, login.org_id, "412340003", 100)
    assert read_all(db, 10) == 1  # without a country
    assert kept(db, login.org_id) == [
        ("sms", "0412340001", "cli", 100),
        ("sms", "412340003", "cli", 100),
        ("sms", "61412340002", "cli", 100),
    ]
    job_id = post(db, login, new_job(), NUMBERS[1:5])
    answer(db, claim_all(db), FINAL)
    assert rows(db, job_id, "status") == [("OPTO",), ("OPTO",), ("OPTO",), ("SENT",)]
    add_old(db, login.org_id, "0412340004", 100)
    job_id = post(db, login, new_job(), NUMBERS[4:5])
    answer(db, claim_all(db), FINAL)
    assert rows(db, job_id, "status") == [("OPTO",)]


def test_what_could_not_be_read_is_read_when_the_country_is_set(db, org_id):
    add_old(db, org_id, "0412345678", 100)
    read_all(db)
    assert db.call(count_unreadable) == 1
    set_country(db, org_id, "AU")
    read_all(db)
    assert (db.call(count_unreadable), kept(db, org_id)) == (
        0,
        [("sms", "61412345678", "cli", 100)],
    )


def test_a_hash_of_what_was_typed_still_counts(db, login):
    db.call(keep_hash, login.org_id, Medium.SMS, "0412340007")
    read_all(db)
    assert db.call(count_unreadable) == 0
    job_id = post(db, login, new_job(), NUMBERS[7:8])
    answer(db, claim_all(db), FINAL)
    assert rows(db, job_id, "status") == [("OPTO",)]


def test_conversations_are_read_and_the_newest_stays(db, org_id):
    set_country(db, org_id, "AU")
    for number, address, recipient, at in (
        ("61491570006", "0412345678", 1, 100),
        ("61491570006", "61412345678", 2, 200),
        ("0491570006", "61412345679", 3, 300),
        ("61491570006", "61412345679", 4, 200),
        ("ACME", "61412345670", 5, 100),
    ):
        execute(
            db,
            "INSERT INTO conversations (number, address, org_id, job_id, recipient_id, at) "
            f"VALUES ('{number}', '{address}', {org_id}, 1, {recipient}, {at})",
        )
    while db.call(read_conversations, 2):
        pass
    assert query(
        db, "SELECT number, address, recipient_id FROM conversations ORDER BY recipient_id"
    ) == [
        ("61491570006", "61412345678", 2),
        ("61491570006", "61412345679", 3),
        ("ACME", "61412345670", 5),
    ]


def test_numbers_that_wait_as_they_were_typed_are_read_when_they_are_sent_to(db, login):
    set_country(db, login.org_id, "AU")
    job_id = post(db, login, new_job(), ["0412 340 011", "+61 (0)412 340 012", "12"])
    execute(
        db,
        "UPDATE recipients SET address = CASE destination WHEN '0412 340 011' THEN '0412340011' "
        f"WHEN '12' THEN '12' ELSE '610412340012' END WHERE job_id = {job_id}",
    )
    claimed = [recipient.address for job in claim_all(db) for recipient in job.recipients]
    assert claimed == ["61412340011", "61412340012", "12"]
    assert rows(db, job_id, "address") == [("61412340011",), ("61412340012",), ("12",)]
