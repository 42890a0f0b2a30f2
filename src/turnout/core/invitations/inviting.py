"""Invitations: a campaign invites people to an event; each may confirm or decline, and think again.

Somebody who was invited holds no place before confirming. Confirming grants a ticket of the
campaign's type beside those that they have, by the same rules as any other grant; declining gives
back that one. What an invitee said is read from their tickets (view invitation_states). An answer
is decided by one transaction at a time, so that a double click is one answer.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.identity.link_keys import ensure_link_key, find_link_keys
from turnout.core.identity.personal_links import PersonalLinks, missing_link
from turnout.core.ids import (
    CampaignId,
    EventId,
    InviteeId,
    JobId,
    OrgId,
    PersonId,
    TicketTypeId,
    UserId,
)
from turnout.core.invitations.sql import sql
from turnout.core.messaging.model import Content, JobType, Kind, NewJob, NewRecipient
from turnout.core.messaging.staging import SLICE, add_job, add_recipients, start_sending
from turnout.core.neutral import neutralize
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.giving_back import give_back_granted
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.rules import Door, check
from turnout.core.registrations.sources import LONGEST_STI, clean_source
from turnout.core.text import is_email
from turnout.core.tickets.issuing import Grant, GrantKind
from turnout.errors import Invalid, Missing
from turnout.store import Tx, from_row

PATH = "/invitation/"
SOURCE = "invitation"
PENDING, CONFIRMED, DECLINED = "pending", "confirmed", "declined"
_LINKS = PersonalLinks("invitation", PATH)


class Campaign(msgspec.Struct, frozen=True):
    """An invitation to an event, as it is sent to many. `body` may have `%%recipient%%`,
    `%%event%%` and `%%link%%`; `sent_at` in epoch ms, None = not yet; `sti` is the campaign source
    of who registers by it."""

    id: int
    event_id: EventId
    ticket_type_id: TicketTypeId
    name: str
    subject: str
    sender_email: str
    sender_name: str
    body: str
    user_id: UserId
    sent_at: int | None
    sti: str


class Invitee(NamedTuple):
    """Somebody invited, and what they said; `ticket_code` once they have confirmed."""

    id: int
    campaign_id: CampaignId
    person_id: PersonId
    email: str
    first_name: str
    last_name: str
    state: str
    ticket_code: str | None


class InviteeFilter(NamedTuple):
    """Which invitees are asked for; texts match as a whole in any case, empty and 0 = any."""

    campaign_id: CampaignId = 0
    id: int = 0
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    state: str = ""


def create_campaign(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    *,
    ticket_type_id: TicketTypeId,
    name: str,
    subject: str,
    sender_email: str,
    sender_name: str = "",
    body: str,
    user_id: UserId,
    sti: str = "",
    actor: str,
) -> Campaign:
    """Make a campaign. Raises Missing for an unknown event, Invalid for a ticket type that is not
    its own, a sender that is no address, a body without `%%link%%`, or a campaign source that
    cannot be kept as it is."""
    get_event(tx, org_id, event_id)
    if ticket_type_id not in {each.id for each in list_ticket_types(tx, org_id, event_id)}:
        raise Invalid("campaign.ticket_type")
    if not is_email(sender_email):
        raise Invalid("campaign.sender", email=sender_email)
    if "%%link%%" not in body.lower():
        raise Invalid("campaign.body")
    if sti != clean_source(sti):
        raise Invalid("campaign.sti", limit=LONGEST_STI)
    campaign_id = tx.next_id("programme")
    sql.add_campaign(
        tx,
        org_id=org_id,
        id=campaign_id,
        event_id=event_id,
        ticket_type_id=ticket_type_id,
        name=name,
        subject=subject,
        sender_email=sender_email,
        sender_name=sender_name,
        body=body,
        user_id=user_id,
        sti=sti,
        now=tx.now,
    )
    record(tx, org_id, actor, "created", "campaign", campaign_id, name=name)
    return get_campaign(tx, org_id, campaign_id)


def get_campaign(tx: Tx, org_id: OrgId, campaign_id: CampaignId) -> Campaign:
    """The campaign of that number. Raises Missing."""
    row = sql.get_campaign(tx, org_id=org_id, id=campaign_id)
    if row is None:
        raise Missing("invitation.missing", campaign_id=campaign_id)
    return from_row(Campaign, row)


def list_campaigns(
    tx: Tx, org_id: OrgId, event_id: EventId
) -> list[tuple[Campaign, dict[str, int]]]:
    """The event's campaigns by number, each with how many have said what."""
    answers: dict[int, dict[str, int]] = {}
    for campaign_id, state, count in sql.count_answers(tx, org_id=org_id, event_id=event_id):
        answers.setdefault(campaign_id, {})[state] = count
    return [
        (campaign, answers.get(campaign.id, {}))
        for row in sql.list_campaigns(tx, org_id=org_id, event_id=event_id)
        for campaign in [from_row(Campaign, row)]
    ]


def invite(tx: Tx, org_id: OrgId, campaign_id: CampaignId, contacts: Sequence[Contact]) -> int:
    """Add people to a campaign; returns how many were not in it yet. Nothing is sent.

    Raises Missing for an unknown campaign, Invalid for the first address that is none.
    """
    campaign = get_campaign(tx, org_id, campaign_id)
    added = 0
    for contact in contacts:
        if not is_email(contact.email):
            raise Invalid("invitation.email", email=contact.email)
        person = merge_person(tx, org_id, contact)
        added += sql.add_invitation(
            tx,
            org_id=org_id,
            id=tx.next_id("invitation"),
            uuid=tx.uuid(),
            campaign_id=campaign_id,
            event_id=campaign.event_id,
            person_id=person.id,
            now=tx.now,
        )
    return added


def list_invitees(tx: Tx, org_id: OrgId, event_id: EventId, wanted: InviteeFilter) -> list[Invitee]:
    """Who is invited to the event, by number. Raises Missing for a campaign of another event."""
    if wanted.campaign_id and get_campaign(tx, org_id, wanted.campaign_id).event_id != event_id:
        raise Missing("invitation.missing", campaign_id=wanted.campaign_id)
    rows = sql.list_invitees(
        tx,
        org_id=org_id,
        event_id=event_id,
        campaign_id=wanted.campaign_id,
        id=wanted.id,
        email=wanted.email.strip().lower(),
        first_name=wanted.first_name.strip().lower(),
        last_name=wanted.last_name.strip().lower(),
        state=wanted.state.strip().lower(),
    )
    return [Invitee(*row) for row in rows]


def get_invitee(
    tx: Tx, org_id: OrgId, event_id: EventId, campaign_id: CampaignId, invitee_id: InviteeId
) -> Invitee:
    """One of them; `campaign_id` 0 = of any campaign. Raises Missing."""
    wanted = InviteeFilter(campaign_id=campaign_id, id=invitee_id)
    found = list_invitees(tx, org_id, event_id, wanted) if invitee_id > 0 else []
    if not found:
        raise Missing("recipient.missing", invitee_id=invitee_id)
    return found[0]


# -- answering -----------------------------------------------------------------------------


def confirm(tx: Tx, org_id: OrgId, invitee_id: InviteeId, *, actor: str) -> None:
    """Give an invitee a ticket of the campaign's type, beside those that they have, and mail it.
    Idempotent: a person with a ticket of that type keeps it.

    Raises Conflict when nothing is left or the event takes nobody (a draft, closed, cancelled or
    over), Missing.
    """
    campaign_id, event_id, person_id = _lock(tx, org_id, invitee_id)
    if _is_confirmed(tx, org_id, invitee_id):
        return
    campaign = get_campaign(tx, org_id, campaign_id)
    wish = Wish(
        Door.INVITATION,
        event_id,
        person_id,
        campaign.ticket_type_id,
        source=SOURCE,
        grant_id=invitee_id,
        sti=campaign.sti,
    )
    granted = grant(tx, org_id, wish)
    sql.clear_declined(tx, org_id=org_id, id=invitee_id, now=tx.now)
    if granted.is_new:
        queue_ticket_mail(tx, org_id, granted.ticket.id, campaign.user_id)
    record(tx, org_id, actor, "confirmed", "invitation", invitee_id)


def decline(tx: Tx, org_id: OrgId, invitee_id: InviteeId, *, actor: str) -> None:
    """Say no, and give back what this invitation granted and nothing else. Idempotent. Raises
    Missing."""
    campaign_id, event_id, person_id = _lock(tx, org_id, invitee_id)
    if sql.find_state(tx, org_id=org_id, id=invitee_id).state == DECLINED:
        return
    known = booking.find_registration(tx, org_id, event_id, person_id)
    own = Grant(GrantKind.INVITATION, invitee_id)
    kept = give_back_granted(tx, org_id, known.id, own, actor=actor) if known else []
    type_id = get_campaign(tx, org_id, campaign_id).ticket_type_id
    after = max((each.created_at for each in kept if each.ticket_type_id == type_id), default=0)
    sql.set_declined(tx, org_id=org_id, id=invitee_id, declined_after=after, now=tx.now)
    record(tx, org_id, actor, "declined", "invitation", invitee_id)


def _is_confirmed(tx: Tx, org_id: OrgId, invitee_id: InviteeId) -> bool:
    return sql.find_state(tx, org_id=org_id, id=invitee_id).state == CONFIRMED


def _lock(tx: Tx, org_id: OrgId, invitee_id: InviteeId) -> tuple[CampaignId, EventId, PersonId]:
    row = sql.lock_invitation(tx, org_id=org_id, id=invitee_id)
    if row is None:
        raise Missing("recipient.missing", invitee_id=invitee_id)
    return row


# -- sending -------------------------------------------------------------------------------


def send_campaign(
    tx: Tx,
    org_id: OrgId,
    campaign_id: CampaignId,
    base_url: str,
    *,
    is_reminder: bool = False,
    actor: str,
) -> tuple[int | None, int]:
    """Write to those who were not written to yet, or again to those who have not answered.

    Returns the number of the messaging job that does it, None when there is nobody, and how many
    it is for. Raises Missing, Conflict when the event is over or cancelled.
    """
    campaign = get_campaign(tx, org_id, campaign_id)
    event = get_event(tx, org_id, campaign.event_id)
    check(Door.INVITATION, event.state, event.ends_at, tx.now)
    key = ensure_link_key(tx)
    job_id: JobId | None = None
    total, last = 0, 0
    while rows := sql.list_unsent(
        tx,
        org_id=org_id,
        campaign_id=campaign_id,
        is_reminder=int(is_reminder),
        after=last,
        limit=SLICE,
    ):
        job_id = job_id or _begin_job(tx, org_id, campaign, event.timezone)
        recipients = [
            NewRecipient(
                email,
                name=neutralize(" ".join(filter(None, (first, last_name)))),
                fields={
                    "firstname": neutralize(first),
                    "lastname": neutralize(last_name),
                    "event": event.title,
                    "link": _LINKS.url(base_url, key, id_),
                },
            )
            for id_, email, first, last_name in rows
        ]
        add_recipients(tx, org_id, job_id, recipients)
        total, last = total + len(rows), rows[-1][0]
    if job_id is not None:
        start_sending(tx, org_id, job_id)
        sql.mark_invitations_sent(
            tx, org_id=org_id, campaign_id=campaign_id, until=last, now=tx.now
        )
        sql.mark_campaign_sent(tx, org_id=org_id, id=campaign_id, now=tx.now)
        action = "reminded" if is_reminder else "sent"
        record(tx, org_id, actor, action, "campaign", campaign_id, job_id=job_id, people=total)
    return job_id, total


def read_link(tx: Tx, token: str) -> tuple[int, int, Invitee]:
    """Whose personal link it is: organization, event and invitee. Raises Missing."""
    (invitee_id,) = _LINKS.read(find_link_keys(tx), token)
    row = sql.find_invitation(tx, id=int(invitee_id))
    if row is None:
        raise missing_link()
    org_id, event_id = row
    return org_id, event_id, get_invitee(tx, org_id, event_id, 0, int(invitee_id))


def _begin_job(tx: Tx, org_id: OrgId, campaign: Campaign, timezone: str) -> int:
    job_id = tx.next_id("job")
    new = NewJob(
        job_type=JobType.EMAIL,
        name=campaign.name,
        content=Content(
            subject=campaign.subject, text=campaign.body, from_name=campaign.sender_name
        ),
        sender=campaign.sender_email,
    )
    add_job(
        tx,
        org_id,
        campaign.user_id,
        job_id,
        Kind.BROADCAST,
        new,
        timezone=timezone,
        scheduled_at=None,
        reserved=0,
    )
    return job_id
