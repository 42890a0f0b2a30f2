"""The rows of a file that tell of people and what is theirs, each read in one statement."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from turnout.core.ids import EventId, OrgId
from turnout.core.payments.settling import PaymentState
from turnout.core.people.model import Contact
from turnout.core.portable.document import (
    BookingRow,
    InvitationRow,
    NoteRow,
    Part,
    PartyRow,
    PaymentPart,
    PersonRow,
    RegistrationRow,
    TagRow,
    TicketRow,
    WaitingRow,
)
from turnout.core.portable.sql import sql
from turnout.core.registrations.extras import read_extras
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.tickets.issuing import GrantKind, TicketState
from turnout.core.waiting_list.entries import WaitingState
from turnout.store import Tx, iterate

Places = dict[int, int]
"""The place in the file of what has this number."""

Rows = Iterator[tuple[int, Part]]


def _people(tx: Tx, org_id: OrgId, event_id: EventId, _: Mapping[str, Places]) -> Rows:
    for row in iterate(sql.list_people, tx, org_id=org_id, event_id=event_id):
        id_, *values = row
        contact = dict(zip(Contact.__struct_fields__, values, strict=True))
        yield id_, PersonRow(contact=Contact(**contact))


def _parties(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for row in sql.list_parties(tx, org_id=org_id, event_id=event_id):
        yield row.id, PartyRow(contact=places["people"][row.contact_id])


def _invitations(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for row in iterate(sql.list_invitations, tx, org_id=org_id, event_id=event_id):
        id_, campaign_id, person_id, sent_at, declined_at, declined_after, confirmed_at, *_ = row
        yield (
            id_,
            InvitationRow(
                campaign=places["campaigns"][campaign_id],
                person=places["people"][person_id],
                sent_at=sent_at,
                declined_at=declined_at,
                declined_after=declined_after,
                confirmed_at=confirmed_at,
                reminded_at=row.reminded_at,
                reminders=row.reminders,
            ),
        )


def _waiting(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for row in iterate(sql.list_waiting, tx, org_id=org_id, event_id=event_id):
        id_, type_id, person_id, state, priority, sti, created_at, *_ = row
        extras = read_extras(row.extras)
        yield (
            id_,
            WaitingRow(
                ticket_type=places["ticket_types"][type_id],
                person=places["people"][person_id],
                state=WaitingState(state),
                created_at=created_at,
                priority=priority,
                sti=sti,
                offered_at=row.offered_at,
                deadline_at=row.deadline_at,
                reason=row.reason,
                sessions=pick_places(extras.session_ids, places["sessions"]),
                submitted=extras.submitted,
                language=row.language,
            ),
        )


def _registrations(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for row in iterate(sql.list_registrations, tx, org_id=org_id, event_id=event_id):
        id_, person_id, type_id, state, source, answers, created_at, sti, *_ = row
        yield (
            id_,
            RegistrationRow(
                person=places["people"][person_id],
                ticket_type=places["ticket_types"][type_id],
                state=RegistrationState(state),
                source=source,
                submitted=msgspec.json.decode(answers, type=Submitted),
                created_at=created_at,
                sti=sti,
                party=None if row.party_id is None else places["parties"][row.party_id],
                language=row.language,
            ),
        )


def _bookings(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for registration_id, session_id in iterate(
        sql.list_bookings, tx, org_id=org_id, event_id=event_id
    ):
        yield (
            0,
            BookingRow(
                registration=places["registrations"][registration_id],
                session=places["sessions"][session_id],
            ),
        )


def _tickets(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for row in iterate(sql.list_tickets, tx, org_id=org_id, event_id=event_id):
        registration_id, type_id, code, state, by, created_at, checked_in_at, grant_id, *rest = row
        pay = rest[1:]
        granted_by = GrantKind(by)
        yield (
            0,
            TicketRow(
                registration=places["registrations"][registration_id],
                ticket_type=places["ticket_types"][type_id],
                code=code,
                state=TicketState(state),
                granted_by=granted_by,
                created_at=created_at,
                checked_in_at=checked_in_at,
                grant=places[GRANTS[granted_by]].get(grant_id or 0)
                if granted_by in GRANTS
                else None,
                issued_by=GrantKind(row.issued_by) if row.issued_by else None,
                payment=_payment(pay),
            ),
        )


GRANTS = {GrantKind.INVITATION: "invitations", GrantKind.OFFER: "waiting"}
"""The list in which a ticket's grant stands, for those grants that have one."""


_PAYMENT = ("amount_minor", "currency", "reference", "due_at", "settled_at", "lapsed_at")


def _payment(columns: Sequence[Any]) -> PaymentPart | None:
    state, *facts = columns
    if state is None:
        return None
    return PaymentPart(state=PaymentState(state), **dict(zip(_PAYMENT, facts, strict=True)))


def _notes(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for registration_id, note, actor, created_at, is_at_door in iterate(
        sql.list_notes, tx, org_id=org_id, event_id=event_id
    ):
        yield (
            0,
            NoteRow(
                registration=places["registrations"][registration_id],
                note=note,
                actor=actor,
                created_at=created_at,
                is_at_door=bool(is_at_door),
            ),
        )


def _tags(tx: Tx, org_id: OrgId, event_id: EventId, places: Mapping[str, Places]) -> Rows:
    for registration_id, tag in iterate(sql.list_tags, tx, org_id=org_id, event_id=event_id):
        yield 0, TagRow(registration=places["registrations"][registration_id], tag=tag)


READERS: dict[str, Callable[[Tx, OrgId, EventId, Mapping[str, Places]], Rows]] = {
    "people": _people,
    "parties": _parties,
    "invitations": _invitations,
    "waiting": _waiting,
    "registrations": _registrations,
    "bookings": _bookings,
    "tickets": _tickets,
    "notes": _notes,
    "tags": _tags,
}


def pick_places(numbers: Sequence[int], places: Places) -> list[int]:
    """Where they are in the file, as far as they are there still."""
    return [places[number] for number in numbers if number in places]
