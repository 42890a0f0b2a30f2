"""`turnout registration`: registering people for events."""

import re
from typing import Literal

from cyclopts import App

from turnout.cli import (
    registration_bulk,
    registration_changes,
    registration_files,
    registration_lists,
)
from turnout.cli.answers import check_asked, read_guest_answers
from turnout.cli.app import actor, console, database, show_table
from turnout.cli.numbers import EventNumber, TicketTypeNumber
from turnout.cli.places_left import counted_places
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.choices import get_choices, set_choices
from turnout.core.registrations.joining import register_party
from turnout.core.registrations.parties import Guest, Party
from turnout.errors import Invalid
from turnout.store import Tx

registrations = App(name="registration")
for verb in (
    registration_changes.add,
    registration_bulk.bulk,
    registration_changes.cancel,
    registration_changes.change,
    registration_changes.note,
    registration_changes.resend,
    registration_changes.restore,
    registration_changes.tag,
    registration_changes.transfer,
    registration_lists.sessions,
    registration_lists.show,
):
    registrations.command(verb)
registrations.command(registration_lists.list_all, name="list")
registrations.command(registration_files.import_file, name="import")
registrations.command(registration_files.export_file, name="export")
# `Zoe Lee <zoe@example.com>`, `zoe@example.com` or `Zoe Lee`.
_GUEST = re.compile(r"([^<>]*)<([^<>]*)>|([^<>@]*@[^<>@]*)|([^<>@]*)")


@registrations.command
def add_party(
    org: str,
    event: EventNumber,
    /,
    *,
    contact: str,
    guest: list[str],
    ticket_type: TicketTypeNumber | None = None,
    answer: list[str] | None = None,
    incomplete: bool = False,
) -> None:
    """Register people together, each with a ticket of their own; or nobody, if not all fit.

    All tickets are mailed to the contact. A guest without an address is registered, too. How many
    tickets of a type one person may have counts for the contact with the whole party.

    Example: `turnout registration add-party acme 12 --contact "Ann Lee <ann@example.com>" --guest
    "Ann Lee <ann@example.com>" --guest "Zoe Lee"`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        contact: Name and address of who gets the mails: `Ann Lee <ann@example.com>`, or the address
            alone. To have a ticket, too, they are named as a guest.
        guest: A guest: `Zoe Lee <zoe@example.com>`, an address alone or a name alone. Repeat it for
            the others.
        ticket_type: Number of the ticket type that all get; without it, the event's default one.
        answer: What all guests answered, as "Question=answer", or one of them, by their place, as
            "2:Question=answer"; may be repeated.
        incomplete: Required questions may stay without an answer.
    """
    host = read_guest(contact)
    if not host.email:
        raise Invalid("party.contact", contact=contact)
    guests = [read_guest(text) for text in guest]
    answers = read_guest_answers(answer, len(guests))
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        for own in answers:
            db.call(check_asked, org_id, event, [given.question for given in own])
        with counted_places(db, org_id, event, ticket_type, len(guests)):
            people = list(zip(guests, answers, strict=True))
            named = {"is_complete": not incomplete}
            party = db.call(_register, org_id, event, host, people, ticket_type, **named)
    rows = (
        (" ".join(filter(None, (who.first_name, who.last_name))), who.email, granted.ticket.code,
         "new" if granted.is_new else "had it")
        for who, granted in zip(guests, party.tickets, strict=True)
    )  # fmt: skip
    console.print(_say_party(party, host.email))
    show_table("NAME", "ADDRESS", "TICKET", "", rows=rows)


@registrations.command
def choose(
    org: str,
    event: EventNumber,
    /,
    *,
    tickets: Literal["mail", "none"] | None = None,
    when_full: Literal["refuse", "wait"] | None = None,
) -> None:
    """Choose the outcome of registrations by API for an event; without options, show it.

    At first no ticket is mailed to them, and a full event refuses them.

    Example: turnout registration choose acme 1000001 --tickets mail --when-full wait

    Args:
        org: Short name of the organization.
        event: Number of the event.
        tickets: Whether their tickets are mailed.
        when_full: Whether a full event refuses them or puts them on its waiting list.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if tickets is None and when_full is None:
            chosen = db.call(get_choices, org_id, event)
        else:
            mails = None if tickets is None else tickets == "mail"
            waits = None if when_full is None else when_full == "wait"
            chosen = db.call(
                set_choices,
                org_id,
                event,
                mails_tickets=mails,
                waits_when_full=waits,
                actor=actor(),
            )
    mailed = "are" if chosen.mails_tickets else "are not"
    full = "puts them on the waiting list" if chosen.waits_when_full else "refuses them"
    console.print(f"Tickets of registrations by API {mailed} mailed; a full event {full}.")


def read_guest(text: str) -> Contact:
    """Somebody by a text such as `Zoe Lee <zoe@example.com>`; the first word of a name is the first
    name. Raises Invalid."""
    found = _GUEST.fullmatch(text.strip())
    if not found or not text.strip():
        raise Invalid("party.guest", guest=text)
    name, email = found[1] or found[4] or "", found[2] or found[3] or ""
    first_name, _, last_name = " ".join(name.split()).partition(" ")
    return Contact(email=email.strip(), first_name=first_name, last_name=last_name)


def _say_party(party: Party, email: str) -> str:
    """What is new, and what is mailed: somebody who has the ticket already is mailed nothing."""
    new = sum(granted.is_new for granted in party.tickets)
    if not new:
        return "All of them have these tickets already: nothing is new, and nothing is mailed."
    if new == len(party.tickets):
        return f"Party {party.id} is registered; its tickets are mailed to {email}."
    are = "is" if new == 1 else "are"
    said = f"{new} of {len(party.tickets)} tickets {are} new, and mailed to {email}"
    return f"Party {party.id} is registered; {said}; the others had theirs."


def _register(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    host: Contact,
    people: list[tuple[Contact, list[Answer]]],
    type_id: TicketTypeId | None,
    *,
    is_complete: bool,
) -> Party:
    if type_id is None:
        type_id = _default_type(tx, org_id, event_id)
    guests = [Guest(contact, type_id, answers) for contact, answers in people]
    whole = {"is_complete": is_complete}
    return register_party(tx, org_id, event_id, host, guests, **whole, actor=actor())


def _default_type(tx: Tx, org_id: OrgId, event_id: EventId) -> TicketTypeId:
    get_event(tx, org_id, event_id)  # raises Missing for an event that is not there
    found = [kind.id for kind in list_ticket_types(tx, org_id, event_id) if kind.is_default]
    if not found:
        raise Invalid("party.ticket_type")
    return found[0]
