"""The demo's door: tokens, some tickets that are checked, invitations in every state, and a dinner
that is sold out."""

from typing import Any

from turnout.cli.seeding import ACTOR, FIRST_NAMES, LAST_NAMES
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.events.model import Event
from turnout.core.events.programme import (
    create_ticket_type,
    list_events,
    list_ticket_types,
)
from turnout.core.identity.credentials import authenticate, issue_credential
from turnout.core.identity.demo import get_demo_organization
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.users import list_users
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.invitations.inviting import (
    Campaign,
    InviteeFilter,
    confirm,
    create_campaign,
    decline,
    invite,
    list_campaigns,
    list_invitees,
    send_campaign,
)
from turnout.core.people.model import Contact
from turnout.core.waiting_list.entries import join_list
from turnout.errors import Unauthenticated
from turnout.store import Database, Tx

CHECKED, SHOWN, WAITING = 15, 40, 3
BODY = """Dear %%recipient%%,

you are invited to %%event%%. Please tell us whether you will come:

%%link%%

Kind regards
Turnout Rail Forum
"""
# Name, ticket type, its places, and how many are invited, confirm and decline.
CAMPAIGNS = (
    ("Friends of the house", "Guest of the house", 40, 24, 8, 4),
    ("Speakers' dinner", "Dinner", 6, 9, 6, 1),
)


def seed_attendance(db: Database, known: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Seed what is missing; returns demo.json's `attendance`.

    `known` is that member as written before: a token that is no longer good gets replaced.
    """
    org_id = db.call(get_demo_organization).org_id
    event = db.call(list_events, org_id)[0]
    event_token = seed_token(
        db, org_id, CredentialKind.EVENT_TOKEN, known.get("eventToken"), event.id
    )
    company_token = seed_token(db, org_id, CredentialKind.COMPANY_TOKEN, known.get("companyToken"))
    campaigns = db.call(_seed_campaigns, org_id, event, base_url)
    db.call(_seed_waiting, org_id, event, campaigns[-1].ticket_type_id)
    db.call(_seed_scans, org_id, event.id)
    unchecked, checked = (
        [
            each.tickets[0].code
            for each in db.call(
                list_attendees, org_id, event.id, AttendeeFilter(which), limit=SHOWN, skip=0
            )[0]
        ]
        for which in ("unchecked", "checked")
    )
    invitees = db.call(
        list_invitees,
        org_id,
        event.id,
        InviteeFilter(campaign_id=campaigns[0].id, state="pending"),
    )
    return {
        "eventId": event.id,
        "eventToken": event_token,
        "companyToken": company_token,
        "ticketCodes": unchecked,
        "checkedCode": checked[0] if checked else "",
        "invitationId": campaigns[0].id,
        "recipientIds": [each.id for each in invitees],
    }


def seed_token(
    db: Database,
    org_id: OrgId,
    kind: CredentialKind,
    known: object,
    event_id: EventId | None = None,
) -> str:
    """The credential that is known, or a new one where it is no longer good."""
    try:
        found = db.call(authenticate, kind, str(known or ""))
        if found.org_id == org_id and found.event_id == event_id:
            return str(known)
    except Unauthenticated:
        pass
    _, secret = db.call(issue_credential, org_id, kind, "demo", event_id=event_id, actor=ACTOR)
    return secret


def _seed_campaigns(tx: Tx, org_id: OrgId, event: Event, base_url: str) -> list[Campaign]:
    """The campaigns; those that are missing are made, sent and answered."""
    made = {each.name: each for each, _ in list_campaigns(tx, org_id, event.id)}
    user_id = list_users(tx, org_id)[-1].id
    types = {each.name: each.id for each in list_ticket_types(tx, org_id, event.id)}
    for offset, (name, type_name, places, invited, confirming, declining) in enumerate(CAMPAIGNS):
        if name in made:
            continue
        if type_name not in types:
            types[type_name] = create_ticket_type(
                tx, org_id, event.id, type_name, capacity=places, is_rsvp=True, actor=ACTOR
            ).id
        campaign = create_campaign(
            tx,
            org_id,
            event.id,
            ticket_type_id=types[type_name],
            name=name,
            subject=f"Invitation: {event.title}",
            sender_email="summit@example.com",
            sender_name="Open Rail Summit",
            body=BODY,
            user_id=user_id,
            actor=ACTOR,
        )
        invite(tx, org_id, campaign.id, [_guest(offset, number) for number in range(invited)])
        send_campaign(tx, org_id, campaign.id, base_url, actor=ACTOR)
        wanted = InviteeFilter(campaign_id=campaign.id)
        found = [each.id for each in list_invitees(tx, org_id, event.id, wanted)]
        for number in found[:confirming]:
            confirm(tx, org_id, number, actor=ACTOR)
        for number in found[confirming : confirming + declining]:
            decline(tx, org_id, number, actor=ACTOR)
        made[name] = campaign
    return [made[name] for name, *_ in CAMPAIGNS]


def _seed_waiting(tx: Tx, org_id: OrgId, event: Event, ticket_type_id: TicketTypeId) -> None:
    """The dinner is sold out, and some wait for a place."""
    for number in range(WAITING):
        join_list(tx, org_id, event.id, ticket_type_id, _guest(2, number))


def _guest(offset: int, number: int) -> Contact:
    return Contact(
        email=f"friend{offset}{number:02}@example.com",
        first_name=FIRST_NAMES[(7 * number + offset) % len(FIRST_NAMES)],
        last_name=LAST_NAMES[(11 * number + 5 * offset) % len(LAST_NAMES)],
    )


def _seed_scans(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Some have come already: those who set the hall up."""
    checked, _ = list_attendees(
        tx, org_id, event_id, AttendeeFilter("checked"), limit=CHECKED, skip=0
    )
    if len(checked) >= CHECKED:
        return
    everybody, _ = list_attendees(tx, org_id, event_id, AttendeeFilter(), limit=CHECKED, skip=0)
    for number, each in enumerate(everybody):
        scan = Scan(code=each.tickets[0].code, at=tx.now, device="demo", nonce=f"demo-{number}")
        check_in(tx, org_id, event_id, scan)
