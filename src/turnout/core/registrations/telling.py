"""What people are told by mail when staff change their registration, in the same transaction.

A restored registration and a ticket that is passed on bring a new ticket, whose mail says it; here
are the mails of what takes something away, or changes it. They go where the tickets go. A candidate
gets the notices of the exam (exams/letters.py), not these.
"""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.profiles import get_sender
from turnout.core.ids import OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.mails.facts import say_when
from turnout.core.messaging.notices import queue_mail
from turnout.core.registrations import booking
from turnout.core.registrations.model import Registration
from turnout.core.registrations.sql import sql
from turnout.core.text import clean_line, clean_paragraph
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.store import Tx

LONGEST_MESSAGE = 5_000
LONGEST_SUBJECT = 200


class Holding(NamedTuple):
    """What a registration holds: the types of its valid tickets, and the sessions."""

    type_ids: set[TicketTypeId]
    session_ids: set[SessionId]


def tell_cancelled(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, message: str = ""
) -> bool:
    """Tell somebody that their registration is cancelled; `message` is the organizer's own words.
    False = there is no address, or it is a candidate's. Not idempotent. Raises Missing."""
    return _tell(tx, org_id, registration_id, "Your registration is cancelled", [], message)


def tell_passed_on(tx: Tx, org_id: OrgId, registration_id: RegistrationId, code: str) -> bool:
    """Tell somebody that a ticket of theirs was passed on; as `tell_cancelled`."""
    lines = [f"The ticket {code} was passed on to somebody else and lets nobody in any more."]
    return _tell(tx, org_id, registration_id, "Your ticket was passed on", lines, "")


def read_holding(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Holding:
    """What a registration holds, for `tell_changed` after a change."""
    tickets = list_valid_tickets(tx, org_id, registration_id)
    sessions = booking.list_booked_sessions(tx, org_id, registration_id)
    return Holding({ticket.ticket_type_id for ticket in tickets}, set(sessions))


def tell_changed(tx: Tx, org_id: OrgId, registration_id: RegistrationId, before: Holding) -> bool:
    """Tell somebody which ticket type and sessions they have since `before`; as `tell_cancelled`.
    Where nothing of that changed, nobody is told."""
    event_id = booking.lock_registration(tx, org_id, registration_id).event_id
    now = read_holding(tx, org_id, registration_id)
    if now == before:
        return False
    added, left = now.session_ids - before.session_ids, before.session_ids - now.session_ids
    sessions = list_sessions(tx, org_id, event_id)
    lines = [
        f"Your ticket is of the type {kind.name} now. Its code stays."
        for kind in list_ticket_types(tx, org_id, event_id)
        if kind.id in now.type_ids - before.type_ids
    ]
    lines += [f"You have a place in: {one.title}." for one in sessions if one.id in added]
    lines += [f"Your place is cancelled in: {one.title}." for one in sessions if one.id in left]
    said = "Your registration was changed"
    return bool(lines) and _tell(tx, org_id, registration_id, said, lines, "")


def find_mail_address(tx: Tx, org_id: OrgId, registration: Registration) -> str:
    """Where its tickets are mailed to: to the contact of its party, if it has one."""
    own = booking.get_contact(tx, org_id, registration.person_id).email
    if registration.party_id is None:
        return own
    return sql.find_party_address(tx, org_id=org_id, id=registration.party_id) or own


def _tell(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    said: str,
    lines: Sequence[str],
    message: str,
) -> bool:
    registration = booking.lock_registration(tx, org_id, registration_id)
    address = find_mail_address(tx, org_id, registration)
    if not address or registration.sitting:
        return False
    shown = get_shown_event(tx, org_id, registration.event_id)
    title = shown.event.title
    own = message[:LONGEST_MESSAGE].splitlines() if message.strip() else []
    whose = _say_guest(tx, org_id, registration)
    text = clean_paragraph(
        "\n".join(
            [
                f"{said}: {title}.",
                f"It takes place {say_when(shown)}.",
                *([whose] if whose else []),
                *(["", *lines] if lines else []),
                *(["", *own] if own else []),
            ]
        )
    )
    subject = clean_line(f"{said}: {title}")[:LONGEST_SUBJECT]
    sender = get_sender(tx, org_id)
    queue_mail(tx, org_id, None, subject, text.splitlines(), [address], sender=sender)
    return True


def _say_guest(tx: Tx, org_id: OrgId, registration: Registration) -> str:
    """Who of a party it is, for its contact."""
    if registration.party_id is None:
        return ""
    contact = booking.get_contact(tx, org_id, registration.person_id)
    name = " ".join(filter(None, (contact.first_name, contact.last_name)))
    return f"This is about your guest {name}." if name else ""
