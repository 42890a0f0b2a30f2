"""Invitations and reminders that go at a time: once, to those who are in them then."""

import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.core.invitations.test_composing import BASE, TEXT, House
from tests.support.builder import contact
from tests.support.failures import refuses
from tests.support.node import LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.events.model import EventState
from turnout.core.events.programme import store_event_state
from turnout.core.invitations.campaigns import Campaign, get_campaign, send_campaign
from turnout.core.invitations.composing import change_campaign
from turnout.core.invitations.invitees import InviteeFilter, decline, invite, list_invitees
from turnout.core.invitations.planning import cancel_plan, plan_queue, plan_sending
from turnout.core.messaging.prices import Prices
from turnout.core.work.claims import LEASE_MS, turn
from turnout.errors import Conflict, Failure, Invalid
from turnout.store import Tx

QUEUE = plan_queue(BASE, Prices(""))
HOUR = 3600
REMINDING = TEXT._replace(reminder_subject="Still time", reminder_body="Once more: %%link%%")


@pytest.fixture
def house(node: LocalNode, request: pytest.FixtureRequest) -> House:
    return House(node.db, f"plans-{abs(hash(request.node.name))}")


def in_hours(node: LocalNode, hours: int) -> str:
    """A local time of the event's zone."""
    at = datetime.datetime.fromtimestamp(node.clock.now / 1000 + hours * HOUR, ZoneInfo("UTC"))
    return at.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None).isoformat()[:19]


def plan(house: House, node: LocalNode, hours: int, *, is_reminder: bool = False) -> None:
    at = house.call(
        plan_sending,
        house.campaign_id,
        in_hours(node, hours),
        is_reminder=is_reminder,
        actor="user:7",
    )
    assert at == node.clock.now // 1000 * 1000 + hours * HOUR * 1000


def work(house: House) -> None:
    """What workers do until nothing is due."""
    claimed = house.db.call(turn, QUEUE, [], 1)
    while claimed:
        claimed = house.db.call(turn, QUEUE, claimed, 1)


def sent(house: House) -> list[tuple[str, int]]:
    """The jobs, the first one first: subject, and how many people."""

    def read(tx: Tx) -> list[tuple[str, int]]:
        rows = tx.connection.execute(
            f"SELECT content, total FROM jobs WHERE org_id = {house.org_id} ORDER BY id"
        ).fetchall()
        return [(msgspec.json.decode(row[0])["subject"], row[1]) for row in rows]

    found: list[tuple[str, int]] = house.db.call(read)
    return found


def campaign_of(house: House) -> Campaign:
    found: Campaign = house.call(get_campaign, house.campaign_id)
    return found


def test_it_goes_once_at_its_time_to_those_who_are_in_it_then(
    house: House, node: LocalNode
) -> None:
    plan(house, node, 2)
    work(house)
    assert sent(house) == []
    house.call(invite, house.campaign_id, [contact("cleo")])
    node.clock.advance(2 * HOUR)
    work(house)
    work(house)
    assert sent(house) == [("Come", 3)]
    found = campaign_of(house)
    assert (found.send_at, found.send_local, found.refusal) == (None, "", "")
    assert found.sent_at == node.clock.now
    entries = house.call(list_entries, "campaign", house.campaign_id)
    assert [(one.action, one.actor) for one in entries if one.actor != "test"] == [
        ("planned", "user:7"),
        ("sent", "user:7"),
    ]


def test_a_worker_that_dies_and_one_that_wakes_late_send_it_once(
    house: House, node: LocalNode
) -> None:
    plan(house, node, 1)
    node.clock.advance(HOUR)
    killed = house.db.call(turn, QUEUE, [], 1)
    assert killed
    assert house.db.call(turn, QUEUE, [], 1) == []
    node.clock.advance(LEASE_MS / 1000)
    other = house.db.call(turn, QUEUE, [], 1)
    house.db.call(turn, QUEUE, other, 1)
    assert sent(house) == [("Come", 2)]
    # The first was only frozen, and goes on.
    house.db.call(turn, QUEUE, killed, 1)
    work(house)
    assert sent(house) == [("Come", 2)]


def test_a_time_is_changed_taken_back_or_overtaken_by_hand(house: House, node: LocalNode) -> None:
    plan(house, node, 2)
    plan(house, node, 4)
    node.clock.advance(2 * HOUR)
    work(house)
    assert sent(house) == []
    for _ in range(2):
        house.call(cancel_plan, house.campaign_id, actor="test")
    plan(house, node, 1)
    house.call(send_campaign, house.campaign_id, BASE, actor="test")
    node.clock.advance(HOUR)
    work(house)
    assert sent(house) == [("Come", 2)]
    actions = [one.action for one in house.call(list_entries, "campaign", house.campaign_id)]
    assert actions.count("cancelled plan") == 1


def test_reminders_have_a_text_of_their_own_and_are_counted(house: House, node: LocalNode) -> None:
    house.call(send_campaign, house.campaign_id, BASE, actor="test")
    first = node.clock.now
    house.call(decline, house.invitee("bob"), actor="test")
    # Without a text of its own a reminder says what the invitation says.
    plan(house, node, 1, is_reminder=True)
    node.clock.advance(HOUR)
    work(house)
    house.call(change_campaign, house.campaign_id, REMINDING, actor="test")
    house.call(send_campaign, house.campaign_id, BASE, is_reminder=True, actor="test")
    assert sent(house) == [("Come", 2), ("Come", 1), ("Still time", 1)]
    people = house.call(list_invitees, house.event_id, InviteeFilter())
    assert [(one.first_name, one.sent_at, one.reminded_at, one.reminders) for one in people] == [
        ("Ann", first, node.clock.now, 2),
        ("Bob", first, None, 0),
    ]


def test_what_is_refused_at_its_time_says_why_and_is_not_tried_again(
    house: House, node: LocalNode
) -> None:
    plan(house, node, 1)
    house.call(store_event_state, house.event_id, EventState.CANCELLED, actor="test")
    node.clock.advance(HOUR)
    work(house)
    found = campaign_of(house)
    assert (found.send_at, found.sent_at, sent(house)) == (None, None, [])
    with pytest.raises(Failure) as refused:
        house.call(send_campaign, house.campaign_id, BASE, actor="test")
    assert found.refusal == refused.value.message
    with pytest.raises(Conflict):
        plan(house, node, 1)


def test_times_that_are_none_and_reminders_without_a_link_are_refused(
    house: House, node: LocalNode
) -> None:
    for local in (in_hours(node, -1), "2027-06-01T17:00"):
        with refuses(Invalid, "campaign.time", local=local, ends_local="2027-06-01T17:00"):
            house.call(plan_sending, house.campaign_id, local, actor="test")
    with pytest.raises(Invalid):
        house.call(plan_sending, house.campaign_id, "tomorrow", actor="test")
    with refuses(Invalid, "campaign.reminder_body"):
        without = REMINDING._replace(reminder_body="Come.")
        house.call(change_campaign, house.campaign_id, without, actor="test")
