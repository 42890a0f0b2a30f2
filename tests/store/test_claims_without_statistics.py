"""What a claim reads of a queue that was just filled, on PostgreSQL.

Theory. Right after 60,000 rows came in, the planner has no statistics of the table: it expects one
row where there are thousands, and joins what was chosen with all there is. That makes a claim take
seconds, and a broadcast quadratic. So a statement that looks rows up by a list is held to a number
of rows that it looks at. Each table is filled and asked in one transaction, which nothing can
analyse, and rolled back.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.store.test_statements import STATEMENTS
from tests.support.node import new_database

ROWS = 60_000
CHOSEN = 250
STEPS_A_ROW = 12
NOW = 1_000_000

PAIRS = json.dumps([[1, number] for number in range(1, CHOSEN + 1)])
OF_JOB = {"org_id": 1, "job_id": 1, "lease_end": NOW + 1, "now": NOW}
CLAIMED = {"state": "'claimed'", "claim": "1", "due_at": "n"}
PEOPLE = {"email_key": "'k' || n", "email": "'k' || n"}
TICKETS = {
    "tickets": {"code": "'c' || n", "registration_id": "n", "state": "'valid'"},
    "registrations": {"person_id": "n", "state": "'confirmed'"},
    "people": PEOPLE,
    "events": {"id": "n", "pak": "'p' || n"},
}
ENDING = ["SENT", "", 0, "", 0, None, None, None]


def numbered(*rest: object) -> str:
    """A list as JSON, one entry for each chosen row."""
    return json.dumps([[number, *rest] for number in range(1, CHOSEN + 1)])


class Case(NamedTuple):
    """A statement, the rows of its table by column (`n` is the row's number), what it is given.

    `beside` are the rows of others that it reads. `is_counted` where it needs statistics
    (store/statistics.py): without them, what is due is read in whole and sorted by each claim."""

    statement: str
    table: str
    rows: Mapping[str, str]
    given: Mapping[str, Any]
    found: int = CHOSEN
    is_counted: bool = False
    beside: Mapping[str, Mapping[str, str]] = {}
    steps: int = STEPS_A_ROW


CASES = [
    Case(
        "messaging:claim_recipients",
        "recipients",
        {"state": "'waiting'", "due_at": "n"},
        {**OF_JOB, "until": NOW, "lease_now": NOW, "limit": CHOSEN},
    ),
    Case("messaging:renew_claims", "recipients", CLAIMED, {**OF_JOB, "rows": numbered(1)}),
    Case("messaging:take_back", "recipients", CLAIMED, {**OF_JOB, "rows": numbered(1, 1)}),
    Case(
        "messaging:list_standing",
        "recipients",
        CLAIMED,
        {**OF_JOB, "ids": json.dumps(list(range(1, CHOSEN + 1)))},
    ),
    Case(
        "messaging:put_off",
        "recipients",
        CLAIMED,
        {**OF_JOB, "rows": numbered(1, NOW, 1), "notes": ""},
    ),
    Case(
        "messaging:accept_recipients",
        "recipients",
        CLAIMED,
        {
            **OF_JOB,
            "rows": numbered(1, 1, 0, 1),
            "carrier": "smpp",
            "due_at": NOW,
            "is_secret": 0,
        },
    ),
    Case(
        "messaging:end_recipients", "recipients", CLAIMED, {**OF_JOB, "rows": numbered(*ENDING, 1)}
    ),
    Case(
        "messaging:list_ready_jobs",
        "jobs",
        {"lane": "'email'", "ready_at": "n", "job_type": "'email'"},
        {"lane": "email", "now": NOW, "limit": CHOSEN},
        is_counted=True,
    ),
    Case("messaging:list_due_jobs", "jobs", {"due_at": "n"}, {"now": NOW, "limit": CHOSEN}),
    Case(
        "callbacks:claim_callbacks",
        "callbacks",
        {"host": "'example.org'", "state": "'waiting'", "due_at": "n"},
        {
            "org_id": 1,
            "host": "example.org",
            "now": NOW,
            "lease_now": NOW,
            "lease_end": NOW + 1,
            "limit": CHOSEN,
        },
    ),
    Case("callbacks:list_held_callbacks", "callbacks", {"due_at": "n"}, {"keys": PAIRS}, 0),
    Case(
        "registrations:list_due_submissions",
        "submissions",
        {"due_at": "n"},
        {"now": NOW, "limit": CHOSEN},
        is_counted=True,
    ),
    Case(
        "registrations:list_due_elsewhere",
        "submissions",
        {"due_at": "n", "target_id": "2"},
        {"now": NOW, "limit": CHOSEN, "targets": "[[1, 1]]"},
        is_counted=True,
    ),
    Case(
        "payments:list_overdue",
        "payments",
        {"ticket_id": "n", "state": "'open'", "due_at": "n", "reference": "'r' || n"},
        {"now": NOW, "limit": CHOSEN},
        is_counted=True,
    ),
    Case(
        "waiting_list:list_untold",
        "waiting_entries",
        {"state": "'waiting'", "person_id": "n"},
        {"now": NOW, "limit": CHOSEN},
    ),
    Case(
        "waiting_list:lock_offers",
        "waiting_entries",
        {"state": "'offered'", "event_id": "n", "person_id": "n"},
        {"org_id": 1, "event_id": 5},
        1,
    ),
    Case(
        "registrations:list_due_reminders",
        "events",
        {"remind_at": "n", "pak": "'p' || n"},
        {"now": NOW, "limit": CHOSEN},
        is_counted=True,
    ),
    Case(
        "tickets:list_due_ticket_mails",
        "ticket_mails",
        {"ticket_id": "n", "due_at": "n"},
        {"now": NOW, "limit": CHOSEN},
        beside=TICKETS,
        steps=16,
    ),
    Case(
        "people:take_search_due",
        "people_search_due",
        {"person_id": "n"},
        {"limit": CHOSEN},
    ),
    Case("people:list_people_due", "people", PEOPLE, {"keys": PAIRS}),
    Case(
        "invitations:list_slice",
        "invitations",
        {"person_id": "n"},
        {"org_id": 1, "campaign_id": 1, "is_reminder": 0, "after": 0, "limit": CHOSEN},
        beside={"people": PEOPLE, "campaigns": {"id": "n"}},
    ),
    Case(
        "registrations:take_unreminded",
        "registrations",
        {"person_id": "n", "state": "'confirmed'"},
        {"org_id": 1, "event_id": 1, "limit": CHOSEN},
        beside={"events": {"id": "n", "pak": "'p' || n", "remind_at": "n"}},
    ),
    Case("registrations:lock_submissions", "submissions", {"due_at": "n"}, {"keys": PAIRS}),
    Case("registrations:finish_submissions", "submissions", {}, {"rows": PAIRS, "now": NOW}, 0),
    Case(
        "registrations:finish_all_items",
        "queue_items",
        {"status": "'queued'"},
        {"rows": json.dumps([[1, n, "success"] for n in range(1, CHOSEN + 1)]), "now": NOW},
        0,
    ),
    Case(
        "registrations:list_known",
        "people",
        {"email_key": "'k' || n"},
        {"rows": json.dumps([[1, f"k{n}", 1] for n in range(1, CHOSEN + 1)])},
        0,
    ),
    Case(
        "checkin:list_admissible",
        "tickets",
        {"code": "'k' || n", "state": "'valid'"},
        {"rows": json.dumps([[n, 1, 1, f"k{n}", "d", None] for n in range(1, CHOSEN + 1)])},
        0,
    ),
    Case(
        "work:list_claims", "work_claims", {"queue": "'intake'"}, {"queue": "intake", "keys": PAIRS}
    ),
    Case(
        "work:claim_rows",
        "work_claims",
        {"queue": "'intake'", "claimed_until": "5"},
        {"queue": "intake", "keys": PAIRS, "now": NOW, "claimed_until": NOW + 1, "first": 1},
    ),
    Case(
        "work:take_claims",
        "work_claims",
        {"queue": "'intake'", "claimed_until": "5"},
        {"queue": "intake", "claims": json.dumps([[1, n, 5] for n in range(1, CHOSEN + 1)])},
    ),
]


@pytest.fixture(scope="module")
def postgresql(cluster, tmp_path_factory) -> Iterator["psycopg.Connection"]:
    url = new_database("postgresql", tmp_path_factory.mktemp("claims"), cluster)
    with psycopg.connect(url) as connection:
        yield connection


@pytest.mark.parametrize("case", CASES, ids=[case.statement for case in CASES])
def test_it_looks_at_few_rows_for_each_that_it_wants(
    case: Case, postgresql: "psycopg.Connection"
) -> None:
    text = STATEMENTS[f"turnout.core.{case.statement}"].text["postgresql"]
    with postgresql.transaction(force_rollback=True):
        for table, values in {case.table: case.rows, **case.beside}.items():
            fill(postgresql, table, values)
        if case.is_counted:
            postgresql.execute(f"ANALYZE {case.table}")
        rows, seen = measure(postgresql, text, case.given)
    assert rows == case.found
    assert seen <= case.steps * CHOSEN


def fill(connection: "psycopg.Connection", table: str, values: Mapping[str, str]) -> None:
    """`ROWS` rows, numbered by `id`; what has to be given and is not becomes 1 or ''. Rules about
    values are dropped first: they are not what is asked."""
    connection.execute("SET LOCAL session_replication_role = replica")  # no foreign keys
    checks = connection.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [table]
    )
    for (check,) in checks:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
    columns = {
        name: "n" if name == "id" else "1" if type_ == "bigint" else "''"
        for name, type_ in connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL",
            [table],
        )
    } | dict(values)
    columns |= {name: "'u' || n" for name in columns if name == "uuid"}
    names, chosen = ", ".join(columns), ", ".join(columns.values())
    connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {chosen} FROM generate_series(1, {ROWS}) n"
    )


def measure(
    connection: "psycopg.Connection", text: str, given: Mapping[str, Any]
) -> tuple[int, int]:
    """How many rows a statement returns, and how many it looks at in all its steps for that."""
    given = {name: given[name] for name in re.findall(r"%\((\w+)\)s", text)}
    [(answer,)] = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", given)
    plan = answer[0]["Plan"]
    return plan["Actual Rows"], sum(looked_at(node) for node in nodes_of(plan))


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes_of(part)


def looked_at(node: dict[str, Any]) -> int:
    """The rows that a part of a plan gave or threw away."""
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])
