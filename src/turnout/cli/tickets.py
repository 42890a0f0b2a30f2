"""`turnout ticket` and `waiting`: ticket types, tickets and waiting lists."""

from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from turnout.cli.app import Count, actor, console, counted, database, show_table, tell_twice
from turnout.cli.exports import noting
from turnout.cli.files import new_file
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber, SessionNumber, TicketTypeNumber
from turnout.cli.ticket_changes import change_type, transfer
from turnout.core.events.model import TicketType
from turnout.core.events.programme import (
    create_ticket_type,
    get_event,
    list_ticket_types,
    set_person_limit,
)
from turnout.core.events.showing import get_shown_event
from turnout.core.events.ticket_types import TicketTypeChange
from turnout.core.fields import changed_fields
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.registrations.places import change_ticket_type, set_ticket_capacity
from turnout.core.tickets.signing import list_ticket_keys, rotate_ticket_key
from turnout.core.times import stamp
from turnout.errors import Invalid
from turnout.formats.money import read_currency, read_money, say_money
from turnout.formats.pdf import PaperSize
from turnout.store import Tx

tickets = App(name="ticket")
tickets.command(transfer)
tickets.command(change_type)


@tickets.command
def create_type(
    org: str,
    event: EventNumber,
    name: str,
    /,
    *,
    capacity: Count | None = None,
    price: str = "",
    currency: str = "",
    rsvp: bool = False,
    per_person: Count = 0,
) -> None:
    """Make a ticket type for an event.

    Example: `turnout ticket create-type acme 1000001 Dinner --capacity 80`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        name: What the ticket type is called.
        capacity: How many tickets there are; without it, any number.
        price: What one costs, such as 10.50; without it, nothing.
        currency: Its currency (ISO 4217), such as EUR; without it, the organization's.
        rsvp: Only those who are invited get one.
        per_person: How many one person may have, with those of their party; 0 is any number.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        if price and not currency:
            currency = db.call(get_profile, org_id).currency
        if price and not currency:
            raise Invalid("ticket_type.currency")
        code = read_currency(currency) if currency else ""
        made = db.call(
            create_ticket_type,
            org_id,
            event,
            name,
            price_minor=read_money(price, code) if price else 0,
            currency=code,
            capacity=capacity,
            is_rsvp=rsvp,
            person_limit=per_person or None,
            actor=actor(),
        )
    console.print(f"Ticket type {made.id} is made: {name}.")


@tickets.command
def set_type(
    org: str,
    event: EventNumber,
    ticket_type: TicketTypeNumber,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    price: str | None = None,
    currency: str | None = None,
    sale_starts: str | None = None,
    sale_ends: str | None = None,
    hidden: bool = False,
    shown: bool = False,
    locked: bool = False,
    unlocked: bool = False,
    code: str | None = None,
    position: Count | None = None,
    capacity: Count | None = None,
    unlimited: bool = False,
    per_person: Count | None = None,
) -> None:
    """Change a ticket type, also the one that every event has.

    Only what is named changes; an empty text takes a value away. Tickets that were issued stay.
    More places go to the waiting list first.

    Example: `turnout ticket set-type acme 1000001 3 --name "Early bird" --sale-ends
    2027-01-31T23:59`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        ticket_type: Number of the ticket type.
        name: What it is called.
        description: What it is for.
        price: What one costs, such as 10.50; 0 is nothing.
        currency: Its currency (ISO 4217); without it, the one it has, or the organization's.
        sale_starts: Local time from which people may register with it.
        sale_ends: Local time until which they may.
        hidden: The event's page does not show it.
        shown: The event's page shows it.
        locked: It is not offered any more.
        unlocked: It is offered again.
        code: Only those see it who open the event's page with `?code=` and this code.
        position: Its place in the order; those with the same are in the order of their age.
        capacity: How many there are; not below what is held.
        unlimited: There are any number.
        per_person: How many one person may have, with those of their party; 0 is any number.
    """
    if capacity is not None and unlimited:
        raise Invalid("ticket_type.capacity")
    if (hidden and shown) or (locked and unlocked):
        raise Invalid("ticket_type.options")
    with database() as db:
        organization = db.call(get_organization, org)
        org_id = organization.org_id
        own = db.call(get_profile, org_id).currency
        change = TicketTypeChange(
            name=name,
            description=description,
            is_hidden=hidden if hidden or shown else None,
            is_locked=locked if locked or unlocked else None,
            access_code=code,
            position=position,
            sale_starts=sale_starts,
            sale_ends=sale_ends,
            **db.call(_read_price, org_id, event, ticket_type, price, currency, own),
        )
        is_sized = capacity is not None or unlimited
        if not changed_fields(change) and not is_sized and per_person is None:
            raise Invalid("ticket_type.unchanged")
        tell_twice(db.call(get_event, org_id, event).timezone, sale_starts, sale_ends)
        wanted = (ticket_type, capacity, is_sized, per_person)
        now = db.call(_set_type, org_id, event, change, *wanted)
    console.print(
        f"Ticket type {ticket_type} has {_say(now.capacity)} tickets{_say_limit(now.person_limit)}."
    )


@tickets.command
def types(org: str, event: EventNumber, /) -> None:
    """List the ticket types of an event: places, price, and to whom and when each is offered.

    Example: `turnout ticket types acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        zone = db.call(get_event, org_id, event).timezone
        found = db.call(list_ticket_types, org_id, event)
    rows = (
        (
            str(ticket_type.id),
            _say(ticket_type.capacity),
            str(ticket_type.held),
            _left(ticket_type),
            _price(ticket_type),
            str(ticket_type.person_limit or "any"),
            _say_offered(ticket_type, zone),
            ticket_type.name,
        )
        for ticket_type in found
    )
    show_table(
        "NUMBER", "QUANTITY", "HELD", "AVAILABLE", "PRICE", "PER PERSON", "OFFERED", "NAME",
        rows=rows,
    )  # fmt: skip


def _say_offered(ticket_type: TicketType, zone: str) -> str:
    """To whom and when it is offered: `all`, or what stands against it."""
    marks = [
        "locked" if ticket_type.is_locked else "",
        "hidden" if ticket_type.is_hidden else "",
        f"by code {ticket_type.access_code}" if ticket_type.access_code else "",
        f"from {stamp(ticket_type.sale_starts_at, zone)}" if ticket_type.sale_starts_at else "",
        f"until {stamp(ticket_type.sale_ends_at, zone)}" if ticket_type.sale_ends_at else "",
    ]
    return ", ".join(filter(None, marks)) or "all"


@tickets.command(name="print")
def print_tickets(
    org: str,
    event: EventNumber,
    file: Path,
    /,
    *,
    per_sheet: Literal["1", "2", "3"] = "1",
    paper: Literal["A4", "Letter"] = "A4",
    ticket_type: TicketTypeNumber | None = None,
    session: SessionNumber | None = None,
    code: str = "",
    without_names: bool = False,
    language: str = "",
) -> None:
    """Write tickets as a PDF to print, by last name, with lines to fold or cut along.

    Example: `turnout ticket print acme 1000001 tickets.pdf --per-sheet 3`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file to write; one of that name is replaced.
        per_sheet: How many stand on a sheet, 1 to 3.
        paper: What is printed on.
        ticket_type: Only tickets of this type.
        session: Only tickets of people who booked this session.
        code: Only this ticket.
        without_names: Leave out who has the ticket; `turnout ticket choose` does so for an event.
        language: In which language, such as de; without it, the one in which its holder
            registered, else the event's.
    """
    from turnout.catalogue.translations import find_locale, list_locales
    from turnout.cli.papers import collect, signer
    from turnout.core.mails.languages import choose_language
    from turnout.core.tickets.documents import TicketFacts
    from turnout.core.tickets.drawing import draw_tickets
    from turnout.core.tickets.mails import has_nameless_tickets

    if language and not find_locale(language):
        raise Invalid("language.unknown", language=language, known=", ".join(list_locales()))
    with database() as db:
        organization = db.call(get_organization, org)
        shown = db.call(get_shown_event, organization.org_id, event)
        found = collect(db, organization.org_id, event, "", ticket_type, session, code)
        sign = signer(db, organization.org_id, event)
        is_nameless = without_names or db.look(has_nameless_tickets, organization.org_id, event)
    facts = (
        TicketFacts(
            *(shown, organization.name, ticket.type_name, ticket.code, sign(ticket)),
            holder="" if is_nameless else ticket.name,
            language=choose_language([language, ticket.language, shown.locale]),
        )
        for ticket in found
    )
    spoken = choose_language([language, shown.locale])
    with database() as db, new_file(file) as out:
        draw_tickets(
            out,
            facts,
            shown.event.title,
            PaperSize(paper),
            per_sheet=int(per_sheet),
            language=spoken,
        )
        noting(db, organization.org_id, "tickets", "event", event)(len(found))
    console.print(f"{file} has {counted(len(found), 'ticket')}.")


@tickets.command
def choose(org: str, event: EventNumber, /, *, names: Literal["print", "omit"]) -> None:
    """Choose whether an event's tickets name who has them, in mails and on paper.

    Example: `turnout ticket choose acme 1000001 --names omit`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        names: print, or omit for tickets that people may pass on.
    """
    from turnout.core.tickets.mails import choose_ticket_names

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        is_nameless = names == "omit"
        db.call(choose_ticket_names, org_id, event, is_nameless=is_nameless, actor=actor())
    console.print(f"Tickets of event {event} {'name nobody' if is_nameless else 'have names'}.")


@tickets.command
def keys(org: str, /, *, rotate: bool = False) -> None:
    """List the keys that sign an organization's tickets.

    Example: `turnout ticket keys acme`

    Args:
        org: Short name of the organization.
        rotate: Sign with a new key from now on; tickets signed before stay good.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if rotate:
            db.call(rotate_ticket_key, org_id, actor=actor())
        found = db.call(list_ticket_keys, org_id)
    if not found:
        console.print("No ticket was signed yet; the first one makes the key.")
        return
    rows = (
        (
            key.kid,
            stamp(key.created_at),
            stamp(key.retired_at) if key.retired_at else "signs",
            key.public_key,
        )
        for key in found
    )
    show_table("KEY", "MADE", "RETIRED", "PUBLIC KEY", rows=rows)


def _set_type(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    change: TicketTypeChange,
    ticket_type_id: TicketTypeId,
    capacity: int | None,
    is_sized: bool,
    per_person: int | None,
) -> TicketType:
    """Set what was asked for, all or nothing; the ticket type as it is now."""
    known = {ticket_type.id for ticket_type in list_ticket_types(tx, org_id, event_id)}
    if ticket_type_id not in known:
        raise Invalid("ticket_type.missing", event=event_id, ticket_type=ticket_type_id)
    if changed_fields(change):
        change_ticket_type(tx, org_id, event_id, ticket_type_id, change, actor=actor())
    if per_person is not None:
        set_person_limit(tx, org_id, ticket_type_id, per_person or None, actor=actor())
    if is_sized:
        set_ticket_capacity(tx, org_id, ticket_type_id, capacity, actor=actor())
    found = list_ticket_types(tx, org_id, event_id)
    return next(ticket_type for ticket_type in found if ticket_type.id == ticket_type_id)


def _read_price(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    price: str | None,
    currency: str | None,
    own_currency: str,
) -> dict[str, Any]:
    """What changes of the price: in the named currency, else the type's, else the organization's.
    Raises Invalid without any."""
    if price is None and currency is None:
        return {}
    found = list_ticket_types(tx, org_id, event_id)
    known = next((one.currency for one in found if one.id == ticket_type_id), "")
    code = currency or known or own_currency
    if not code:
        raise Invalid("ticket_type.currency")
    given: dict[str, Any] = {"currency": read_currency(code)}
    if price is not None:
        given["price_minor"] = read_money(price, given["currency"])
    return given


def _say_limit(limit: int | None) -> str:
    return f", up to {limit} for one person" if limit else ""


def _say(capacity: int | None) -> str:
    return "any number of" if capacity is None else str(capacity)


def _left(ticket_type: TicketType) -> str:
    return "any" if ticket_type.capacity is None else str(ticket_type.capacity - ticket_type.held)


def _price(ticket_type: TicketType) -> str:
    if not ticket_type.price_minor:
        return "rsvp" if ticket_type.is_rsvp else "free"
    return say_money(ticket_type.price_minor, ticket_type.currency)
