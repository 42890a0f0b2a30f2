"""What a guest's page shows, read in one transaction."""

from typing import NamedTuple

from turnout.core.audience.links import list_watch_links
from turnout.core.checkin.attendees import ShownTicket, read_ticket
from turnout.core.events.model import Session
from turnout.core.events.programme import list_sessions
from turnout.core.events.showing import EventView
from turnout.core.identity.link_keys import find_link_key
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import get_organization_of
from turnout.core.payments.payers import Logs, is_passed_on, list_receipts
from turnout.core.people.model import Contact
from turnout.core.questions.model import Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations import booking
from turnout.core.registrations.guest_access import Access, Guest, find_guest
from turnout.core.registrations.guests import find_hindrance, list_choosable
from turnout.core.registrations.model import Registration
from turnout.core.registrations.telling import find_mail_address
from turnout.core.tickets.issuing import list_tickets
from turnout.core.tickets.mails import has_nameless_tickets
from turnout.core.tickets.prices import Payment, list_payments_of
from turnout.core.timeline.deliveries import Message, find_messages
from turnout.core.waiting_list.entries import Entry, find_open_entry, get_position, make_link
from turnout.errors import Conflict
from turnout.store import Tx
from turnout.web.hosts import Host, find_host
from turnout.web.payments import Due, find_due

MESSAGES = 20
# So many messages to an address are looked through for those about this registration.
SEARCHED = 100


class Mine(NamedTuple):
    """What is a guest's. `tickets` are those that were ever theirs, oldest first; `watch` titles
    and paths; `waiting` their open place on the event's waiting list, with its number and path.
    `payments` are those for their tickets and those that they paid; `receipts` these alone.
    `is_passed_on`: their last ticket went to somebody else."""

    guest: Guest
    registration: Registration
    contact: Contact
    address: str
    language: str
    organization: Organization
    host: Host
    tickets: list[ShownTicket]
    is_nameless: bool
    booked: list[Session]
    choosable: list[Session]
    questions: list[Question]
    watch: list[tuple[str, str]]
    due: Due | None
    payments: list[Payment]
    receipts: list[Payment]
    is_passed_on: bool
    messages: list[Message]
    waiting: tuple[Entry, int, str] | None
    hindrance: Conflict | None

    @property
    def shown(self) -> EventView:
        return self.guest.shown


def read_mine(tx: Tx, access: Access) -> Mine:
    """All that the page of this guest shows. Raises Missing."""
    guest = find_guest(tx, access)
    org_id, shown = guest.org_id, guest.shown
    registration = booking.get_registration(tx, org_id, guest.registration_id)
    event_id = registration.event_id
    address = find_mail_address(tx, org_id, registration)
    codes = [ticket.code for ticket in list_tickets(tx, org_id, registration.id)]
    tickets = [read_ticket(tx, org_id, code)[1] for code in codes]
    valid = [ticket.code for ticket in tickets if not ticket.is_cancelled]
    payments = list_payments_of(tx, org_id, registration.id)
    logs = Logs(tx, org_id)
    receipts = list_receipts(tx, org_id, registration.id, logs)
    known = {payment.reference for payment in payments}
    payments += [payment for payment in receipts if payment.reference not in known]
    booked = set(booking.list_booked_sessions(tx, org_id, registration.id))
    return Mine(
        guest,
        registration,
        booking.get_contact(tx, org_id, registration.person_id),
        address,
        booking.find_language(tx, org_id, event_id, registration.person_id),
        get_organization_of(tx, org_id),
        find_host(tx, org_id, shown),
        tickets,
        has_nameless_tickets(tx, org_id, event_id),
        [session for session in list_sessions(tx, org_id, event_id) if session.id in booked],
        list_choosable(tx, org_id, registration, tx.now),
        list_questions(tx, org_id, event_id),
        [link for code in valid for link in list_watch_links(tx, org_id, code)],
        next(filter(None, (find_due(tx, org_id, shown, code) for code in valid)), None),
        payments,
        receipts,
        not valid and is_passed_on(tx, org_id, registration.id, logs),
        _list_messages(tx, guest, address),
        _find_waiting(tx, guest, registration),
        find_hindrance(guest, registration, tx.now),
    )


def _list_messages(tx: Tx, guest: Guest, address: str) -> list[Message]:
    """What was written to the guest about this registration, newest first."""
    if not address:
        return []
    found = find_messages(tx, guest.org_id, address, limit=SEARCHED).stories
    own = str(guest.registration_id)
    return [
        story.message
        for story in found
        if story.message.kind == "notice" and story.message.reference == own
    ][:MESSAGES]


def _find_waiting(
    tx: Tx, guest: Guest, registration: Registration
) -> tuple[Entry, int, str] | None:
    entry = find_open_entry(tx, guest.org_id, registration.event_id, registration.person_id)
    key = find_link_key(tx)
    if entry is None or not key:
        return None
    return entry, get_position(tx, guest.org_id, entry), make_link(key, "", entry.id)
