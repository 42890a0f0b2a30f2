"""Rules of how long people are kept."""

import pytest

from tests.core.registrations.office import Office
from tests.support.builder import Builder
from tests.support.node import START, LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.erasure.retention import (
    DAY_MS,
    RetentionRule,
    end_retention,
    list_rules,
    list_runs,
    set_retention,
)
from turnout.core.events.model import EventState
from turnout.core.events.removing import delete_event
from turnout.core.ids import EventId
from turnout.errors import Invalid, Missing
from turnout.store import Tx


def subjects(office: Office) -> list[str]:
    question = f"SELECT name FROM jobs WHERE org_id = {office.org_id} ORDER BY id"
    return office.db.call(lambda tx: [row[0] for row in tx.connection.execute(question)])


def test_a_rule_waits_and_the_owner_is_told(node: LocalNode) -> None:
    office = Office(node)
    assert office.call(list_rules) == []

    def add_user(tx: Tx) -> None:
        organization = office.organization(tx)
        Builder.of(tx, organization).user()

    node.db.call(add_user)
    rule = office.act(set_retention, 365, exam_days=3650)
    starts = START + 14 * DAY_MS
    assert rule == RetentionRule(EventId(0), 365, 3650, None, START, starts)
    assert office.call(list_rules) == [rule]
    assert subjects(office) == ["People will be erased after a time"]
    assert office.call(list_runs, 10) == []
    (entry,) = office.call(list_entries, "retention", 0)
    assert (entry.action, entry.facts) == (
        "set",
        {"days": 365, "exam_days": 3650, "payment_days": None},
    )


def test_a_shorter_rule_waits_again_and_a_longer_does_not(node: LocalNode) -> None:
    office = Office(node)
    first = office.act(set_retention, 365, payment_days=100).starts_at
    node.clock.advance(3600)
    assert office.act(set_retention, 400, payment_days=100).starts_at == first
    assert office.act(set_retention, 400).starts_at == first
    assert office.act(set_retention, 400, payment_days=100).starts_at == first + 3_600_000
    assert office.act(set_retention, 399, payment_days=100).starts_at == first + 3_600_000


def test_a_rule_of_an_event_goes_with_it(node: LocalNode) -> None:
    office = Office(node)
    [rule] = [office.act(set_retention, 30, event_id=office.event_id)]
    assert office.call(list_rules) == [rule]
    office.act(end_retention, office.event_id)
    assert office.call(list_rules) == []
    draft = node.add_event(office.org_id, "Draft", state=EventState.DRAFT)
    office.act(set_retention, 30, event_id=draft.id)
    office.act(delete_event, draft.id)
    assert office.call(list_rules) == []


def test_what_is_wrong_is_refused(node: LocalNode) -> None:
    office = Office(node)
    for days in (0, -1, 36_501):
        with pytest.raises(Invalid) as refused:
            office.act(set_retention, days)
        assert refused.value.code == "retention.days"
    with pytest.raises(Invalid) as refused:
        office.act(set_retention, 1, event_id=office.event_id, exam_days=5)
    assert refused.value.code == "retention.records"
    with pytest.raises(Missing):
        office.act(set_retention, 1, event_id=EventId(1))
    with pytest.raises(Missing):
        office.act(end_retention)
