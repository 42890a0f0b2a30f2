"""Tickets from before 0019 get what granted them, and invitations say what tickets say: as a slow,
obvious program reads the old data."""

import re
from collections import Counter
from itertools import product
from typing import Any, NamedTuple

import pytest

from tests.support.node import BACKENDS
from tests.upgrade.data import STATES, ask, execute, restore
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.store.migrations.running import migrate

SOURCES = {"registration": "integration", "program": "integration", "page": "form"}

TICKETS = """
    SELECT t.org_id, t.id, t.ticket_type_id, t.state, r.event_id, r.person_id, r.source, r.sitting
    FROM tickets t JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id"""
INVITATIONS = """
    SELECT i.org_id, i.id, i.event_id, i.person_id, i.state, c.ticket_type_id FROM invitations i
    JOIN campaigns c ON c.org_id = i.org_id AND c.id = i.campaign_id"""
OFFERS = """
    SELECT org_id, id, event_id, person_id, ticket_type_id FROM waiting_entries
    WHERE state = 'taken'"""
DIFFERENCE = re.compile(
    r"^The (\D+) \d+ of organization \d+ counts (\d+) places .* hold (\d+). Nothing was changed.$",
    re.MULTILINE,
)
WRONG_COUNTS = (
    "UPDATE events SET held = held + 1 WHERE title = 'Fair & Square'",
    "UPDATE sessions SET held = held + 2 WHERE title = 'Keynote' AND capacity IS NULL",
    "UPDATE ticket_types SET held = held + 3 WHERE name = 'VIP'",
)


class Before(NamedTuple):
    """What the old schema said."""

    url: str
    tickets: list[tuple[Any, ...]]
    invitations: list[tuple[Any, ...]]
    offers: list[tuple[Any, ...]]


@pytest.fixture(scope="module", params=product(STATES[:2], BACKENDS), ids="-".join)
def migrated(request, tmp_path_factory) -> Before:
    state, backend = request.param
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore(state, backend, tmp_path_factory.mktemp("grants"), cluster)
    before = Before(url, ask(url, TICKETS), ask(url, INVITATIONS), ask(url, OFFERS))
    migrate(url)
    return before


def test_each_ticket_says_what_granted_it(migrated):
    after = ask(migrated.url, "SELECT org_id, id, granted_by, grant_id FROM tickets")
    granted = {(org_id, id_): (kind, grant_id) for org_id, id_, kind, grant_id in after}
    assert granted == {
        (org_id, id_): _expected_grant(migrated, org_id, *facts)
        for org_id, id_, *facts in migrated.tickets
    }
    kinds = {kind for kind, _ in granted.values()}
    assert kinds == {"form", "integration", "invitation", "offer", "exam", "staff"}


def _expected_grant(
    before: Before,
    org_id: OrgId,
    type_id: int,
    _state: str,
    event_id: EventId,
    person_id: PersonId,
    source: str,
    sitting: int,
) -> tuple[str, int | None]:
    own = (org_id, event_id, person_id, type_id)
    confirmed = [
        id_
        for org, id_, event, person, state, type_ in before.invitations
        if (org, event, person, type_) == own and state == "confirmed"
    ]
    if confirmed:
        return "invitation", min(confirmed)
    if sitting:
        return "exam", None
    taken = [id_ for org, id_, *facts in before.offers if (org, *facts) == own]
    return ("offer", max(taken)) if taken else (SOURCES.get(source, "staff"), None)


def test_each_invitation_says_what_tickets_say(migrated):
    holders = Counter(
        (org_id, event_id, person_id, type_id)
        for org_id, _, type_id, state, event_id, person_id, *_ in migrated.tickets
        if state == "valid"
    )
    after = ask(migrated.url, "SELECT org_id, id, state FROM invitation_states")
    expected = sorted(
        (org_id, id_, _expected_state(state, holders[org_id, event_id, person_id, type_id]))
        for org_id, id_, event_id, person_id, state, type_id in migrated.invitations
    )
    assert after == expected
    assert {state for *_, state in after} == {"pending", "confirmed", "declined"}


def _expected_state(was: str, tickets: int) -> str:
    if was == "declined":
        return was
    return "confirmed" if tickets else "pending"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_count_that_differs_is_printed_and_left(backend, tmp_path, request, capsys):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore("0018", backend, tmp_path, cluster)
    execute(url, *WRONG_COUNTS)
    held = "SELECT id, held FROM events UNION ALL SELECT id, held FROM sessions"
    before = ask(url, held)
    migrate(url)
    assert ask(url, held) == before
    said = capsys.readouterr().err
    found = {noun: int(counted) - int(held) for noun, counted, held in DIFFERENCE.findall(said)}
    assert found == {"event": 1, "session": 2, "ticket type": 3}
    assert len(said.splitlines()) == len(found)
