"""What stops a message, said before it is sent: prices beyond the credit, quiet hours, another
organization, an event that the user does not see."""

from collections.abc import Iterator
from copy import copy

import pytest

from tests.core.identity.staff import add_user
from tests.support.builder import make_organization
from tests.support.node import LocalNode, new_database, open_node
from tests.web.console.desk import PASSWORD, Desk
from tests.web.console.desk import add_user as add_desk
from tests.web.console.messages.test_composing import sent, write
from tests.web.console.test_event_news import Stage
from turnout.core.events.model import EventState
from turnout.core.identity.model import Role, User
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import limit_colleague, set_roles
from turnout.core.ids import OrgId
from turnout.core.messaging.credit import add_credit
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.places import set_event_capacity

SMS = {"channel": "sms", "sender": "", "text": "Doors are open.", "number": "3"}
OF_FILTER = SMS | {"to": "filter", "number": "1"}
HASHED = hash_password(PASSWORD)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    """A node with prices where it is always quiet in Australia."""
    url = new_database("sqlite", tmp_path_factory.mktemp("limits"))
    quiet = "AU=00:00-23:59"
    with open_node(url, prices="sms=0.08", quiet_hours=quiet, access_log=False) as node:
        yield node


@pytest.fixture(scope="module")
def org_id(node: LocalNode) -> OrgId:
    return node.db.call(make_organization, "rail", "Rail Forum")


@pytest.fixture(scope="module")
def stage(node: LocalNode, org_id: OrgId) -> Stage:
    """An event with somebody who has a mobile number, as the third."""
    stage = Stage(node, org_id, add_desk(node, org_id, "rail/owner", Role.ADMIN), EventState.OPEN)
    stage.db.call(set_event_capacity, org_id, stage.id, 9, actor="test")
    contact = Contact(email="zoe@example.com", first_name="Zoe", phone="+61412345678")
    stage.db.call(add_by_staff, org_id, stage.id, contact, actor="test")
    return stage


def test_the_price_and_quiet_hours_are_said(stage: Stage) -> None:
    page = write(stage, check="1", **SMS).body.decode()
    assert "1 part, price €0.08" in page
    assert "Sent now, it waits until" in page
    cut = write(stage, check="1", cutoff="00:01", **SMS).body.decode()
    assert "the cut-off is over" in cut
    number = sent(write(stage, "?q=zoe", send="1", **OF_FILTER))
    assert "It waits until" in stage.desk.read(f"{stage.base}/messages/{number}")


def test_a_message_beyond_the_credit_is_refused_with_its_sentence(
    stage: Stage, org_id: OrgId
) -> None:
    stage.db.call(add_credit, org_id, 10_000, "a cent", actor="test")
    page = write(stage, check="1", **SMS).body.decode()
    assert "prepaid credit does not cover it" in page
    assert "Send to 1 person" not in page
    refused = write(stage, "?q=zoe", send="1", once="poor", name="poor", **OF_FILTER)
    assert refused.status == 422
    assert "prepaid credit does not cover this" in refused.body.decode()
    assert "Doors are open.</textarea>" in refused.body.decode()
    assert "poor" not in stage.desk.read(f"{stage.base}/messages")
    stage.db.call(add_credit, org_id, 1_000_000, "a unit", actor="test")


def seen_by(stage: Stage, user: User) -> Stage:
    """The same event at another desk."""
    theirs = copy(stage)
    theirs.desk = Desk(stage.node.client, user.user_code)
    return theirs


def test_somebody_of_another_organization_reads_but_does_not_write(
    stage: Stage, org_id: OrgId
) -> None:
    there = stage.db.call(make_organization, "canal", "Canal")
    guest = add_user(stage.db, there, "guest", set(), HASHED)
    stage.db.call(set_roles, org_id, guest, {StaffRole.MESSENGER}, actor="test")
    before = stage.jobs()
    refused = write(seen_by(stage, guest), send="1", **SMS)
    assert refused.status == 422
    assert "You belong to another organization." in refused.body.decode()
    assert stage.jobs() == before


def test_somebody_of_one_event_writes_to_its_people_alone(stage: Stage, org_id: OrgId) -> None:
    other = Stage(stage.node, org_id, stage.desk, EventState.OPEN)
    user = add_user(stage.db, org_id, "limited", {StaffRole.MESSENGER}, HASHED)
    stage.db.call(limit_colleague, org_id, user.id, [stage.id], is_limited=True, actor="test")
    theirs = seen_by(stage, user)
    assert write(theirs, send="1", to=f"event:{other.id}").status == 422
    assert theirs.desk.open("/console/rail/messages").status == 403
    assert theirs.desk.open(f"{other.base}/messages").status == 404
    # What belongs to the whole organization is not theirs to open, so nothing leads there.
    assert 'href="/console/rail/messages' not in theirs.desk.read(f"{stage.base}/messages/new")
    assert "/console/rail/messages/templates" in stage.desk.read(f"{stage.base}/messages/new")
    number = sent(write(theirs, send="1", once="limited"))
    assert theirs.desk.open(f"{stage.base}/messages/{number}").status == 200
