"""Which index each list of registrations is read by: none reads all of a large event."""

import re
from typing import Any, NamedTuple

import pytest

from tests.support.builder import Builder
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.browsing import browse_page
from turnout.core.registrations.sql import sql
from turnout.core.registrations.walking import Browsed, Order
from turnout.store import Database, Tx

FAR = 1_000_000

INDEXES = {
    "list_before": {"r": "registrations_event (org_id=? AND event_id=? AND id<?)"},
    "list_behind": {"r": "registrations_event (org_id=? AND event_id=? AND id>?)"},
    "list_cancelled_before": {
        "r": "COVERING INDEX registrations_cancelled (org_id=? AND event_id=? AND id<?)"
    },
    "list_booked_before": {
        "b": "session_bookings_session (org_id=? AND session_id=? AND registration_id<?)"
    },
    "list_of_type_before": {
        "t": "tickets_type (org_id=? AND ticket_type_id=? AND registration_id<?)"
    },
    "list_checked_in_before": {
        "t": "COVERING INDEX tickets_checked_in (org_id=? AND ticket_type_id=?"
        " AND registration_id<?)"
    },
    "list_tagged_before": {
        "g": "registration_tags_tag (org_id=? AND tag_key=? AND registration_id<?)"
    },
    "list_names": {
        "r": "COVERING INDEX registrations_name (org_id=? AND event_id=? AND (name_key,id)>(?,?))"
    },
    "list_names_down": {
        "r": "COVERING INDEX registrations_name (org_id=? AND event_id=? AND (name_key,id)<(?,?))"
    },
    "list_by_name": {
        "r": "COVERING INDEX registrations_name (org_id=? AND event_id=? AND (name_key,id)>(?,?))"
    },
    "list_by_name_down": {
        "r": "COVERING INDEX registrations_name (org_id=? AND event_id=? AND (name_key,id)<(?,?))"
    },
    "find_last_name": {"r": "COVERING INDEX registrations_name (org_id=? AND event_id=?)"},
    "list_of_people": {
        "r": "registrations_person (org_id=? AND person_id=? AND event_id=?)",
    },
    "list_paying": {"m": "payments_state (org_id=? AND state=?)"},
    "list_of_tickets": {
        "t": "PRIMARY KEY (org_id=? AND id=?)",
        "r": "PRIMARY KEY (org_id=? AND id=?)",
    },
    "count_narrowed": {
        "r": "COVERING INDEX registrations_cancelled (org_id=? AND event_id=? AND id>?)",
        "b": "session_bookings_session (org_id=? AND session_id=?)",
        "t": "tickets_type (org_id=? AND ticket_type_id=?)",
        "g": "registration_tags_tag (org_id=? AND tag_key=?)",
    },
    "browse_chosen": {"r": "PRIMARY KEY (org_id=? AND id=?)"},
    "count_chosen": {"r": "PRIMARY KEY (org_id=? AND id=?)"},
    "count_kinds": {"r": "PRIMARY KEY (org_id=? AND id=?)"},
    "list_chosen_names": {"r": "PRIMARY KEY (org_id=? AND id=?)"},
}


@pytest.mark.parametrize("name", INDEXES)
def test_a_list_is_read_by_its_index(db: Database, name: str) -> None:
    if db.backend != "sqlite":
        return  # it plans by what it counted

    def explain(tx: Tx) -> list[str]:
        text = sql[name].text["sqlite"]
        nulls = dict.fromkeys(re.findall(r":([a-z]\w*)", text))
        return [step for *_, step in tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", nulls)]

    plan = db.look(explain)
    for index in INDEXES[name].values():
        assert any(step.endswith(f" {index}") for step in plan), plan
    whole = "registrations_event (org_id=? AND event_id=?)"
    assert not any(step.endswith(whole) for step in plan), plan
    if name.endswith("_before") or name.startswith(("list_names", "list_by_name")):
        assert not any("TEMP B-TREE" in step for step in plan), plan


PAGES = ("list_names", "list_names_down", "browse_chosen")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_no_table_whole_for_its_first_row(name: str) -> None:
    """PostgreSQL plans EXISTS in what a row shows for all rows of a large event, not for a page:
    it reads all tickets into a hash before the first of fifty rows."""
    assert "EXISTS" not in sql[name].text["postgresql"]
    assert "LIMIT 1) IS NOT NULL" in sql[name].text["postgresql"]


PEOPLE = 8_000


class Hall(NamedTuple):
    """An event with many registrations, of whom a tenth is cancelled and a tenth tagged."""

    org_id: OrgId
    event_id: EventId


@pytest.fixture(scope="module")
def hall(node) -> Hall:
    return node.db.call(_fill)


def _fill(tx: Tx) -> Hall:
    house = Builder(tx, "hall")
    event = house.event("Long", capacity=None)
    [(type_id,)] = tx.connection.execute(
        f"SELECT id FROM ticket_types WHERE event_id = {event.id}"
    ).fetchall()
    numbers = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE})"
    org, mail = house.org_id, "'g' || i || '@example.com'"
    for statement in (
        f"""INSERT INTO people (org_id, id, uuid, email, email_key, title, first_name, last_name,
            company, job_title, address_line1, address_line2, address_line3, city, county_or_state,
            post_code, country_code, phone, created_at, updated_at)
        {numbers} SELECT {org}, {FAR} + i, 'p' || i, {mail}, {mail}, '', 'Guest', 'No ' || i, '',
            '', '', '', '', '', '', '', '', '', 1, 1 FROM n""",
        f"""INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting,
            ticket_type_id, state, source, answers, created_at, updated_at)
        {numbers} SELECT {org}, {FAR} + i, 'r' || i, {event.id}, {FAR} + i, 0, {type_id},
            CASE i % 10 WHEN 0 THEN 'cancelled' ELSE 'confirmed' END, 'page', '{{}}', 1, 1
        FROM n""",
        f"""INSERT INTO tickets (org_id, id, code, registration_id, ticket_type_id, state,
            created_at, updated_at)
        {numbers} SELECT {org}, {FAR} + i, 'HALL' || i, {FAR} + i, {type_id}, 'valid', 1, 1
        FROM n""",
        f"""INSERT INTO registration_tags (org_id, registration_id, tag_key, tag, created_at)
        {numbers} SELECT {org}, {FAR} + i, 'vip', 'VIP', 1 FROM n WHERE i % 10 = 1""",
        "ANALYZE" if tx.backend == "postgresql" else "SELECT 1",
    ):
        tx.connection.execute(statement)
    return Hall(house.org_id, event.id)


BY_NAME = ("list_names", "list_names_down", "list_by_name", "list_by_name_down")
ASKED = {"state": "cancelled", "tag_key": "vip", "checked": "yes", "source": "page", "payment": ""}


@pytest.mark.parametrize("asked", [None, *ASKED])
@pytest.mark.parametrize("name", BY_NAME)
def test_postgresql_reads_a_page_by_name_in_the_order_of_its_index(
    db: Database, hall: Hall, name: str, asked: str | None
) -> None:
    """It sorts nothing, and reads no table whole, before the first row or for any."""
    if db.backend != "postgresql":
        return
    text = sql[name].text["postgresql"]
    given: dict[str, Any] = dict.fromkeys(re.findall(r"%\((\w+)\)s", text), "") | hall._asdict()
    given |= {"ticket_type_id": 0, "session_id": 0, "key": "guest", "after": 0, "limit": 51}
    given |= {asked: ASKED[asked]} if asked else {}

    def explain(tx: Tx) -> str:
        plan = tx.connection.execute(f"EXPLAIN {text}", given).fetchall()
        return "\n".join(line for (line,) in plan)

    plan = db.look(explain)
    assert "using registrations_name" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
    assert "Hash" not in plan


@pytest.mark.parametrize("state", ["", "cancelled"])
@pytest.mark.parametrize("tag", ["", "vip"])
@pytest.mark.parametrize("order", [Order.NAME, Order.NAME_DOWN])
def test_pages_by_name_of_a_large_event(
    db: Database, hall: Hall, order: Order, tag: str, state: str
) -> None:
    """A page and the next one are what sorting all of them gives."""
    wanted = Browsed(hall.event_id, state=state, tag=tag)
    first = db.look(browse_page, hall.org_id, wanted, order, limit=5)
    second = db.look(browse_page, hall.org_id, wanted, order, limit=5, after=first.after)
    named = {f"no {i} guest": i for i in range(1, PEOPLE + 1)}
    named = {key: i for key, i in named.items() if not state or i % 10 == 0}
    named = {key: i for key, i in named.items() if not tag or i % 10 == 1}
    expected = sorted(named, reverse=order is Order.NAME_DOWN)[:10]
    found = [row.id - FAR for row in [*first.rows, *second.rows]]
    assert found == [named[key] for key in expected]
