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
from turnout.core.identity.link_keys import find_link_keys
from turnout.core.ids import (
    NO_CAMPAIGN,
    NO_INVITEE,
    CampaignId,
    EventId,
    InviteeId,
    OrgId,
    PersonId,
    RegistrationId,
)
from turnout.core.invitations.campaigns import (
    CONFIRMED,
    DECLINED,
    LINKS,
    Campaign,
    get_campaign,
)
from turnout.core.invitations.sql import sql
from turnout.core.messaging.consents import INVITATION, note_consents
from turnout.core.people.contacts import check_details
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.people.reach import Reach, meet_person
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers
from turnout.core.registrations import booking
from turnout.core.registrations.giving_back import give_back_granted
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.model import Registration, Submitted
from turnout.core.registrations.rules import Door
from turnout.core.text import is_email
from turnout.core.tickets.issuing import (
    Grant,
    GrantKind,
    list_valid_tickets,
    regrant_ticket,
)
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

SOURCE = "invitation"
NAME = ("title", "first_name", "last_name")
_submitted = msgspec.json.Decoder(Submitted)


class Invitee(NamedTuple):
    """Somebody invited, and what they said; `ticket_code` once they have confirmed. They were
    written to at `sent_at`, and reminded so often, last at `reminded_at` (epoch ms)."""

    id: InviteeId
    campaign_id: CampaignId
    person_id: PersonId
    email: str
    first_name: str
    last_name: str
    state: str
    ticket_code: str | None
    sent_at: int | None
    reminded_at: int | None
    reminders: int


class InviteeFilter(NamedTuple):
    """Which invitees are asked for; texts match as a whole in any case, empty and 0 = any."""

    campaign_id: CampaignId = NO_CAMPAIGN
    id: InviteeId = NO_INVITEE
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    state: str = ""


def invite(
    tx: Tx,
    org_id: OrgId,
    campaign_id: CampaignId,
    contacts: Sequence[Contact],
    *,
    reach: Reach | None = None,
) -> int:
    """Add people to a campaign; returns how many were not in it yet. Nothing is sent. What is known
    of somebody stays, and what is not is added. `reach` is that of staff (people/reach.py).

    Raises Missing for an unknown campaign, Invalid for the first address that is none.
    """
    campaign = get_campaign(tx, org_id, campaign_id)
    added = 0
    for contact in contacts:
        if not is_email(contact.email):
            raise Invalid("invitation.email", email=contact.email)
        check_details(contact)
        person_id = meet_person(tx, org_id, _only_new(tx, org_id, contact), reach)
        added += sql.add_invitation(
            tx,
            org_id=org_id,
            id=InviteeId(tx.next_id("invitation")),
            uuid=tx.uuid(),
            campaign_id=campaign_id,
            event_id=campaign.event_id,
            person_id=person_id,
            now=tx.now,
        )
    return added


def list_registered(
    tx: Tx, org_id: OrgId, campaign_id: CampaignId
) -> dict[PersonId, RegistrationId]:
    """Who in a campaign is registered for its event, by the invitation or otherwise."""
    rows = sql.list_registered(tx, org_id=org_id, campaign_id=campaign_id)
    return {row.person_id: row.id for row in rows}


def list_invitees(tx: Tx, org_id: OrgId, event_id: EventId, wanted: InviteeFilter) -> list[Invitee]:
    """Who is invited to the event, by number. Raises Missing for a campaign of another event."""
    if wanted.campaign_id and get_campaign(tx, org_id, wanted.campaign_id).event_id != event_id:
        raise Missing("invitation.missing", campaign_id=wanted.campaign_id)
    return sql.list_invitees(
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


def get_invitee(
    tx: Tx, org_id: OrgId, event_id: EventId, campaign_id: CampaignId, invitee_id: InviteeId
) -> Invitee:
    """One of them; `campaign_id` 0 = of any campaign. Raises Missing."""
    wanted = InviteeFilter(campaign_id=campaign_id, id=invitee_id)
    found = list_invitees(tx, org_id, event_id, wanted) if invitee_id > 0 else []
    if not found:
        raise Missing("recipient.missing", invitee_id=invitee_id)
    return found[0]


def _only_new(tx: Tx, org_id: OrgId, contact: Contact) -> Contact:
    """What a list says of somebody that is not known yet; a name is one thing."""
    known = find_person(tx, org_id, contact.email)
    if known is None:
        return contact
    has_name = bool(known.contact.first_name or known.contact.last_name)
    kept = {
        name: ""
        for name in Contact.__struct_fields__
        if name != "email" and (getattr(known.contact, name) or (name in NAME and has_name))
    }
    return msgspec.structs.replace(contact, email=known.contact.email, **kept)


# -- answering -----------------------------------------------------------------------------


def confirm(
    tx: Tx,
    org_id: OrgId,
    invitee_id: InviteeId,
    *,
    answers: Sequence[Answer] | None = None,
    actor: str,
) -> None:
    """Give an invitee a ticket of the campaign's type, beside those that they have, and mail it.
    Idempotent: a person with a ticket of that type keeps it. `answers` None = the invitee was not
    shown the event's questions.

    Raises Invalid for an answer that its question does not take or that is missing, Conflict when
    nothing is left, the event takes nobody (a draft, closed, cancelled or over) or the person was
    erased, Missing.
    """
    campaign_id, event_id, person_id = _lock(tx, org_id, invitee_id)
    if _keep_confirmed(tx, org_id, invitee_id, event_id, person_id):
        return
    if sql.is_erased(tx, org_id=org_id, person_id=person_id):
        raise Conflict("invitation.over")
    campaign = get_campaign(tx, org_id, campaign_id)
    wish = Wish(
        Door.INVITATION,
        event_id,
        person_id,
        campaign.ticket_type_id,
        source=SOURCE,
        submitted=_read_answers(tx, org_id, event_id, person_id, campaign, answers),
        grant_id=invitee_id,
        sti=campaign.sti,
    )
    granted = grant(tx, org_id, wish)
    _set_confirmed(tx, org_id, invitee_id, granted.registration_id)
    if granted.is_new:
        queue_ticket_mail(tx, org_id, granted.ticket.id, campaign.user_id)
    record(tx, org_id, actor, "confirmed", "invitation", invitee_id)


def list_given(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> list[Answer]:
    """What an invitee answered to the event before."""
    kept = sql.find_answers(tx, org_id=org_id, event_id=event_id, person_id=person_id)
    return _submitted.decode(kept).answers if kept else []


def _read_answers(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    person_id: PersonId,
    campaign: Campaign,
    answers: Sequence[Answer] | None,
) -> Submitted | None:
    if answers is None:
        return None
    must_meet = campaign.ticket_type_id
    kept = accept_answers(tx, org_id, event_id, answers, must_meet=must_meet)
    contact = booking.get_contact(tx, org_id, person_id)
    note_consents(tx, org_id, event_id, contact, kept, source=INVITATION)
    return Submitted(contact, kept)


def decline(tx: Tx, org_id: OrgId, invitee_id: InviteeId, *, actor: str) -> None:
    """Say no, and give back what this invitation granted and nothing else; a ticket that another
    invitation confirmed, too, is that one's from then on. Idempotent. Raises Conflict once somebody
    came in with a ticket that it would give back, Missing."""
    campaign_id, event_id, person_id = _lock(tx, org_id, invitee_id)
    if sql.find_state(tx, org_id=org_id, id=invitee_id).state == DECLINED:
        return
    known = booking.find_registration(tx, org_id, event_id, person_id)
    if known:
        _hand_over(tx, org_id, invitee_id, known)
    own = Grant(GrantKind.INVITATION, invitee_id)
    if sql.has_come(tx, org_id=org_id, event_id=event_id, person_id=person_id, id=invitee_id):
        raise Conflict("invitation.came")
    kept = give_back_granted(tx, org_id, known.id, own, actor=actor) if known else []
    type_id = get_campaign(tx, org_id, campaign_id).ticket_type_id
    after = max(
        (ticket.created_at for ticket in kept if ticket.ticket_type_id == type_id), default=0
    )
    sql.set_declined(tx, org_id=org_id, id=invitee_id, declined_after=after, now=tx.now)
    record(tx, org_id, actor, "declined", "invitation", invitee_id)


def _keep_confirmed(
    tx: Tx, org_id: OrgId, invitee_id: InviteeId, event_id: EventId, person_id: PersonId
) -> bool:
    """Whether the person has a ticket that confirms the invitation. That they said yes is kept:
    when what gave the ticket is declined, it stays for this one."""
    known = booking.find_registration(tx, org_id, event_id, person_id)
    if known is None or not _is_confirmed(tx, org_id, invitee_id):
        return False
    booking.lock_registration(tx, org_id, known.id)
    if not _is_confirmed(tx, org_id, invitee_id):
        return False
    _set_confirmed(tx, org_id, invitee_id, known.id)
    return True


def _is_confirmed(tx: Tx, org_id: OrgId, invitee_id: InviteeId) -> bool:
    return sql.find_state(tx, org_id=org_id, id=invitee_id).state == CONFIRMED


def _set_confirmed(
    tx: Tx, org_id: OrgId, invitee_id: InviteeId, registration_id: RegistrationId
) -> None:
    """They said yes, after every ticket that they have was made."""
    newest = list_valid_tickets(tx, org_id, registration_id)[-1]
    confirmed_at = max(tx.now, newest.created_at)
    sql.set_confirmed(tx, org_id=org_id, id=invitee_id, confirmed_at=confirmed_at, now=tx.now)


def _hand_over(tx: Tx, org_id: OrgId, invitee_id: InviteeId, known: Registration) -> None:
    """What the invitation gave, and another one to that type confirmed since, is the other's."""
    booking.lock_registration(tx, org_id, known.id)
    for ticket in list_valid_tickets(tx, org_id, known.id):
        if (ticket.granted_by, ticket.grant_id) != Grant(GrantKind.INVITATION, invitee_id):
            continue
        other = sql.find_successor(
            tx,
            org_id=org_id,
            event_id=known.event_id,
            person_id=known.person_id,
            id=invitee_id,
            ticket_type_id=ticket.ticket_type_id,
            made_at=ticket.created_at,
        )
        if other:
            regrant_ticket(tx, org_id, ticket.id, other)


def _lock(tx: Tx, org_id: OrgId, invitee_id: InviteeId) -> tuple[CampaignId, EventId, PersonId]:
    row = sql.lock_invitation(tx, org_id=org_id, id=invitee_id)
    if row is None:
        raise Missing("recipient.missing", invitee_id=invitee_id)
    return row


# -- links ---------------------------------------------------------------------------------


def read_link(tx: Tx, token: str) -> tuple[OrgId, EventId, Invitee]:
    """Whose personal link it is: organization, event and invitee. Raises Missing, also once the
    person was erased."""
    (number,) = LINKS.read(find_link_keys(tx), token)
    invitee_id = InviteeId(int(number))
    row = sql.find_invitation(tx, id=invitee_id)
    if row is None:
        raise Missing("invitation.over")
    return row.org_id, row.event_id, get_invitee(tx, row.org_id, row.event_id, NO_CAMPAIGN, row.id)
