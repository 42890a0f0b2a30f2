"""After a migration all that an installation had is there, counted and working."""

import base64
import shutil
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support import proof
from tests.support.node import BACKENDS, Clock, LocalNode, open_node
from tests.upgrade.data import ORGANIZATION, STATES, ask, ask_each, multiply, read_facts, restore
from turnout.core.checkin.scans import Result, Scan, check_in
from turnout.core.identity.organizations import find_organization
from turnout.core.tickets.signing import find_plain_code, read_signed
from turnout.store import Tx
from turnout.store.migrations.revisions import HEAD
from turnout.store.migrations.running import copy_path, migrate
from turnout.store.sqlite import path_of

# What must count the same before and after, in statements that both schemas understand.
COUNTS = {
    "organizations": "SELECT slug, name, timezone FROM organizations",
    "users": "SELECT user_code, role, name, disabled_at IS NULL FROM users",
    "credentials": "SELECT org_id, kind, name, hint, revoked_at IS NULL FROM credentials",
    "events": "SELECT id, uuid, pak, title, state, starts_at, capacity, held FROM events",
    "sessions": "SELECT id, pak, title, state, capacity, held FROM sessions",
    "ticket types": "SELECT id, event_id, name, price_minor, currency, capacity, held "
    "FROM ticket_types",
    "people": "SELECT org_id, id, uuid, email, first_name, last_name, phone FROM people",
    "registrations": "SELECT event_id, state, source, count(*) FROM registrations "
    "GROUP BY event_id, state, source",
    "tickets": "SELECT ticket_type_id, state, checked_in_at IS NULL, count(*) FROM tickets "
    "GROUP BY ticket_type_id, state, checked_in_at IS NULL",
    "bookings": "SELECT session_id, count(*) FROM session_bookings GROUP BY session_id",
    "queue items": "SELECT status, message, count(*) FROM queue_items GROUP BY status, message",
    "invitations": "SELECT id, campaign_id, person_id, sent_at FROM invitations",
    "waiting": "SELECT event_id, state, count(*) FROM waiting_entries GROUP BY event_id, state",
    "jobs": "SELECT id, kind, job_type, name, state FROM jobs",
    "recipients": "SELECT job_id, status, count(*) FROM recipients GROUP BY job_id, status",
    "opt-outs": "SELECT org_id, medium, address FROM opt_outs",
    "list entries": "SELECT list_id, count(*) FROM list_entries GROUP BY list_id",
    "callbacks": "SELECT job_id, state, count(*) FROM callbacks GROUP BY job_id, state",
    "scans": "SELECT event_id, result, device, count(*) FROM scans "
    "GROUP BY event_id, result, device",
    "sittings": "SELECT event_id, attendance, grading, sequence, passcode, time_limit "
    "FROM exam_registrations",
    "accommodations": "SELECT registration_id, type, time_extension FROM exam_accommodations",
    "exam changes": "SELECT registration_id, count(*) FROM exam_changes GROUP BY registration_id",
    "viewings": "SELECT event_id, mode, count(*) FROM viewings GROUP BY event_id, mode",
    "survey answers": "SELECT count(*) FROM survey_answers",
}

# held = what registrations, tickets and offers hold, for every event, session and ticket type
# where both are kept. Rows that this finds are wrong.
WRONG_PLACES = {
    "session": """
        SELECT s.id, s.held, (SELECT count(*) FROM session_bookings b WHERE b.org_id = s.org_id
            AND b.session_id = s.id) AS booked FROM sessions s
        WHERE s.held <> (SELECT count(*) FROM session_bookings b WHERE b.org_id = s.org_id
            AND b.session_id = s.id)""",
    "ticket type": """
        SELECT y.id, y.held FROM ticket_types y WHERE y.held <>
            (SELECT count(*) FROM tickets t WHERE t.org_id = y.org_id
                AND t.ticket_type_id = y.id AND t.state = 'valid')
            + (SELECT count(*) FROM waiting_entries w WHERE w.org_id = y.org_id
                AND w.ticket_type_id = y.id AND w.state = 'offered')""",
    "event": """
        SELECT e.id, e.held FROM events e WHERE e.held <>
            (SELECT count(*) FROM registrations r WHERE r.org_id = e.org_id
                AND r.event_id = e.id AND r.state = 'confirmed')
            + (SELECT count(*) FROM waiting_entries w WHERE w.org_id = e.org_id
                AND w.event_id = e.id AND w.state = 'offered')""",
    "over capacity": """
        SELECT id, held, capacity FROM ticket_types WHERE held > capacity
        UNION ALL SELECT id, held, capacity FROM events WHERE held > capacity""",
}

TICKETS = """
    SELECT t.org_id, r.event_id, t.code, t.state, t.checked_in_at IS NOT NULL, e.state
    FROM tickets t JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
    JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id"""

# How each kind of credential is used, and what is answered when it is good and when not.
USES = {
    "api_key": ("POST", "/v1.0/signin", "APIKey", "{secret}", 200, 401),
    "event_token": ("GET", "/v1/event.json", "Authorization", "event {secret}", 200, 401),
    "company_token": ("GET", "/v1/company.json", "Authorization", "company {secret}", 200, 401),
    "developer_secret": (
        *("GET", "/api/events/list-events?date=2027-01-01"),
        *("Authorization", "Bearer {secret}", 200, 403),
    ),
    "calendar_key": (
        *("GET", "/api/events/list-events?date=2027-01-01"),
        *("user", "{secret}", 200, 403),
    ),
    "password": ("GET", "/api/v1/users", "Authorization", "Basic {basic}", 200, 401),
}


from_each_earlier_state = pytest.mark.parametrize(
    "state", [state for state in STATES if state != HEAD]
)


class Upgraded(NamedTuple):
    """An installation before and after."""

    state: str
    backend: str
    url: str
    facts: dict[str, Any]
    before: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module", params=product(STATES, BACKENDS), ids="-".join)
def upgraded(request, tmp_path_factory) -> Upgraded:
    state, backend = request.param
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore(state, backend, tmp_path_factory.mktemp("upgrade"), cluster)
    before = ask_each(url, COUNTS)
    migrate(url)
    return Upgraded(state, backend, url, read_facts(state, backend), before)


@pytest.fixture(scope="module")
def node(upgraded) -> Iterator[LocalNode]:
    clock = Clock(upgraded.facts["made_at"] + 60_000)
    # Half of the credentials are a demo's.
    with open_node(upgraded.url, clock=clock, rate_limit_per_minute=0, allow_demo=True) as node:
        yield node


def test_everything_that_was_there_is_there(upgraded):
    after = ask_each(upgraded.url, COUNTS)
    assert all(upgraded.before.values())
    for name, rows in upgraded.before.items():
        assert after[name] == rows, name


def test_what_is_held_is_what_people_and_offers_hold(upgraded):
    for name, statement in WRONG_PLACES.items():
        assert ask(upgraded.url, statement) == [], name


def test_every_credential_works_or_is_refused_as_before(upgraded, node):
    for credential in upgraded.facts["credentials"]:
        method, target, header, value, good, bad = USES[credential["kind"]]
        secret = credential["secret"]
        basic = base64.b64encode(f"{credential.get('user_code')}:{secret}".encode()).decode()
        answer = node.client.request(
            method, target, headers={header: value.format(secret=secret, basic=basic)}
        )
        wanted = good if credential["state"] == "good" else bad
        assert answer.status == wanted, (credential["kind"], credential["state"], answer)


@pytest.mark.proof
def test_every_link_that_was_mailed_opens_as_before(upgraded, node):
    links = upgraded.facts["links"]
    chosen = list(links)[:: proof.scale(6, 1)]
    opened = {link: node.client.request("GET", link).status for link in chosen}
    assert opened == {link: links[link] for link in chosen}
    proof.report(
        "upgrade links", schema=upgraded.state, backend=upgraded.backend, links=len(opened)
    )


@pytest.mark.proof
def test_every_code_scans_as_it_should(upgraded, node):
    tickets = ask(upgraded.url, TICKETS)[:: proof.scale(6, 1)]
    expected = {code: _expected(*facts) for _, _, code, *facts in tickets}

    def scan_all(tx: Tx) -> dict[str, Result]:
        return {
            code: check_in(tx, org_id, event_id, Scan(code=code, at=tx.now)).result
            for org_id, event_id, code, *_ in tickets
        }

    assert node.db.call(scan_all) == expected
    assert set(expected.values()) == {Result.ADMITTED, Result.REPEATED, Result.CANCELLED}
    proof.report(
        "upgrade codes", schema=upgraded.state, backend=upgraded.backend, codes=len(expected)
    )


def _expected(state: str, is_checked: bool, event_state: str) -> Result:
    if state == "cancelled" or event_state == "cancelled":
        return Result.CANCELLED
    return Result.REPEATED if is_checked else Result.ADMITTED


def test_qr_codes_of_a_retired_key_and_of_its_successor_are_genuine(upgraded, node):
    org_id = node.db.call(find_organization, ORGANIZATION).org_id
    texts = upgraded.facts["signed"]["texts"]
    codes = [node.db.call(find_plain_code, org_id, text) for text in texts]
    known = {code for (code,) in ask(upgraded.url, "SELECT code FROM tickets")}
    assert len(codes) == 60
    assert set(codes) <= known
    signed = [read_signed(text) for text in texts]
    assert len({ticket.kid for ticket in signed if ticket}) == 2


def test_what_was_accepted_before_is_decided_after(upgraded, node):
    waiting = "SELECT id FROM queue_items WHERE status = 'queued'"
    assert len(ask(upgraded.url, waiting)) == 3
    node.run_intake()
    assert ask(upgraded.url, waiting) == []


def test_a_repeated_job_gets_its_first_answer(upgraded, node):
    password = next(
        fact for fact in upgraded.facts["credentials"] if fact.get("user_code") == "House-Acct"
    )
    basic = base64.b64encode(f"House-Acct:{password['secret']}".encode()).decode()
    people = [{"destination": f"6141234{n:04}", "recipient": f"R {n}"} for n in range(60)]
    jobs = len(ask(upgraded.url, "SELECT id FROM jobs"))
    answer = node.client.request(
        "POST",
        "/api/v1/jobs",
        headers={
            "Authorization": f"Basic {basic}",
            "Idempotency-Key": upgraded.facts["idempotency_key"]["key"],
        },
        json={"job_type": "sms", "message": "Hello %%recipient%%", "recipients": people},
    )
    assert answer.status == 200, answer
    assert len(ask(upgraded.url, "SELECT id FROM jobs")) == jobs


@from_each_earlier_state
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_migration_that_fails_leaves_everything_as_it_was(state, backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore(state, backend, tmp_path, cluster)
    before = ask_each(url, COUNTS)

    def fail(_what: str, done: float, total: int) -> None:
        if done == total:
            raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError, match="the power is gone"):
        migrate(url, progress=fail)
    assert ask_each(url, COUNTS) == before
    assert ask(url, "SELECT version_num FROM alembic_version") == [(state,)]


@from_each_earlier_state
def test_a_sqlite_file_is_copied_first_and_the_copy_is_whole_and_private(state, tmp_path):
    url = restore(state, "sqlite", tmp_path, None)
    before = ask_each(url, COUNTS)
    assert migrate(url) == (state, HEAD)
    copy = copy_path(url, state)
    kept = f"sqlite:///{copy}"
    assert ask_each(kept, COUNTS) == before
    assert ask(kept, "SELECT version_num FROM alembic_version") == [(state,)]
    assert copy.stat().st_mode & 0o777 == 0o600
    # The copy is a database to go back to.
    shutil.copy(copy, path_of(url))
    Path(f"{path_of(url)}-wal").unlink(missing_ok=True)
    Path(f"{path_of(url)}-shm").unlink(missing_ok=True)
    assert migrate(url, keeps_copy=False) == (state, HEAD)


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_million_registrations_are_migrated_in_five_minutes(backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    # The oldest state goes through every migration.
    url = restore(STATES[0], backend, tmp_path, cluster)
    count = proof.scale(5_000, 1_000_000)
    multiply(url, count)
    before = {name: ask(url, COUNTS[name]) for name in ("events", "registrations", "tickets")}
    told: list[float] = []
    started = time.monotonic()
    migrate(url, progress=lambda _what, done, _total: told.append(done))
    seconds = time.monotonic() - started
    assert seconds < 300
    assert told == sorted(told)
    assert {name: ask(url, COUNTS[name]) for name in before} == before
    if cluster:
        cluster.drop_database(url)
    proof.report("upgrade a million", backend=backend, registrations=count, seconds=round(seconds))
