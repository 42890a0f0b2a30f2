"""How long people and messages are kept: asked first, set, counted and ended."""

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import done_of
from turnout.core.erasure.message_retention import find_message_rule
from turnout.core.erasure.retention import WAIT_MS, list_rules
from turnout.core.ids import EventId, OrgId

PATH = "/console/rail/settings/retention"


def test_a_rule_is_set_once_it_said_what_it_does(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    assert "Everything is kept until somebody erases it." in desk.read(PATH)
    asked = desk.send(PATH, PATH, do="people", days="365", exam_days="3650")
    assert asked.status == 200
    assert "365 days after the end of all events" in asked.body.decode()
    assert "A new or shorter rule waits 14 days" in asked.body.decode()
    assert node.db.call(list_rules, org_id) == []
    sure = desk.send(PATH, PATH, do="people", days="365", exam_days="3650", sure="1")
    assert done_of(sure) == "set"
    [rule] = node.db.call(list_rules, org_id)
    assert (rule.days, rule.exam_days, rule.payment_days) == (365, 3650, None)
    assert rule.starts_at == node.clock.now + WAIT_MS
    page = desk.read(f"{PATH}?count=1")
    assert "are kept for 365 days after the end" in page
    assert "lists of recipients lose their entries" in page
    assert done_of(desk.send(PATH, PATH, do="end", event="0")) == "ended"
    assert node.db.call(list_rules, org_id) == []
    assert desk.send(PATH, PATH, do="end", event="0").status == 422


def test_an_event_and_messages_have_rules_of_their_own(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    number = str(events["Reunion"])
    wrong = desk.send(PATH, PATH, do="people", event=number, days="3", exam_days="9", sure="1")
    assert wrong.status == 422
    assert '<a href="#f-event">' in wrong.body.decode()
    assert done_of(desk.send(PATH, PATH, do="people", event=number, days="3", sure="1")) == "set"
    assert "People of “Reunion” are kept for 3 days" in desk.read(PATH)
    assert done_of(desk.send(PATH, PATH, do="messages", message_days="1", sure="1")) == "set"
    rule = node.db.call(find_message_rule, org_id)
    assert rule
    assert rule.days == 1
    assert done_of(desk.send(PATH, PATH, do="end_messages")) == "ended"
    assert node.db.call(find_message_rule, org_id) is None


def test_days_that_cannot_be_are_said_beside_the_field(desk: Desk) -> None:
    for days in ("", "0", "x", "36501"):
        answer = desk.send(PATH, PATH, do="people", days=days, sure="1")
        assert answer.status == 422
        assert '<a href="#f-days">' in answer.body.decode()
    assert desk.send(PATH, PATH, do="messages", message_days="-1").status == 422
