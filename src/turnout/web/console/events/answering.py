"""Answers to invitations on somebody's behalf, and what follows from them."""

from turnout.core.events.showing import get_shown_event
from turnout.core.ids import CampaignId, InviteeId
from turnout.core.invitations.campaigns import Campaign, get_campaign
from turnout.core.invitations.composing import withdraw_invitation
from turnout.core.invitations.invitees import Invitee, confirm, decline, get_invitee
from turnout.core.registrations.booking import find_registration
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.errors import Conflict, Missing
from turnout.web.console.events.going import read_number
from turnout.web.console.page import Visit


def answer_for(visit: Visit, campaign: str, invitee_id: InviteeId, doing: str) -> str:
    """Answer on somebody's behalf, or withdraw their invitation; what was done, as a label. Raises
    Conflict, Missing."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    one = get_invitee(tx, org_id, visit.at.id, get_own(visit, campaign).id, invitee_id)
    if doing == "withdraw":
        withdraw_invitation(tx, org_id, visit.at.id, invitee_id, actor=by)
        return "withdrawn"
    had = _count_tickets(visit, one)
    if doing == "confirm":
        _confirm(visit, invitee_id)
        return "confirmed" if _count_tickets(visit, one) > had else "kept"
    decline(tx, org_id, invitee_id, actor=by)
    left = _count_tickets(visit, one)
    return "stays" if left else "given_back" if had else "declined"


def _confirm(visit: Visit, invitee_id: InviteeId) -> None:
    """Say yes for somebody. Raises Conflict, which says of an event without a date that it is
    postponed, not that it is closed."""
    tx, org_id = visit.tx, visit.org_id
    try:
        confirm(tx, org_id, invitee_id, actor=visit.user.actor)
    except Conflict as refusal:
        shown = get_shown_event(tx, org_id, visit.at.id)
        if refusal.code != "event.closed" or not shown.details.is_date_open:
            raise
        raise Conflict("event.postponed") from refusal


def _count_tickets(visit: Visit, invitee: Invitee) -> int:
    """How many valid tickets of the event the person has, from wherever."""
    known = find_registration(visit.tx, visit.org_id, visit.at.id, invitee.person_id)
    return len(list_valid_tickets(visit.tx, visit.org_id, known.id)) if known else 0


def get_own(visit: Visit, campaign: str) -> Campaign:
    """The campaign of that number, if it is the event's. Raises Missing."""
    known = get_campaign(visit.tx, visit.org_id, CampaignId(read_number(campaign)))
    if known.event_id != visit.at.id:
        raise Missing("invitation.missing", campaign_id=known.id)
    return known
