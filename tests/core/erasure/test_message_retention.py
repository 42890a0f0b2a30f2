"""How long messages are kept: the rule."""

import pytest

from tests.core.erasure.test_expiring import ask
from tests.core.messaging.jobs import make_login
from tests.core.registrations.office import Office
from tests.support.node import START, LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.erasure.message_retention import (
    MessageRule,
    end_message_retention,
    find_message_rule,
    set_message_retention,
)
from turnout.core.erasure.retention import LONGEST_DAYS, WAIT_MS
from turnout.errors import Invalid, Missing


@pytest.fixture
def office(own_node: LocalNode) -> Office:
    return Office(own_node)


def test_a_rule_waits_and_one_that_keeps_longer_does_not_wait_again(office: Office) -> None:
    assert office.call(find_message_rule) is None
    first = office.act(set_message_retention, 90)
    assert first == MessageRule(90, START, START + WAIT_MS)
    office.node.clock.advance(3600)
    assert office.act(set_message_retention, 120).starts_at == first.starts_at
    office.node.clock.advance(3600)
    shorter = office.act(set_message_retention, 30)
    assert shorter.starts_at == office.node.clock() + WAIT_MS
    assert office.call(find_message_rule) == shorter


def test_the_organization_is_told_and_it_is_audited(office: Office) -> None:
    office.call(make_login, "au/owner")
    office.act(set_message_retention, 90)
    office.act(end_message_retention)
    assert office.call(find_message_rule) is None
    notices = "SELECT count(*) FROM jobs WHERE name = 'Messages will be removed after a time'"
    assert ask(office.db, notices) == 1
    entries = office.call(list_entries, "message_retention", 0)
    assert [entry.action for entry in entries] == ["set", "ended"]


@pytest.mark.parametrize("days", [0, -1, LONGEST_DAYS + 1])
def test_days_that_are_none_are_refused(office: Office, days: int) -> None:
    with pytest.raises(Invalid):
        office.act(set_message_retention, days)
    assert office.call(find_message_rule) is None


def test_what_is_not_set_cannot_be_ended(office: Office) -> None:
    with pytest.raises(Missing):
        office.act(end_message_retention)
