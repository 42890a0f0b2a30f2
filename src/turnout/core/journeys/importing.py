"""Taking over an audience from another platform: registrants with what they watched."""

from typing import NamedTuple

from turnout.core.audience.model import Interval, Mode, split_by_mode
from turnout.core.audience.viewing import add_viewing, get_watched_session
from turnout.core.events.programme import list_ticket_types
from turnout.core.journeys.joining import give_ticket, take_places
from turnout.core.journeys.sql import sql
from turnout.core.people.merging import know_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.model import Answer, RegistrationState, Submitted
from turnout.core.text import is_email
from turnout.errors import Invalid
from turnout.store import Tx

SOURCE = "import"
LONGEST_TAG = 200


class ImportedRegistrant(NamedTuple):
    """Somebody who registered elsewhere; `registered_at` in epoch ms, None = now."""

    contact: Contact
    registered_at: int | None = None
    tag: str = ""
    answers: tuple[Answer, ...] = ()


def import_registrant(tx: Tx, org_id: int, event_id: int, new: ImportedRegistrant) -> int:
    """Register somebody for the event's default ticket type, without writing to them; who is
    registered keeps what they have. Returns the registration's number.

    Raises Invalid for an address that is none, Conflict when nothing is left, Missing.
    """
    if not is_email(new.contact.email):
        raise Invalid("contact.email", f"{new.contact.email!r} is not an e-mail address.")
    person_id = know_person(tx, org_id, new.contact)
    known = booking.find_registration(tx, org_id, event_id, person_id)
    if known and known.state is RegistrationState.CONFIRMED:
        return known.id
    type_id = list_ticket_types(tx, org_id, event_id)[0].id
    take_places(tx, org_id, event_id, type_id)
    give_ticket(
        tx,
        org_id,
        event_id,
        person_id,
        type_id,
        known,
        source=SOURCE,
        submitted=Submitted(new.contact, list(new.answers)),
    )
    made = booking.find_registration(tx, org_id, event_id, person_id)
    if made is None:
        raise LookupError(f"person {person_id} has just been registered")
    sql.set_origin(
        tx,
        org_id=org_id,
        id=made.id,
        source_tag=new.tag[:LONGEST_TAG],
        created_at=tx.now if new.registered_at is None else new.registered_at,
    )
    return made.id


def import_viewing(
    tx: Tx,
    org_id: int,
    registration_id: int,
    session_id: int,
    interval: Interval,
    mode: Mode | None = None,
) -> int:
    """Add what somebody watched; without a mode it is what the session was at that time. Returns
    how many ms are new: importing again changes nothing. Raises Invalid, Missing."""
    session = get_watched_session(tx, org_id, session_id)
    if interval.starts_at > tx.now:
        raise Invalid("viewing.future", "A viewing cannot be in the future.")
    parts = (
        [(mode, interval)] if mode else split_by_mode(interval, session.ends_at, session.delivery)
    )
    if not parts:
        raise Invalid("viewing.interval", "A viewing ends after it starts.")
    return sum(
        add_viewing(tx, org_id, registration_id, session, each, part) for each, part in parts
    )
