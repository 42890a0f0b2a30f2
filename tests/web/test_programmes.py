"""The programme on an event's page."""

import pytest

from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.test_events import Fair
from turnout.core.events.model import SessionState, span
from turnout.core.events.programme import create_session, list_sessions, set_session_state
from turnout.core.events.sessions import remove_session

PROGRAMME = {
    "as the event": ("Fair <1>", "2099-06-01T18:00", "2099-06-01T23:00", False),
    "a title of its own": ("Opening", "2099-06-01T18:00", "2099-06-01T23:00", True),
    "a time of its own": ("Fair <1>", "2099-06-01T19:00", "2099-06-01T20:00", True),
}


@pytest.mark.parametrize("own", PROGRAMME)
def test_the_only_session_is_shown_where_it_says_more_than_the_event(
    site: AppClient, node: LocalNode, own: str
) -> None:
    fair = Fair(node)
    title, starts, ends, is_shown = PROGRAMME[own]
    for known in fair.db.call(list_sessions, fair.org_id, fair.event_id):
        whose = (fair.org_id, fair.event_id, known.id)
        fair.db.call(remove_session, *whose, actor="test")
    when = span(starts, ends, "Europe/Berlin")
    fair.db.call(create_session, fair.org_id, fair.event_id, title, when, actor="test")
    assert (f"{starts[-5:]} {title}" in fair.look(site).text) == is_shown


def test_a_cancelled_session_is_shown_as_such(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    when = span("2099-06-01T19:00", "2099-06-01T20:00", "Europe/Berlin")
    whose = (fair.org_id, fair.event_id)
    made = fair.db.call(create_session, *whose, "Talk", when, actor="test")
    assert "Talk Cancelled" not in fair.look(site).text
    fair.db.call(set_session_state, fair.org_id, made.id, SessionState.CANCELLED, actor="test")
    assert "Talk Cancelled" in fair.look(site).text
