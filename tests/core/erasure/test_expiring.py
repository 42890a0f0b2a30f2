"""What goes by time, and what stays."""

from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.messaging.jobs import make_login, new_job, post
from tests.core.registrations.office import Office
from tests.support import proof
from tests.support.node import START, LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.erasure import expiring
from turnout.core.erasure.erasing import list_kept
from turnout.core.erasure.expiring import AT_ONCE, KINDS, find_run, preview_retention, take_stretch
from turnout.core.erasure.retention import DAY_MS, end_retention, list_runs, set_retention
from turnout.core.events.model import span
from turnout.core.identity.model import Principal
from turnout.core.ids import EventId, ListId
from turnout.core.messaging.list_changes import change_entry
from turnout.core.messaging.lists import (
    Entry,
    add_entries,
    begin_list,
    finish_list,
    list_lists,
)
from turnout.core.messaging.model import JobType
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.people.merging import find_person
from turnout.core.registrations.notes import add_note
from turnout.store import Database

LATER = span("2029-06-01T09:00", "2029-06-01T17:00", "UTC")


def run_all(db: Database) -> int:
    """Work off what is due; how many stretches it was."""
    count = 0
    while run := db.look(find_run):
        db.call(take_stretch, run)
        count += 1
    return count


def ask(db: Database, question: str) -> Any:
    return db.call(lambda tx: tx.connection.execute(question).fetchone()[0])


def one(office: Office, question: str) -> Any:
    return ask(office.db, question)


@pytest.fixture
def office(own_node: LocalNode) -> Office:
    return Office(own_node)


def later_event(office: Office) -> EventId:
    return office.node.add_event(office.org_id, "Later", LATER).id


def test_people_go_when_all_that_they_took_part_in_is_over(office: Office) -> None:
    ann, bob = office.add("ann"), office.add("bob")
    office.act(add_note, ann, "left early")
    office.act(add_note, bob, "left early")
    first_event, office.event_id = office.event_id, later_event(office)
    office.add("bob")
    assert run_all(office.db) == 0  # off until set
    office.act(set_retention, 30)
    nothing = dict.fromkeys(KINDS, 0)
    assert office.call(preview_retention) == nothing
    assert run_all(office.db) == 0  # it waits 14 days
    office.node.clock.now = START + 200 * DAY_MS  # the first event is over for more than 30 days
    assert office.call(preview_retention) == nothing | {"people": 1, "registrations": 2}
    run_all(office.db)
    assert office.person("ann") is None
    assert office.person("bob").contact.first_name == "Bob"
    assert one(office, f"SELECT answers FROM registrations WHERE id = {bob}") == (
        '{"contact":{"email":""},"answers":[]}'
    )
    notes = f"SELECT count(*) FROM registration_notes WHERE registration_id = {bob}"
    assert one(office, notes) == 0
    held = f"SELECT held FROM events WHERE id = {first_event}"
    assert one(office, held) == 2
    [run] = office.call(list_runs, 10)
    assert run.counts == nothing | {"people": 1, "registrations": 2}
    assert run.ended_at == office.node.clock.now
    [_, entry] = office.call(list_entries, "retention", 0)
    assert (entry.actor, entry.action) == ("retention", "ran")
    assert run_all(office.db) == 0  # once a day
    office.node.clock.now += DAY_MS
    run_all(office.db)
    assert office.call(list_runs, 10)[0].counts == nothing


def test_an_events_rule_counts_before_the_organizations(office: Office) -> None:
    office.add("ann")
    office.node.clock.now = START + 170 * DAY_MS  # over for 18 days
    office.act(set_retention, 10)
    office.node.clock.now += 15 * DAY_MS
    office.act(set_retention, 60, event_id=office.event_id)  # it waits, so they stay
    run_all(office.db)
    assert office.person("ann") is not None
    office.node.clock.now += 14 * DAY_MS
    run_all(office.db)
    assert office.person("ann") is not None
    office.node.clock.now += 20 * DAY_MS
    run_all(office.db)
    assert office.person("ann") is None


def test_nothing_goes_twice_and_a_run_goes_on_where_it_was(office: Office) -> None:
    for number in range(2 * AT_ONCE + 1):
        office.add(f"guest{number}")
    office.act(set_retention, 30)
    office.node.clock.now = START + 200 * DAY_MS
    run = office.db.look(find_run)
    assert run is not None
    for _ in range(3):  # a worker that was killed after its commit does it again
        office.db.call(take_stretch, run)
    gone = "SELECT count(*) FROM erasures"
    assert one(office, gone) == AT_ONCE
    run_all(office.db)
    assert one(office, gone) == 2 * AT_ONCE + 1
    [done] = office.call(list_runs, 10)
    assert done.counts["people"] == 2 * AT_ONCE + 1


def test_somebody_who_registers_meanwhile_stays(office: Office) -> None:
    office.add("ann")
    later = later_event(office)
    office.act(set_retention, 30)
    office.node.clock.now = START + 200 * DAY_MS
    run = office.db.look(find_run)
    assert run is not None
    office.event_id = later
    office.add("ann")
    office.db.call(take_stretch, run)
    assert office.person("ann") is not None


def test_a_rule_that_ends_stops_the_run(office: Office) -> None:
    office.add("ann")
    office.act(set_retention, 30)
    office.node.clock.now = START + 200 * DAY_MS
    office.act(end_retention)
    assert run_all(office.db) == 0
    assert office.person("ann") is not None


def test_records_of_exams_and_payments_have_their_own_time(own_node: LocalNode) -> None:
    college = College(own_node)
    db = own_node.db

    def call(verb: Any, *arguments: Any, **named: Any) -> Any:
        return db.call(verb, college.org_id, *arguments, **named)

    college.register(1, "b")
    bjorn = call(find_person, "bjorn@example.com").id
    due = own_node.clock.now + DAY_MS
    call(ask_for_payment, college.code(1), 500, "EUR", due_at=due, actor="test")
    call(settle, college.code(1), PaymentState.PAID, actor="test")
    call(set_retention, 30, exam_days=100, payment_days=200, actor="test")
    assert [kept.until for kept in call(list_kept, bjorn)] == [
        "100 days after the last exam",
        "200 days after they were settled",
    ]
    names = f"SELECT first_name FROM people WHERE id = {bjorn}"
    payments = "SELECT count(*) FROM payments"
    found = []
    for days in (60, 130, 260):
        own_node.clock.now = START + days * DAY_MS
        run_all(db)
        found.append([ask(db, query) for query in (names, payments)])
    assert found == [["Björn", 1], ["", 1], ["", 0]]
    assert call(find_person, "bjorn@example.com") is None


@pytest.mark.proof
def test_a_run_of_many_takes_short_stretches(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, looked_at = proof.scale((120, 50), (20_000, expiring.STRETCH))
    monkeypatch.setattr(expiring, "STRETCH", looked_at)
    office.add("ann")
    office.node.execute(
        "INSERT INTO people (org_id, id, uuid, email, email_key, title, first_name, last_name,"
        " company, job_title, address_line1, address_line2, address_line3, city, county_or_state,"
        " post_code, country_code, phone, created_at, updated_at)"
        f" WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})"
        f" SELECT {office.org_id}, 500000 + n, 'u' || n, 'p' || n || '@x.example',"
        " 'p' || n || '@x.example', '', 'P', 'Q', '', '', '', '', '', '', '', '', '', '',"
        f" {START}, {START} FROM n"
    )
    office.act(set_retention, 300)
    office.node.clock.now = START + 301 * DAY_MS
    stretches = run_all(office.db)
    assert one(office, "SELECT count(*) FROM erasures") == count
    assert office.person("ann") is not None
    proof.report("people go by time", backend=office.db.backend, people=count, stretches=stretches)


# -- lists of recipients -------------------------------------------------------------------


def make_list(office: Office, login: Principal, count: int = 3) -> ListId:
    entries = [Entry(email=f"far{number}@example.com") for number in range(count)]
    list_id = office.call(begin_list, login.user_id, "News")
    office.call(add_entries, list_id, 1, entries)
    office.call(finish_list, list_id, count, actor="test")
    return list_id


def sizes(office: Office) -> dict[ListId, tuple[int, int]]:
    """How many entries each list says that it has, and has."""
    count = "SELECT count(*) FROM list_entries WHERE list_id = {}"
    return {
        found.id: (found.entries, one(office, count.format(found.id)))
        for found in office.call(list_lists)
    }


def test_a_list_that_nobody_uses_loses_its_entries_and_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "ENTRIES", 2)
    login = office.call(make_login, "au/lists")
    unused, changed, used = (make_list(office, login) for _ in range(3))
    office.act(set_retention, 30)
    office.node.clock.now = START + 40 * DAY_MS
    office.call(change_entry, changed, 1, {"recipient": "Far"}, actor="test")
    post(office.db, login, new_job(JobType.EMAIL, list_ids=(str(used),)), [])
    assert office.call(preview_retention)["lists"] == 1
    run_all(office.db)
    assert sizes(office) == {unused: (0, 0), changed: (3, 3), used: (3, 3)}
    assert office.call(list_runs, 10)[0].counts["lists"] == 1
    office.node.clock.now += 31 * DAY_MS
    run_all(office.db)
    # A job that has not ended still reads its list.
    assert sizes(office) == {unused: (0, 0), changed: (0, 0), used: (3, 3)}
    office.node.execute("UPDATE jobs SET completed_at = accepted_at WHERE kind = 'broadcast'")
    office.node.clock.now += DAY_MS
    run_all(office.db)
    assert sizes(office)[used] == (0, 0)
    assert office.call(preview_retention)["lists"] == 0


def test_lists_stay_where_nobody_said_how_long(office: Office) -> None:
    login = office.call(make_login, "au/lists")
    kept = make_list(office, login)
    office.act(set_retention, 5, event_id=office.event_id)
    office.node.clock.now = START + 400 * DAY_MS
    run_all(office.db)
    assert sizes(office) == {kept: (3, 3)}
