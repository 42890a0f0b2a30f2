"""Making registrations and booking sessions with them. Places are the caller's business."""

from typing import Any

import msgspec

from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, SessionId, TicketTypeId
from turnout.core.registrations.model import Registration, RegistrationState, Submitted
from turnout.core.registrations.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, from_row, to_json

SUBMITTED = Registration.__struct_fields__.index("submitted")
_decoder = msgspec.json.Decoder(Submitted)


def find_registration(
    tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId
) -> Registration | None:
    """The person's registration for the event, cancelled or not, held against concurrent changes.

    Only for anyone who goes on to write: it cannot be cancelled, or revived, until this transaction
    has ended.
    """
    row = sql.find_registration(tx, org_id=org_id, event_id=event_id, person_id=person_id)
    return _registration(row) if row else None


def is_registered(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> bool:
    """Whether the person has a registration for the event that is not cancelled."""
    found = find_registration(tx, org_id, event_id, person_id)
    return found is not None and found.state is RegistrationState.CONFIRMED


def lock_registration(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Registration:
    """The registration of that number, held against concurrent changes. Raises Missing."""
    row = sql.lock_registration(tx, org_id=org_id, id=registration_id)
    if row is None:
        raise Missing("registration.missing", registration_id=registration_id)
    return _registration(row)


def add_registration(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    person_id: PersonId,
    ticket_type_id: TicketTypeId,
    *,
    source: str,
    submitted: Submitted,
) -> int | None:
    """Register a person; the new id, or None when somebody else just did."""
    registration_id = tx.next_id("registration")
    added = sql.add_registration(
        tx,
        org_id=org_id,
        id=registration_id,
        uuid=tx.uuid(),
        event_id=event_id,
        person_id=person_id,
        ticket_type_id=ticket_type_id,
        source=source,
        answers=to_json(submitted),
        now=tx.now,
    )
    return registration_id if added else None


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


def set_state(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    state: RegistrationState,
    ticket_type_id: TicketTypeId,
) -> None:
    """Confirm or cancel, with the ticket type that this is about."""
    sql.set_state(
        tx,
        org_id=org_id,
        id=registration_id,
        state=state.value,
        ticket_type_id=ticket_type_id,
        now=tx.now,
    )


def list_booked_sessions(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[int]:
    """The ids of the sessions booked with the registration."""
    rows = sql.list_booked_sessions(tx, org_id=org_id, registration_id=registration_id)
    return [session_id for (session_id,) in rows]


def add_bookings(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, session_ids: list[SessionId]
) -> None:
    """Book sessions, none of which is booked yet."""
    common = {"org_id": org_id, "registration_id": registration_id, "now": tx.now}
    sql.add_bookings(tx, [common | {"session_id": session_id} for session_id in session_ids])


def delete_bookings(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Cancel every booking of the registration."""
    sql.delete_bookings(tx, org_id=org_id, registration_id=registration_id)


def count_registrations(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """How many are registered for the event and not cancelled."""
    return sql.count_registrations(tx, org_id=org_id, event_id=event_id)


def _registration(row: tuple[Any, ...]) -> Registration:
    submitted = _decoder.decode(row[SUBMITTED])
    return from_row(Registration, (*row[:SUBMITTED], submitted, *row[SUBMITTED + 1 :]))
