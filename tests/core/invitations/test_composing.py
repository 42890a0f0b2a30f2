"""What a campaign says, who would get it, and invitations that are withdrawn."""

import msgspec
import pytest

from tests.support.builder import Builder, contact
from tests.support.failures import refuses
from turnout.core.invitations.campaigns import send_campaign
from turnout.core.invitations.composing import (
    CampaignText,
    Read,
    Unsent,
    change_campaign,
    count_unsent,
    read_as,
    send_campaign_test,
    withdraw_invitation,
)
from turnout.core.invitations.invitees import (
    InviteeFilter,
    confirm,
    decline,
    invite,
    list_invitees,
)
from turnout.core.people.merging import find_person
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database, Tx

BASE = "https://events.example.com"
TEXT = CampaignText("Guests", "Come, %%firstname%%", "a@example.com", "A", "%%event%%: %%link%%")


class House:
    """An event to which Ann and Bob are invited."""

    def __init__(self, db: Database, slug: str) -> None:
        self.db = db
        self.org_id, self.event_id, self.campaign_id = db.call(self._make, slug)

    def call(self, verb, *arguments, **named):
        return self.db.call(verb, self.org_id, *arguments, **named)

    def people(self) -> dict[str, str]:
        found = self.call(list_invitees, self.event_id, InviteeFilter())
        return {one.first_name: one.state for one in found}

    def invitee(self, name: str):
        found = self.call(list_invitees, self.event_id, InviteeFilter(first_name=name))
        return found[0].id

    def _make(self, tx: Tx, slug: str):
        house = Builder(tx, slug)
        event = house.event("Dinner")
        made = house.campaign(event, house.default_type(event), house.people("ann", "bob"))
        return house.org_id, event.id, made.id


@pytest.fixture
def house(db: Database, request) -> House:
    return House(db, f"guests-{abs(hash(request.node.name))}")


def test_what_it_says_can_be_changed(house: House) -> None:
    changed = house.call(change_campaign, house.campaign_id, TEXT, actor="test")
    assert (changed.subject, changed.body) == (TEXT.subject, TEXT.body)
    with refuses(Invalid, "campaign.body"):
        without = TEXT._replace(body="Come.")
        house.call(change_campaign, house.campaign_id, without, actor="test")


@pytest.mark.parametrize("field", ["hall", "In which hall?"])
def test_a_field_that_it_cannot_have_is_refused(house: House, field: str) -> None:
    text = TEXT._replace(subject=f"Come to %%{field}%%")
    with pytest.raises(Invalid) as refused:
        house.call(change_campaign, house.campaign_id, text, actor="test")
    assert (refused.value.code, refused.value.facts["field"]) == ("campaign.field", field)


def test_it_is_read_as_somebody(house: House) -> None:
    ann = house.invitee("ann")
    seen = house.call(read_as, house.event_id, TEXT, BASE, invitee_id=ann)
    assert seen == Read("Come, Ann", f"Dinner: {BASE}/invitation/preview")
    assert house.call(read_as, house.event_id, TEXT, BASE).subject == "Come, Ada"


def test_who_would_be_written_to(house: House) -> None:
    assert house.call(count_unsent, house.campaign_id) == Unsent(2, 0)
    house.call(send_campaign, house.campaign_id, BASE, actor="test")
    assert house.call(count_unsent, house.campaign_id) == Unsent(0, 2)
    house.call(decline, house.invitee("ann"), actor="test")
    assert house.call(count_unsent, house.campaign_id) == Unsent(0, 1)


def test_only_people_who_were_written_to_are_reminded(house: House) -> None:
    house.call(send_campaign, house.campaign_id, BASE, actor="test")
    house.call(invite, house.campaign_id, [contact("cleo")])
    assert house.call(count_unsent, house.campaign_id) == Unsent(1, 2)
    _, total = house.call(send_campaign, house.campaign_id, BASE, is_reminder=True, actor="test")
    assert total == 2
    found = house.call(list_invitees, house.event_id, InviteeFilter())
    assert {one.first_name: (one.sent_at is None, one.reminders) for one in found} == {
        "Ann": (False, 1),
        "Bob": (False, 1),
        "Cleo": (True, 0),
    }


def test_a_test_goes_to_an_address(house: House) -> None:
    house.call(send_campaign_test, house.campaign_id, BASE, "me@example.com", actor="test")
    question = f"SELECT count(*) FROM jobs WHERE org_id = {house.org_id}"
    assert house.db.call(lambda tx: tx.connection.execute(question).fetchone()[0]) == 1
    with refuses(Invalid, "contact.email", email="me"):
        house.call(send_campaign_test, house.campaign_id, BASE, "me", actor="test")


def test_an_invitation_is_withdrawn_until_it_is_accepted(house: House) -> None:
    ann, bob = house.invitee("ann"), house.invitee("bob")
    house.call(withdraw_invitation, house.event_id, ann, actor="test")
    assert house.people() == {"Bob": "pending"}
    with pytest.raises(Missing):
        house.call(withdraw_invitation, house.event_id, ann, actor="test")
    house.call(confirm, bob, actor="test")
    with refuses(Conflict, "invitation.confirmed"):
        house.call(withdraw_invitation, house.event_id, bob, actor="test")


def test_an_invitation_keeps_the_name_of_somebody_who_is_known(house: House) -> None:
    ann = house.call(find_person, contact("ann").email)
    given = msgspec.structs.replace(ann.contact, first_name="Nan", last_name="", company="Inn")
    assert house.call(invite, house.campaign_id, [given]) == 0
    kept = house.call(find_person, given.email)
    assert kept.contact == msgspec.structs.replace(ann.contact, company="Inn")
