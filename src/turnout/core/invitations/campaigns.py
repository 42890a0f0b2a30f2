"""Campaigns of invitations: whom to, for what, and the mails that ask.

A campaign writes once to each invitee, and again as a reminder to those who
were written to and have not answered.
"""

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.events.showing import get_shown_event
from turnout.core.fields import check_filled
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.identity.personal_links import PersonalLinks
from turnout.core.ids import (
    CampaignId,
    EventId,
    JobId,
    OrgId,
    TicketTypeId,
    UserId,
)
from turnout.core.invitations.sql import sql
from turnout.core.mails.facts import brand_of
from turnout.core.mails.languages import event_language
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.letterheads import lay_out_text
from turnout.core.messaging.model import Content, JobOptions, JobType, Kind, NewJob, NewRecipient
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.reckoning import reckoning_of
from turnout.core.messaging.spending import reserve_more
from turnout.core.messaging.staging import SLICE, add_job, add_recipients, start_sending
from turnout.core.neutral import neutralize
from turnout.core.registrations.rules import Door, check, check_no_exam
from turnout.core.registrations.sources import LONGEST_STI, clean_source
from turnout.core.text import is_email
from turnout.errors import Invalid, Missing
from turnout.store import Tx

BUTTON_LABEL = "mail.button.invitation"
TABLE = "campaigns"
PATH = "/invitation/"
LINKS = PersonalLinks("invitation", PATH)
PENDING, CONFIRMED, DECLINED = "pending", "confirmed", "declined"


class Campaign(msgspec.Struct, frozen=True):
    """An invitation to an event, as it is sent to many. `body` may have `%%recipient%%`,
    `%%event%%` and `%%link%%`; `sent_at` in epoch ms, None = not yet; `sti` is the campaign source
    of who registers by it. A reminder says `reminder_subject` and `reminder_body`, where they are
    empty what the invitation says. It goes at `send_at` (epoch ms; `send_local` in the event's
    zone), reminders at `remind_at`, None = by hand (planning.py); `refusal` is why a planned one
    did not."""

    id: CampaignId
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
    reminder_subject: str
    reminder_body: str
    send_local: str
    send_at: int | None
    remind_local: str
    remind_at: int | None
    planned_by: str
    refusal: str

    def says(self, *, is_reminder: bool) -> tuple[str, str]:
        """Subject and body of its mails, or of its reminders."""
        if not is_reminder:
            return self.subject, self.body
        return self.reminder_subject or self.subject, self.reminder_body or self.body


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
    reminder_subject: str = "",
    reminder_body: str = "",
    user_id: UserId,
    sti: str = "",
    actor: str,
) -> Campaign:
    """Make a campaign. Raises Missing for an unknown event, Conflict for an exam, Invalid for a
    ticket type that is not its own, a sender that is no address, a body without `%%link%%`, or a
    campaign source that cannot be kept as it is."""
    get_event(tx, org_id, event_id)
    check_no_exam(tx, org_id, event_id)
    if ticket_type_id not in {
        ticket_type.id for ticket_type in list_ticket_types(tx, org_id, event_id)
    }:
        raise Invalid("campaign.ticket_type")
    check_filled("name", name)
    check_filled("subject", subject)
    if not is_email(sender_email):
        raise Invalid("campaign.sender", email=sender_email)
    check_bodies(body, reminder_body)
    if sti != clean_source(sti):
        raise Invalid("campaign.sti", limit=LONGEST_STI)
    campaign_id = CampaignId(tx.next_id("programme"))
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
        reminder_subject=reminder_subject,
        reminder_body=reminder_body,
        user_id=user_id,
        sti=sti,
        now=tx.now,
    )
    record(tx, org_id, actor, "created", "campaign", campaign_id, name=name)
    return get_campaign(tx, org_id, campaign_id)


def check_bodies(body: str, reminder_body: str) -> None:
    """Raise Invalid for a text without `%%link%%`; a reminder may have none of its own."""
    if "%%link%%" not in body.lower():
        raise Invalid("campaign.body")
    if reminder_body.strip() and "%%link%%" not in reminder_body.lower():
        raise Invalid("campaign.reminder_body")


def get_campaign(tx: Tx, org_id: OrgId, campaign_id: CampaignId) -> Campaign:
    """The campaign of that number. Raises Missing."""
    campaign = sql.get_campaign(tx, org_id=org_id, id=campaign_id)
    if campaign is None:
        raise Missing("invitation.missing", campaign_id=campaign_id)
    return campaign


def list_campaigns(
    tx: Tx, org_id: OrgId, event_id: EventId
) -> list[tuple[Campaign, dict[str, int]]]:
    """The event's campaigns by number, each with how many have said what."""
    answers: dict[CampaignId, dict[str, int]] = {}
    for campaign_id, state, count in sql.count_answers(tx, org_id=org_id, event_id=event_id):
        answers.setdefault(campaign_id, {})[state] = count
    return [
        (campaign, answers.get(campaign.id, {}))
        for campaign in sql.list_campaigns(tx, org_id=org_id, event_id=event_id)
    ]


def send_campaign(
    tx: Tx,
    org_id: OrgId,
    campaign_id: CampaignId,
    base_url: str,
    *,
    is_reminder: bool = False,
    prices: Prices | None = None,
    actor: str,
) -> tuple[JobId | None, int]:
    """Write to those who were not written to yet, or again to those who were and have not answered.
    A time at which that was to go is forgotten.

    Returns the number of the messaging job that does it, None when there is nobody, and how many
    it is for. What the mails cost by `prices` counts for the limit of the campaign's user. Raises
    Missing, Conflict when the event takes nobody or is an exam, Invalid when the limit of the month
    would be exceeded.
    """
    # Two who send one campaign go one behind the other: nobody is written to by both.
    tx.about(TABLE, campaign_id)
    sql.lock_campaign(tx, org_id=org_id, id=campaign_id)
    campaign = get_campaign(tx, org_id, campaign_id)
    event = get_event(tx, org_id, campaign.event_id)
    check(Door.INVITATION, event.state, event.ends_at, tx.now)
    check_no_exam(tx, org_id, event.id)
    key = ensure_link_key(tx)
    job_id: JobId | None = None
    total, last = 0, 0
    while rows := sql.list_slice(
        tx,
        org_id=org_id,
        campaign_id=campaign_id,
        is_reminder=int(is_reminder),
        after=last,
        limit=SLICE,
    ):
        last = rows[-1].id
        pending = [row for row in rows if row.state == "pending" and row.email]
        if not pending:
            continue
        job_id = job_id or _begin_job(tx, org_id, campaign, event.timezone, is_reminder)
        recipients = [
            NewRecipient(
                email,
                name=neutralize(" ".join(filter(None, (first, last_name)))),
                fields={
                    "firstname": neutralize(first),
                    "lastname": neutralize(last_name),
                    "event": event.title,
                    "link": LINKS.url(base_url, key, id_),
                },
            )
            for id_, _, email, first, last_name in pending
        ]
        head = get_job_head(tx, org_id, job_id)
        reckoning = reckoning_of(head, prices) if prices else None
        micros = add_recipients(tx, org_id, job_id, recipients, reckoning)
        reserve_more(tx, org_id, job_id, micros)
        total += len(pending)
    forget_plan(tx, org_id, campaign_id, is_reminder=is_reminder)
    if job_id is not None:
        start_sending(tx, org_id, job_id)
        mark = sql.mark_reminded if is_reminder else sql.mark_invitations_sent
        mark(tx, org_id=org_id, campaign_id=campaign_id, until=last, now=tx.now)
        sql.mark_campaign_sent(tx, org_id=org_id, id=campaign_id, now=tx.now)
        action = "reminded" if is_reminder else "sent"
        record(tx, org_id, actor, action, "campaign", campaign_id, job_id=job_id, people=total)
    return job_id, total


def forget_plan(tx: Tx, org_id: OrgId, campaign_id: CampaignId, *, is_reminder: bool) -> None:
    """Let it go by hand again. Idempotent."""
    forget = sql.set_remind_plan if is_reminder else sql.set_send_plan
    forget(tx, org_id=org_id, id=campaign_id, local="", at=None, planned_by="", now=tx.now)


def say_campaign(tx: Tx, org_id: OrgId, campaign: Campaign, *, is_reminder: bool) -> Content:
    """What the campaign's mails say, or its reminders', with merge fields: the text, and the same
    on the organizer's page, in the event's language."""
    subject, body = campaign.says(is_reminder=is_reminder)
    shown = get_shown_event(tx, org_id, campaign.event_id)
    language = event_language(tx, org_id, shown)
    brand = brand_of(tx, org_id, shown, language)
    page = lay_out_text(body, subject, language, brand, BUTTON_LABEL)
    return Content(subject=subject, text=body, html=page, from_name=campaign.sender_name)


def _begin_job(
    tx: Tx, org_id: OrgId, campaign: Campaign, timezone: str, is_reminder: bool
) -> JobId:
    job_id = JobId(tx.next_id("job"))
    new = NewJob(
        job_type=JobType.EMAIL,
        name=campaign.name,
        content=say_campaign(tx, org_id, campaign, is_reminder=is_reminder),
        options=JobOptions(event=str(campaign.event_id)),
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
    )
    return job_id
