"""Model → wire: the contract's JSON shapes."""

import datetime
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from turnout.core.checkin.attendees import Attendee
from turnout.core.events.model import EventState, TicketType
from turnout.core.events.programmes import Programme
from turnout.core.events.showing import EventView, has_page
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.short_names import page_path, picture_path
from turnout.core.ids import EventId, OrgId
from turnout.core.invitations.campaigns import CONFIRMED, DECLINED, PENDING, Campaign
from turnout.core.invitations.invitees import Invitee
from turnout.core.tickets.signing import TicketKey
from turnout.dialects.attendance.zones import rails_name
from turnout.formats.money import say_amount

UNLIMITED = 1_000_000
QUARTER_S = 900
Clock = Callable[[int], str]


def local_clock(timezone: str) -> Clock:
    """Instants as the event's wall clock shows them, with its offset, to the second."""
    zone = ZoneInfo(timezone)

    def say(at: int) -> str:
        quarter, second = divmod(at // 1000, QUARTER_S)
        said = _say_quarter(quarter, zone)
        if said is None:
            return datetime.datetime.fromtimestamp(at // 1000, zone).isoformat()
        return f"{said[0]}{said[1] + second // 60:02}:{second % 60:02}{said[2]}"

    return say


@lru_cache(maxsize=4096)
def _say_quarter(quarter: int, zone: ZoneInfo) -> tuple[str, int, str] | None:
    """A quarter of an hour on the wall clock: text before the minute, its first minute, and the
    offset. None where the zone, as some before 1990, does not keep to quarters."""
    first, last = (
        datetime.datetime.fromtimestamp(second, zone)
        for second in (quarter * QUARTER_S, (quarter + 1) * QUARTER_S - 1)
    )
    text = first.isoformat()
    if first.minute % 15 or first.second or first.utcoffset() != last.utcoffset():
        return None
    return text[:14], first.minute, text[19:]


def utc_clock(at: int) -> str:
    """An instant in UTC with milliseconds, as `company.json` has it."""
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- events --------------------------------------------------------------------------------


def present_event(
    shown: EventView, company: Organization, base_url: str, now: int
) -> dict[str, Any]:
    """Contract, Event."""
    clock = local_clock(shown.event.timezone)
    event = _event(shown, company, base_url, now, clock)
    location = present_location(shown)
    tickets = [
        {
            "id": ticket_type.id,
            "name": ticket_type.name,
            "starts_at": clock(shown.event.starts_at),
            "ends_at": clock(shown.event.ends_at),
            "location": location,
        }
        for ticket_type in shown.ticket_types
    ]
    return event | {
        "location": location,
        "company": {"id": company.org_id, "name": company.name},
        "tickets": tickets,
    }


def present_company(
    company: Organization,
    profile: OrganizationProfile,
    events: list[EventView],
    programmes: Mapping[EventId, Programme],
    contact_email: str,
    base_url: str,
    now: int,
) -> dict[str, Any]:
    """Contract, Company."""
    currencies = {profile.currency.lower()} - {""} | {
        ticket_type.currency.lower()
        for shown in events
        for ticket_type in shown.ticket_types
        if ticket_type.currency
    }
    countries = [shown.place.country_code for shown in events if shown.place.country_code]
    return {
        "name": company.name,
        "url": f"{base_url}{page_path(company.slug)}",
        "logo_url": picture_url(company, profile.logo, base_url),
        "currencies": sorted(currencies),
        "contact_email": profile.contact_email or contact_email or None,
        "country_id": profile.country_code or (countries[0] if countries else None),
        "locale": company.locale or None,
        "timezone": rails_name(company.timezone),
        "events": [
            _company_event(
                shown,
                company,
                profile,
                programmes.get(shown.event.id, Programme([], [])),
                base_url,
                now,
            )
            for shown in events
        ],
    }


def _present_programme(
    shown: EventView, company: Organization, programme: Programme, base_url: str
) -> dict[str, Any]:
    """What the event's page shows; lines of older events are names and titles."""
    speakers = [
        {
            "name": speaker.name,
            "title": speaker.headline or None,
            "description": speaker.description or None,
            "photo_url": picture_url(company, speaker.picture, base_url, 800),
        }
        for speaker in programme.speakers
    ] + [
        {"name": line, "title": None, "description": None, "photo_url": None}
        for line in shown.details.speakers
    ]
    schedule = [
        {
            "title": item.title,
            "description": item.description or None,
            "starts_at": utc_clock(item.starts_at),
            "ends_at": utc_clock(item.ends_at),
            "track": item.track or None,
            "room": item.room or None,
            "speakers": list(item.speakers),
        }
        for item in programme.items
        if not item.is_cancelled
    ]
    return {"speakers": speakers, "schedule": schedule}


def picture_url(company: Organization, digest: str, base_url: str, side: int = 1600) -> str | None:
    """Where a picture is, at most `side` pixels wide and high; None without one."""
    return f"{base_url}{picture_path(company.org_id, digest, side)}" if digest else None


def _company_event(
    shown: EventView,
    company: Organization,
    profile: OrganizationProfile,
    programme: Programme,
    base_url: str,
    now: int,
) -> dict[str, Any]:
    event = _event(shown, company, base_url, now, utc_clock)
    location = present_location(shown)
    return event | {
        "logo": picture_url(company, shown.cover, base_url),
        "thumbnail_url": picture_url(company, shown.cover or profile.logo, base_url, 800)
        or f"{base_url}/favicon.svg",
        "location": location,
        "company": {"id": company.org_id, "name": company.name},
        "tickets": [
            _company_ticket(shown, ticket_type, location, profile.currency)
            for ticket_type in shown.ticket_types
        ],
        "website_data": _present_programme(shown, company, programme, base_url),
    }


def _event(
    shown: EventView, company: Organization, base_url: str, now: int, clock: Clock
) -> dict[str, Any]:
    event = shown.event
    return {
        "id": event.id,
        "name": event.title,
        "description": shown.details.description or shown.details.summary or None,
        "starts_at": clock(event.starts_at),
        "ends_at": clock(event.ends_at),
        "locale": shown.details.locale or company.locale or "en",
        "timezone": rails_name(event.timezone),
        "state": _STATES.get(event.state, "active"),
        "url": f"{base_url}{page_path(company.slug)}{f'/{event.id}' if has_page(shown) else ''}",
        "public": shown.details.is_public and has_page(shown),
        "real_state": real_state(shown, now),
        "rating_avg": None,
        "ratings_enabled": False,
    }


_STATES = {EventState.DRAFT: "draft", EventState.CANCELLED: "cancelled"}


def real_state(shown: EventView, now: int) -> str:
    """How an event stands: draft, cancelled, finished, sold-out, paid-active or selling."""
    event = shown.event
    if event.state in _STATES:
        return _STATES[event.state]
    if event.ends_at <= now:
        return "finished"
    offered = [ticket_type for ticket_type in shown.ticket_types if not ticket_type.is_locked]
    is_full = event.capacity is not None and event.held >= event.capacity
    left = any(
        ticket_type.capacity is None or ticket_type.held < ticket_type.capacity
        for ticket_type in offered
    )
    if event.state is EventState.CLOSED or is_full or (offered and not left):
        return "sold-out"
    return "paid-active" if any(ticket_type.price_minor for ticket_type in offered) else "selling"


def present_location(shown: EventView) -> dict[str, Any]:
    """Contract, `location`: never null."""
    place = shown.place
    return {
        "venue": place.venue,
        "address": place.address,
        "city": place.city,
        "country": place.country_code,
        "lat": place.latitude,
        "lng": place.longitude,
    }


def _company_ticket(
    shown: EventView, ticket_type: TicketType, location: dict[str, Any], own_currency: str
) -> dict[str, Any]:
    return {
        "id": ticket_type.id,
        "name": ticket_type.name,
        "starts_at": utc_clock(shown.event.starts_at),
        "ends_at": utc_clock(shown.event.ends_at),
        "quantity": quantity(shown, ticket_type),
        "available": quantity(shown, ticket_type) - ticket_type.held,
        "prices": present_prices(ticket_type, own_currency),
        "locked": ticket_type.is_locked,
        "ticket_type": _kind(ticket_type),
        "location": location,
    }


def quantity(shown: EventView, ticket_type: TicketType) -> int:
    """How many tickets of a type there are, always a number: where the type has no limit of its
    own, those that are held and what the event has left; where neither has one, a million."""
    if ticket_type.capacity is not None:
        return ticket_type.capacity
    if shown.event.capacity is None:
        return UNLIMITED
    return ticket_type.held + shown.event.capacity - shown.event.held


def _kind(ticket_type: TicketType) -> str:
    if ticket_type.is_rsvp:
        return "rsvp"
    return "sales" if ticket_type.price_minor else "free"


def present_prices(ticket_type: TicketType, own_currency: str = "") -> dict[str, str | int]:
    """By currency in small letters: text for sales, the number 0 for free ones, none for rsvp.
    `own_currency` is the organization's."""
    currency = (ticket_type.currency or own_currency).lower()
    if ticket_type.is_rsvp or not currency:
        return {}
    if not ticket_type.price_minor:
        return {currency: 0}
    amount = say_amount(ticket_type.price_minor, currency)
    whole, _, decimals = amount.partition(".")
    return {currency: amount if decimals.strip("0") else whole}


# -- attendees -----------------------------------------------------------------------------


def present_attendee(
    attendee: Attendee, clock: Clock, *, has_states: bool = False
) -> dict[str, Any]:
    """Contract, Attendees; members without a value are null. `has_states`, an addition: each
    ticket says whether it is valid or cancelled."""
    return {
        "id": attendee.id,
        "first_name": attendee.first_name or None,
        "last_name": attendee.last_name or None,
        "organization": attendee.company or None,
        "title": attendee.job_title or None,
        "email": attendee.email or None,
        "phone": attendee.phone or None,
        "facebook_uid": None,
        "reference_key": None,
        "tickets": [
            {
                "code": ticket.code,
                "ticket_id": ticket.ticket_type_id,
                "checked_at": None if ticket.checked_in_at is None else clock(ticket.checked_in_at),
                "created_at": clock(ticket.created_at),
                **({"state": TICKET_STATES[ticket.is_valid]} if has_states else {}),
            }
            for ticket in attendee.tickets
        ],
    }


TICKET_STATES = {True: "valid", False: "cancelled"}


def present_ticket_key(key: TicketKey) -> dict[str, str]:
    """A public key as a JSON Web Key (RFC 8037). An addition."""
    return {"kid": key.kid, "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": key.public_key}


# -- invitations ---------------------------------------------------------------------------


def present_campaign(campaign: Campaign, answers: dict[str, int], clock: Clock) -> dict[str, Any]:
    """Contract, Get invitations; `stats` are counted live."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "email_subject": campaign.subject,
        "event_id": campaign.event_id,
        "sender_email": campaign.sender_email,
        "sender_name": campaign.sender_name,
        "sent_at": None if campaign.sent_at is None else clock(campaign.sent_at),
        "stats": {state: answers.get(state, 0) for state in (CONFIRMED, DECLINED, PENDING)},
        "ticket_id": campaign.ticket_type_id,
    }


def present_invitee(invitee: Invitee, org_id: OrgId, base_url: str) -> dict[str, Any]:
    """Contract, Get invitation recipients."""
    code = invitee.ticket_code
    return {
        "id": invitee.id,
        "invitation_id": invitee.campaign_id,
        "email": invitee.email,
        "first_name": invitee.first_name or None,
        "last_name": invitee.last_name or None,
        "state": invitee.state,
        "ticket_code": code,
        "ticket_url": f"{base_url}/ticket/{org_id}-{code}" if code else None,
    }
