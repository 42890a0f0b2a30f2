"""The demo's door: tokens, some tickets that are checked, invitations in every state, and a dinner
that is sold out."""

import msgspec

from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.events.model import Event
from turnout.core.events.programme import (
    create_ticket_type,
    list_events,
    list_ticket_types,
)
from turnout.core.identity.demo import get_demo_organization
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.users import list_users
from turnout.core.ids import CampaignId, EventId, InviteeId, OrgId, TicketTypeId
from turnout.core.invitations.campaigns import (
    Campaign,
    create_campaign,
    list_campaigns,
    send_campaign,
)
from turnout.core.invitations.invitees import InviteeFilter, confirm, decline, invite, list_invitees
from turnout.core.people.model import Contact
from turnout.core.registrations.offers import (
    join_list,
)
from turnout.demo.cast import ACTOR, FIRST_NAMES, LAST_NAMES, Known, number_of, seed_token
from turnout.store import Database, Tx
from turnout.web.catalogue import Step, Trial, Value
from turnout.web.curl_samples import curl, set_variable

CHECKED, SHOWN, WAITING = 15, 40, 3
OFFSET = 500
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


class Member(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The `attendance` of demo.json; `checked_code` is empty where no ticket was checked."""

    event_id: EventId
    event_token: str
    company_token: str
    ticket_codes: list[str]
    checked_code: str
    invitation_id: CampaignId
    recipient_ids: list[InviteeId]


def seed(db: Database, known: Known, base_url: str) -> Member:
    """Seed what is missing. `known` is this member as written before: a token that is no longer
    good gets replaced."""
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
            attendee.tickets[0].code
            for attendee in db.call(
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
    return Member(
        event_id=event.id,
        event_token=event_token,
        company_token=company_token,
        ticket_codes=unchecked,
        checked_code=checked[0] if checked else "",
        invitation_id=campaigns[0].id,
        recipient_ids=[invitee.id for invitee in invitees],
    )


def _seed_campaigns(tx: Tx, org_id: OrgId, event: Event, base_url: str) -> list[Campaign]:
    """The campaigns; those that are missing are made, sent and answered."""
    made = {campaign.name: campaign for campaign, _ in list_campaigns(tx, org_id, event.id)}
    user_id = list_users(tx, org_id)[-1].id
    types = {
        ticket_type.name: ticket_type.id for ticket_type in list_ticket_types(tx, org_id, event.id)
    }
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
        found = [invitee.id for invitee in list_invitees(tx, org_id, event.id, wanted)]
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
        phone=number_of(OFFSET + 100 * offset + number),
    )


def _seed_scans(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Some have come already: those who set the hall up."""
    checked, _ = list_attendees(
        tx, org_id, event_id, AttendeeFilter("checked"), limit=CHECKED, skip=0
    )
    if len(checked) >= CHECKED:
        return
    everybody, _ = list_attendees(tx, org_id, event_id, AttendeeFilter(), limit=CHECKED, skip=0)
    for number, person in enumerate(everybody):
        scan = Scan(code=person.tickets[0].code, at=tx.now, device="demo", nonce=f"demo-{number}")
        check_in(tx, org_id, event_id, scan)


# -- what to try ---------------------------------------------------------------------------


def show(base_url: str, member: Member) -> Trial:
    """What the start page offers to try."""
    token = ["Authorization: event $EVENT_TOKEN"]
    event = f"{base_url}/v1/event"
    code = f"{event}/attendees/code/$CODE"
    steps = [
        Step(
            "Show the event of a token",
            "A token opens one event; a company's token opens all of its company's.",
            f"{set_variable('EVENT_TOKEN', member.event_token)}\n"
            f"{curl('GET', f'{event}.json', token)}",
        ),
        *(
            Step(
                "Check a ticket at the door",
                "The first check wins. Repeat the line, and it says when that was.",
                f"{set_variable('CODE', ticket)}\n{curl('POST', f'{code}/check.json', token)}",
            )
            for ticket in member.ticket_codes[:1]
        ),
        *(
            Step(
                "Confirm an invitation",
                "Anyone who confirms is an attendee, with a ticket.",
                curl("POST", f"{event}/invitations/all/recipients/{who}/confirm.json", token),
            )
            for who in member.recipient_ids[:1]
        ),
    ]
    values = [
        Value("eventToken", "A token of the conference", [member.event_token]),
        Value("companyToken", "A token of the company", [member.company_token]),
        Value("ticketCodes", "Tickets that are not checked yet", member.ticket_codes[:6]),
        Value("checkedCode", "One that is", list(filter(None, [member.checked_code]))),
        Value("invitationId", "An invitation", [str(member.invitation_id)]),
        Value(
            "recipientIds",
            "Its recipients who have not answered",
            [str(recipient_id) for recipient_id in member.recipient_ids[:6]],
        ),
    ]
    return Trial("attendance", steps, values)
