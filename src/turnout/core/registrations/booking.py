"""Registrations as they are kept, and the sessions booked with them. Places are granting's
business."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from turnout.core.ids import (
    EventId,
    OrgId,
    PartyId,
    PersonId,
    RegistrationId,
    SessionId,
    TicketTypeId,
)
from turnout.core.people.model import Contact
from turnout.core.registrations.model import Registration, RegistrationState, Submitted
from turnout.core.registrations.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, to_json

if TYPE_CHECKING:
    from turnout.core.registrations.sql import ListBookingsRow


def find_registration(
    tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId
) -> Registration | None:
    """The person's registration for the event, cancelled or not, held against concurrent changes.

    Only for callers that go on to write: it cannot be cancelled, or revived, until this transaction
    has ended.
    """
    return sql.find_registration(tx, org_id=org_id, event_id=event_id, person_id=person_id)


def is_registered(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> bool:
    """Whether the person has a registration for the event that is not cancelled."""
    found = find_registration(tx, org_id, event_id, person_id)
    return found is not None and found.state is RegistrationState.CONFIRMED


def find_language(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> str:
    """The language in which somebody registered or joined the waiting list; empty = not known."""
    return sql.find_language(tx, org_id=org_id, event_id=event_id, person_id=person_id) or ""


def find_last_language(tx: Tx, org_id: OrgId, person_id: PersonId) -> str:
    """The language in which somebody registered last, for whatever event; empty = not known."""
    return sql.find_last_language(tx, org_id=org_id, person_id=person_id) or ""


def get_registration(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Registration:
    """The registration of that number, not held. Raises Missing."""
    registration = sql.get_registration(tx, org_id=org_id, id=registration_id)
    if registration is None:
        raise Missing("registration.missing", registration_id=registration_id)
    return registration


def lock_registration(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Registration:
    """The registration of that number, held against concurrent changes, and so are its tickets:
    whether one of them was checked in is settled from here on. Raises Missing."""
    registration = sql.lock_registration(tx, org_id=org_id, id=registration_id)
    if registration is None:
        raise Missing("registration.missing", registration_id=registration_id)
    sql.hold_tickets(tx, org_id=org_id, registration_id=registration_id)
    return registration


def add_registration(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    person_id: PersonId,
    ticket_type_id: TicketTypeId,
    *,
    source: str,
    submitted: Submitted,
    party_id: PartyId | None = None,
    registration_id: RegistrationId | None = None,
    sitting_uuid: str = "",
    language: str = "",
) -> RegistrationId | None:
    """Register a person; the new id, or None when somebody else just did. With `sitting_uuid` it is
    a candidate's, who may have several in one exam. `language` is that in which they are written
    to, empty = the event's."""
    new_id = registration_id or RegistrationId(tx.next_id("registration"))
    added = sql.add_registration(
        tx,
        org_id=org_id,
        id=new_id,
        uuid=sitting_uuid or tx.uuid(),
        event_id=event_id,
        person_id=person_id,
        sitting=new_id if sitting_uuid else 0,
        ticket_type_id=ticket_type_id,
        source=source,
        answers=to_json(submitted),
        party_id=party_id,
        language=language,
        now=tx.now,
    )
    return new_id if added else None


class NewRegistration(NamedTuple):
    """A registration that is to be made; `answers` is JSON. `sitting` is its own number where it is
    a candidate's."""

    org_id: OrgId
    id: RegistrationId
    uuid: str
    event_id: EventId
    person_id: PersonId
    ticket_type_id: TicketTypeId
    answers: str
    sitting: int = 0


def add_registrations(tx: Tx, new: Sequence[NewRegistration], *, source: str) -> bool:
    """Register many people in one statement. False = one of them was registered since, and what
    was written is to be taken back."""
    return sql.add_registrations(tx, rows=to_json(new), source=source, now=tx.now) == len(new)


def set_answers(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, submitted: Submitted
) -> None:
    """Replace what the registration keeps as submitted."""
    sql.set_answers(
        tx,
        org_id=org_id,
        id=registration_id,
        answers=to_json(submitted),
        now=tx.now,
    )


def set_registered_at(tx: Tx, org_id: OrgId, registration_id: RegistrationId, at: int) -> None:
    """Say when (epoch ms) a registration was made that was taken over from elsewhere."""
    sql.set_registered_at(tx, org_id=org_id, id=registration_id, at=at)


def cancel(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Mark it as cancelled."""
    sql.cancel(tx, org_id=org_id, id=registration_id, now=tx.now)


def revive(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    ticket_type_id: TicketTypeId,
    party_id: PartyId | None,
    *,
    language: str = "",
) -> None:
    """Confirm one again that was cancelled, made alone or in a party; a `language` that is not
    empty is that of those who come again."""
    sql.revive(
        tx,
        org_id=org_id,
        id=registration_id,
        ticket_type_id=ticket_type_id,
        party_id=party_id,
        language=language,
        now=tx.now,
    )


def move(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
) -> None:
    """Make it one of another event."""
    note_departure(tx, org_id, registration_id)
    sql.move_registration(
        tx,
        org_id=org_id,
        id=registration_id,
        event_id=event_id,
        ticket_type_id=ticket_type_id,
        now=tx.now,
    )


def note_departure(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Keep the codes of a registration that its event is about to lose, by deleting or moving, so
    that a device which was away learns that they are good no more. Idempotent."""
    sql.note_departure(tx, org_id=org_id, registration_id=registration_id, now=tx.now)


def note_type_left(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, ticket_type_id: TicketTypeId
) -> None:
    """`note_departure` where a ticket was of that type until now, for devices that ask for those of
    the type only. Idempotent."""
    sql.note_type_left(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        ticket_type_id=ticket_type_id,
        now=tx.now,
    )


def note_emptied(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """`note_departure` for one that has no ticket left, since all are another's. Idempotent."""
    sql.note_emptied(tx, org_id=org_id, registration_id=registration_id, now=tx.now)


def list_booked_sessions(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[SessionId]:
    """The ids of the sessions booked with the registration."""
    rows = sql.list_booked_sessions(tx, org_id=org_id, registration_id=registration_id)
    return [session_id for (session_id,) in rows]


def list_bookings(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId
) -> "list[ListBookingsRow]":
    """The sessions booked with the registration, and when (epoch ms)."""
    return sql.list_bookings(tx, org_id=org_id, registration_id=registration_id)


def add_bookings(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, session_ids: list[SessionId]
) -> None:
    """Book sessions, none of which is booked yet."""
    common = {"org_id": org_id, "registration_id": registration_id, "now": tx.now}
    sql.add_bookings(tx, [common | {"session_id": session_id} for session_id in session_ids])


def add_session_bookings(tx: Tx, booked: Sequence[tuple[OrgId, RegistrationId, SessionId]]) -> None:
    """Book sessions with many new registrations in one statement."""
    sql.add_session_bookings(tx, rows=to_json(booked), now=tx.now)


def move_bookings(tx: Tx, org_id: OrgId, from_id: RegistrationId, to_id: RegistrationId) -> None:
    """Book what one registration has booked with another."""
    sql.move_bookings(tx, org_id=org_id, from_id=from_id, to_id=to_id)


def delete_bookings(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Cancel every booking of the registration."""
    sql.delete_bookings(tx, org_id=org_id, registration_id=registration_id)


def count_registrations(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """How many are registered for the event and not cancelled."""
    return sql.count_registrations(tx, org_id=org_id, event_id=event_id)


def get_contact(tx: Tx, org_id: OrgId, person_id: PersonId) -> Contact:
    """What is known of a person. Raises Missing."""
    row = sql.get_person_contact(tx, org_id=org_id, id=person_id)
    if row is None:
        raise Missing("person.missing", person_id=person_id)
    email, title, first_name, last_name, company, job_title, phone = row
    return Contact(
        email=email,
        title=title,
        first_name=first_name,
        last_name=last_name,
        company=company,
        job_title=job_title,
        phone=phone,
    )
