"""What a campaign says: changed, read as one of its people, tried out; invitations withdrawn."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.fields import check_filled
from turnout.core.ids import CampaignId, EventId, InviteeId, OrgId
from turnout.core.invitations.campaigns import (
    CONFIRMED,
    Campaign,
    check_bodies,
    get_campaign,
    say_campaign,
)
from turnout.core.invitations.invitees import get_invitee
from turnout.core.invitations.sql import sql
from turnout.core.messaging.merging import UNSUBSCRIBE, Template, find_odd
from turnout.core.messaging.model import NewRecipient
from turnout.core.messaging.notices import queue_content
from turnout.core.neutral import neutralize
from turnout.core.text import is_email
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

SAMPLE_PATH = "/invitation/preview"
FIELDS = ("recipient", "firstname", "lastname", "event", "link")
"""The merge fields of a campaign's texts, beside that which unsubscribes."""


class CampaignText(NamedTuple):
    """What a campaign is called and says, and who sends it; as in Campaign."""

    name: str
    subject: str
    sender_email: str
    sender_name: str
    body: str
    reminder_subject: str = ""
    reminder_body: str = ""


class Read(NamedTuple):
    """An invitation as somebody would get it."""

    subject: str
    text: str


class Unsent(NamedTuple):
    """How many `send_campaign` would write to: those it did not yet, and those who have not
    answered; `unreachable` have not answered and no address: they are left out."""

    first: int
    reminder: int
    unreachable: int = 0


def text_of(campaign: Campaign) -> CampaignText:
    """What a campaign says now."""
    return CampaignText(*(getattr(campaign, part) for part in CampaignText._fields))


def change_campaign(
    tx: Tx, org_id: OrgId, campaign_id: CampaignId, text: CampaignText, *, actor: str
) -> Campaign:
    """Change what a campaign says; mails that were sent stay. Idempotent. Raises Missing, Invalid
    as `create_campaign` does."""
    get_campaign(tx, org_id, campaign_id)
    check_campaign_text(text)
    sql.set_campaign(tx, org_id=org_id, id=campaign_id, now=tx.now, **text._asdict())
    record(tx, org_id, actor, "changed", "campaign", campaign_id, name=text.name)
    return get_campaign(tx, org_id, campaign_id)


def check_campaign_text(text: CampaignText) -> None:
    """Raise Invalid for what a campaign cannot say."""
    check_filled("name", text.name)
    check_filled("subject", text.subject)
    if not is_email(text.sender_email):
        raise Invalid("campaign.sender", email=text.sender_email)
    check_bodies(text.body, text.reminder_body)
    check_merge_fields(text.subject, text.body, text.reminder_subject, text.reminder_body)


def check_merge_fields(*texts: str) -> None:
    """Raise Invalid for a merge field that a campaign's mails have nothing for."""
    said = "\n".join(texts)
    names = [*sorted(Template(said).names - {*FIELDS, UNSUBSCRIBE}), *find_odd(said).values()]
    if names:
        raise Invalid("campaign.field", field=names[0], known=FIELDS)


def read_as(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    text: CampaignText,
    base_url: str,
    *,
    invitee_id: InviteeId | None = None,
    is_reminder: bool = False,
) -> Read:
    """The text, or the reminder's, as one of the invited would get it, None = somebody made up.
    Raises Missing."""
    fields = _fields(tx, org_id, event_id, base_url, invitee_id)
    subject, body = text.subject, text.body
    if is_reminder:
        subject, body = text.reminder_subject or subject, text.reminder_body or body
    return Read(Template(subject).merge(fields), Template(body).merge(fields))


def send_campaign_test(
    tx: Tx,
    org_id: OrgId,
    campaign_id: CampaignId,
    base_url: str,
    address: str,
    *,
    is_reminder: bool = False,
    actor: str,
) -> None:
    """Queue the campaign's mail, or its reminder, to an address, as somebody made up would get it;
    its link leads to nobody. Not idempotent. Raises Missing, Invalid for an address that is none.
    """
    if not is_email(address.strip()):
        raise Invalid("contact.email", email=address)
    campaign = get_campaign(tx, org_id, campaign_id)
    fields = _fields(tx, org_id, campaign.event_id, base_url, None)
    content = say_campaign(tx, org_id, campaign, is_reminder=is_reminder)
    recipient = NewRecipient(address.strip(), name=fields["recipient"], fields=fields)
    queue_content(tx, org_id, campaign.user_id, content, [recipient])
    record(tx, org_id, actor, "sent test mail", "campaign", campaign_id)


def withdraw_invitation(
    tx: Tx, org_id: OrgId, event_id: EventId, invitee_id: InviteeId, *, actor: str
) -> None:
    """Take an invitation back: the person is in the campaign no more, and the link leads nowhere.
    Raises Conflict for one that was confirmed, Missing."""
    invitee = get_invitee(tx, org_id, event_id, CampaignId(0), invitee_id)
    sql.lock_invitation(tx, org_id=org_id, id=invitee_id)
    if sql.find_state(tx, org_id=org_id, id=invitee_id).state == CONFIRMED:
        raise Conflict("invitation.confirmed")
    sql.delete_invitation(tx, org_id=org_id, id=invitee_id)
    record(tx, org_id, actor, "withdrew invitation", "campaign", invitee.campaign_id)


def count_unsent(tx: Tx, org_id: OrgId, campaign_id: CampaignId) -> Unsent:
    """How many would be written to."""
    return Unsent(*sql.count_unsent(tx, org_id=org_id, campaign_id=campaign_id))


def _fields(
    tx: Tx, org_id: OrgId, event_id: EventId, base_url: str, invitee_id: InviteeId | None
) -> dict[str, str]:
    first, last = "Ada", "Lovelace"
    if invitee_id is not None:
        invitee = get_invitee(tx, org_id, event_id, CampaignId(0), invitee_id)
        first, last = neutralize(invitee.first_name), neutralize(invitee.last_name)
    return {
        "recipient": " ".join(filter(None, (first, last))),
        "firstname": first,
        "lastname": last,
        "event": get_event(tx, org_id, event_id).title,
        "link": f"{base_url}{SAMPLE_PATH}",
    }
