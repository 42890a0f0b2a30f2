"""The campaign source that brought somebody, from whatever way in to the report."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from turnout.core.audience.reports import ReportFilter, stream_registrants
from turnout.core.ids import CampaignId
from turnout.core.invitations.campaigns import create_campaign, get_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, invite, list_invitees
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list, take_offer
from turnout.errors import Invalid
from turnout.store import Tx


@pytest.fixture
def hall(node) -> Hall:
    return Hall(node, None, (1, None))


def register(hall: Hall, guest: str, sti: str, type_: int = 0) -> None:
    hall.call(register_directly, hall.event_id, hall.type_ids[type_], contact(guest), sti=sti)


def sources(hall: Hall) -> dict[str, str]:
    """What a report says of each guest."""

    def read(tx: Tx) -> dict[str, str]:
        report = stream_registrants(tx, hall.org_id, hall.event_id, ReportFilter())
        return {
            email[0]: sti
            for some in report
            for email, sti in zip(some.email, some.sti, strict=True)
        }

    return hall.db.call(read)


def new_campaign(hall: Hall, sti: str, type_: int = 0) -> CampaignId:
    return hall.call(
        create_campaign,
        hall.event_id,
        ticket_type_id=hall.type_ids[type_],
        name="Friends",
        subject="Come",
        sender_email="house@example.com",
        body="%%link%%",
        user_id=1,
        sti=sti,
        actor="test",
    ).id


def test_who_registers_has_the_source_of_their_link(hall: Hall) -> None:
    register(hall, "a", " news ", 1)
    register(hall, "b", "", 1)
    assert sources(hall) == {"a": "news", "b": ""}


def test_the_first_source_stays(hall: Hall) -> None:
    register(hall, "a", "news", 1)
    register(hall, "a", "poster", 1)
    assert sources(hall) == {"a": "news"}
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    register(hall, "a", "poster", 1)
    assert sources(hall) == {"a": "news"}


@pytest.mark.parametrize(("sti", "kept"), [("\x07bell", ""), ("a\nb", ""), ("x" * 101, "x" * 100)])
def test_a_source_of_a_changed_link_refuses_nobody(hall: Hall, sti: str, kept: str) -> None:
    register(hall, "a", sti, 1)
    assert sources(hall) == {"a": kept}


def test_who_waited_has_the_source_of_the_link_they_waited_with(hall: Hall) -> None:
    register(hall, "a", "news")
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("b"), sti="poster")
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    hall.call(take_offer, hall.entry("b"), actor="test")
    assert sources(hall)["b"] == "poster"


def test_who_was_invited_has_the_source_of_the_invitation(hall: Hall) -> None:
    campaign = new_campaign(hall, "friends")
    assert hall.call(get_campaign, campaign).sti == "friends"
    assert hall.call(invite, campaign, [contact("z")]) == 1
    [invitee] = [
        invitee.id
        for invitee in hall.call(list_invitees, hall.event_id, InviteeFilter(campaign_id=campaign))
    ]
    hall.call(confirm, invitee, actor="test")
    assert sources(hall) == {"z": "friends"}


@pytest.mark.parametrize("sti", [" friends", "a\tb", "x" * 101])
def test_a_source_of_a_campaign_that_cannot_be_kept_is_refused(hall: Hall, sti: str) -> None:
    with pytest.raises(Invalid, match="A campaign source has up to 100"):
        new_campaign(hall, sti)
