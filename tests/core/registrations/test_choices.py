"""What an event chose for those who register by API."""

import pytest

from tests.support.turns import move_on
from turnout.core.registrations.choices import Choices, get_choices, set_choices
from turnout.core.waiting_list.entries import list_entries
from turnout.core.waiting_list.steering import set_closed
from turnout.errors import Missing

FULL = ("failed", "event.full")
WAITS = ("success", "waiting.joined")


def choose(desk, **chosen) -> Choices:
    return desk.db.call(set_choices, desk.org_id, desk.event.id, actor="test", **chosen)


def decide(desk, *emails: str) -> list[tuple[str, str | None]]:
    items = desk.accept(*(desk.apply(email, desk.paks[:1]) for email in emails))
    desk.node.run_intake()
    return [(item.status.value, item.code) for item in desk.look_up(items)]


def waiting(desk) -> list[tuple[str, str]]:
    found = desk.db.call(list_entries, desk.org_id, desk.event.id, limit=9)
    return [(entry.email, entry.state.value) for entry in found]


def mails(desk) -> int:
    return desk.count("ticket_mails")


def test_at_first_nothing_is_mailed_and_full_is_full(desk):
    desk.set("events", desk.event.id, capacity=1)
    assert desk.db.call(get_choices, desk.org_id, desk.event.id) == Choices(False, False)
    assert decide(desk, "ann@example.com", "bob@example.com") == [("success", None), FULL]
    assert (mails(desk), waiting(desk)) == (0, [])


def test_tickets_are_mailed_where_the_event_says_so_once(desk):
    assert choose(desk, mails_tickets=True) == Choices(True, False)
    assert decide(desk, "ann@example.com", "bob@example.com") == [("success", None)] * 2
    assert mails(desk) == 2
    assert decide(desk, "ann@example.com") == [("success", None)]
    assert mails(desk) == 2
    assert choose(desk, mails_tickets=False) == Choices(False, False)
    assert decide(desk, "cid@example.com") == [("success", None)]
    assert mails(desk) == 2


def test_a_full_event_lets_people_wait_where_it_says_so(desk):
    choose(desk, waits_when_full=True)
    desk.set("events", desk.event.id, capacity=1)
    said = decide(desk, "ann@example.com", "bob@example.com", "bob@example.com")
    assert said == [("success", None), WAITS, WAITS]
    assert waiting(desk) == [("bob@example.com", "waiting")]
    assert desk.find("bob@example.com") is None
    assert desk.held().event == 1
    assert desk.held().sessions[0] == 1


def test_who_has_an_offer_takes_it_by_registering(desk):
    choose(desk, waits_when_full=True)
    desk.set("events", desk.event.id, capacity=1)
    decide(desk, "ann@example.com", "bob@example.com")
    desk.node.execute(f"UPDATE events SET capacity = 2 WHERE id = {desk.event.id}")
    desk.db.call(move_on)
    assert waiting(desk) == [("bob@example.com", "offered")]
    assert decide(desk, "cid@example.com", "bob@example.com") == [WAITS, ("success", None)]
    assert waiting(desk) == [("cid@example.com", "waiting")]


def test_a_closed_list_leaves_full_what_is_full(desk):
    choose(desk, waits_when_full=True)
    desk.db.call(set_closed, desk.org_id, desk.event.id, is_closed=True, actor="test")
    desk.set("events", desk.event.id, capacity=0)
    assert decide(desk, "ann@example.com") == [FULL]
    assert desk.count("people") == 0


def test_another_organizations_event_is_missing(desk, org_id):
    for verb, named in ((get_choices, {}), (set_choices, {"actor": "test"})):
        with pytest.raises(Missing):
            desk.db.call(verb, org_id, desk.event.id, **named)
