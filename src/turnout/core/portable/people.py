"""People of a file, and what is theirs at the event: rows that name earlier rows by their places.

Somebody whose address the organization knows is that person, and nothing that is known of them
changes.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from turnout.core.ids import (
    CampaignId,
    EntryId,
    EventId,
    InviteeId,
    NoteId,
    OrgId,
    PartyId,
    PersonId,
    RegistrationId,
    SessionId,
    TicketId,
    TicketTypeId,
)
from turnout.core.payments.settling import PaymentState
from turnout.core.people.contacts import check_contact, check_details
from turnout.core.people.merging import add_guest, know_person
from turnout.core.portable import document
from turnout.core.portable.document import PEOPLE_LIMIT, ROWS, ROWS_LIMIT, Part
from turnout.core.portable.packing_people import GRANTS
from turnout.core.portable.sql import sql
from turnout.core.registrations.extras import Extras, write_extras
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.text import fold, is_line, is_paragraph
from turnout.core.tickets.issuing import CODE_LENGTH, TicketState
from turnout.core.tickets.signing import normalize
from turnout.core.waiting_list.entries import WaitingState
from turnout.errors import Invalid, Unavailable
from turnout.store import Tx, to_json

ATTEMPTS = 20
_ENDED = {PaymentState.CANCELLED: PaymentState.OPEN}
"""A payment that ended with its ticket is stored as open (payments/settling.py)."""


@dataclass
class Made:
    """What was made of the programme: numbers by the places in the file."""

    event_id: EventId
    ticket_types: list[TicketTypeId]
    sessions: list[SessionId] = field(default_factory=list)
    campaigns: list[CampaignId] = field(default_factory=list)


class PeopleReader:
    """Reads the lists one after another. `found` are the numbers of what was made, by list and
    place; `held` counts the places that are taken, by table and number."""

    def __init__(self, tx: Tx, org_id: OrgId, made: Made, *, keeps_codes: bool) -> None:
        self.tx, self.org_id, self.made = tx, org_id, made
        self.event_id = made.event_id
        self.keeps_codes = keeps_codes
        self.found: dict[str, list[int]] = {name: [] for name in ROWS}
        self.held: dict[str, Counter[int]] = {
            name: Counter() for name in ("events", "ticket_types", "sessions")
        }
        self.new_codes = 0
        self._confirmed: set[int] = set()
        self._with_ticket: set[int] = set()
        self._waiting: set[PersonId] = set()

    def read(self, rows: Callable[[str], Iterable[Part]]) -> None:
        """Read every list. Raises Invalid with the list and the place of the fault."""
        for name in ROWS:
            own, limit = self.found[name], PEOPLE_LIMIT if name in _SHORT else ROWS_LIMIT
            write = getattr(self, f"_add_{name}")
            for row in rows(name):
                if len(own) >= limit:
                    raise Invalid("portable.many", list=name, limit=limit)
                own.append(write(row))
        if self._confirmed != self._with_ticket:
            place = min(self._confirmed ^ self._with_ticket)
            raise Invalid("portable.ticketless", place=place)

    def _pick(self, name: str, place: int) -> Any:
        """What an earlier row became. Raises Invalid."""
        ids: Any = self.found[name] if name in self.found else getattr(self.made, name)
        if place >= len(ids):
            raise Invalid("portable.place", list=name, place=place)
        return ids[place]

    # -- people -----------------------------------------------------------------------------

    def _add_people(self, row: document.PersonRow) -> PersonId:
        contact = row.contact
        check_details(contact)
        if not contact.email.strip():
            return add_guest(self.tx, self.org_id, contact)
        check_contact(contact)
        return know_person(self.tx, self.org_id, contact)

    def _add_parties(self, row: document.PartyRow) -> PartyId:
        id_ = PartyId(self.tx.next_id("registration"))
        contact_id = self._pick("people", row.contact)
        sql.add_party(
            self.tx,
            org_id=self.org_id,
            id=id_,
            event_id=self.event_id,
            contact_id=contact_id,
            now=self.tx.now,
        )
        return id_

    def _add_invitations(self, row: document.InvitationRow) -> InviteeId:
        id_ = InviteeId(self.tx.next_id("invitation"))
        added = sql.add_invitation(
            self.tx,
            org_id=self.org_id,
            id=id_,
            uuid=self.tx.uuid(),
            campaign_id=self._pick("campaigns", row.campaign),
            event_id=self.event_id,
            person_id=self._pick("people", row.person),
            sent_at=row.sent_at,
            declined_at=row.declined_at,
            declined_after=row.declined_after,
            confirmed_at=row.confirmed_at,
            reminded_at=row.reminded_at,
            reminders=row.reminders,
            now=self.tx.now,
        )
        self._check_once("invitations", added)
        return id_

    def _add_waiting(self, row: document.WaitingRow) -> EntryId:
        id_ = EntryId(self.tx.next_id("waiting"))
        type_id = self._pick("ticket_types", row.ticket_type)
        person_id = self._pick("people", row.person)
        if row.state is WaitingState.OFFERED and row.deadline_at is None:
            place = len(self.found["waiting"])
            raise Invalid("portable.offer", place=place)
        if row.state in (WaitingState.WAITING, WaitingState.OFFERED):
            self._check_once("waiting", person_id not in self._waiting)
            self._waiting.add(person_id)
        if row.state is WaitingState.OFFERED:
            self._hold(events=self.event_id, ticket_types=type_id)
        sql.add_waiting(
            self.tx,
            org_id=self.org_id,
            id=id_,
            event_id=self.event_id,
            ticket_type_id=type_id,
            person_id=person_id,
            state=row.state.value,
            priority=row.priority,
            sti=row.sti,
            language=row.language,
            offered_at=row.offered_at,
            deadline_at=row.deadline_at,
            reason=row.reason,
            extras=write_extras(self._read_extras(row)),
            created_at=row.created_at,
            now=self.tx.now,
        )
        return id_

    def _read_extras(self, row: document.WaitingRow) -> Extras:
        """What was asked for along with the place."""
        ids = [self._pick("sessions", place) for place in row.sessions]
        if row.submitted:
            self._check_submitted("waiting", row.submitted)
        return Extras(ids, row.submitted)

    def _check_submitted(self, name: str, submitted: Submitted) -> None:
        check_details(submitted.contact)
        for answer in submitted.answers:
            if not is_paragraph(answer.question + answer.answer):
                place = self._say(name)
                raise Invalid("portable.text", place=place)

    def _add_registrations(self, row: document.RegistrationRow) -> RegistrationId:
        id_ = RegistrationId(self.tx.next_id("registration"))
        self._check_submitted("registrations", row.submitted)
        if row.state is RegistrationState.CONFIRMED:
            self._hold(events=self.event_id)
            self._confirmed.add(len(self.found["registrations"]))
        added = sql.add_registration(
            self.tx,
            org_id=self.org_id,
            id=id_,
            uuid=self.tx.uuid(),
            event_id=self.event_id,
            person_id=self._pick("people", row.person),
            ticket_type_id=self._pick("ticket_types", row.ticket_type),
            state=row.state.value,
            source=row.source,
            answers=to_json(row.submitted),
            created_at=row.created_at,
            sti=row.sti,
            language=row.language,
            party_id=None if row.party is None else self._pick("parties", row.party),
            now=self.tx.now,
        )
        self._check_once("registrations", added)
        return id_

    # -- what is theirs ---------------------------------------------------------------------

    def _add_bookings(self, row: document.BookingRow) -> int:
        registration_id = self._pick("registrations", row.registration)
        session_id = self._pick("sessions", row.session)
        if row.registration not in self._confirmed:
            raise Invalid("portable.cancelled", place=row.registration)
        added = sql.add_booking(
            self.tx,
            org_id=self.org_id,
            registration_id=registration_id,
            session_id=session_id,
            now=self.tx.now,
        )
        self._check_once("bookings", added)
        self._hold(sessions=session_id)
        return 0

    def _add_tickets(self, row: document.TicketRow) -> TicketId:
        type_id = self._pick("ticket_types", row.ticket_type)
        registration_id = self._pick("registrations", row.registration)
        if row.state is TicketState.VALID:
            if row.registration not in self._confirmed:
                raise Invalid("portable.cancelled", place=row.registration)
            self._with_ticket.add(row.registration)
            self._hold(ticket_types=type_id)
        grant = None
        if row.grant is not None and row.granted_by in GRANTS:
            grant = self._pick(GRANTS[row.granted_by], row.grant)
        id_, code = self._add_ticket(row, registration_id, type_id, grant)
        if row.payment:
            self._add_payment(id_, code, row.payment)
        return id_

    def _add_ticket(
        self,
        row: document.TicketRow,
        registration_id: RegistrationId,
        type_id: TicketTypeId,
        grant: int | None,
    ) -> tuple[TicketId, str]:
        """A ticket with its code, or with a new one."""
        for attempt in range(ATTEMPTS):
            is_kept = self.keeps_codes and attempt == 0
            code = normalize(row.code) if is_kept else self.tx.ids.code(CODE_LENGTH)
            id_ = TicketId(self.tx.next_id("ticket"))
            if sql.add_ticket(
                self.tx,
                org_id=self.org_id,
                id=id_,
                code=code,
                registration_id=registration_id,
                ticket_type_id=type_id,
                state=row.state.value,
                created_at=row.created_at,
                checked_in_at=row.checked_in_at,
                granted_by=row.granted_by.value,
                grant_id=grant,
                issued_by=row.issued_by.value if row.issued_by else "",
                now=self.tx.now,
            ):
                return id_, code
            self.new_codes += is_kept
        raise Unavailable("ticket.code")

    def _add_payment(self, ticket_id: TicketId, code: str, payment: document.PaymentPart) -> None:
        """What is to be paid; a reference that is taken, or was made of the code, is a new one."""
        taken = sql.find_by_reference(self.tx, org_id=self.org_id, reference=payment.reference)
        is_of_code = payment.reference.startswith("T-") and not self.keeps_codes
        reference = f"T-{code}" if taken is not None or is_of_code else payment.reference
        sql.add_payment(
            self.tx,
            org_id=self.org_id,
            ticket_id=ticket_id,
            state=_ENDED.get(payment.state, payment.state).value,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            reference=reference,
            due_at=payment.due_at,
            settled_at=payment.settled_at,
            lapsed_at=payment.lapsed_at,
            now=self.tx.now,
        )

    def _add_notes(self, row: document.NoteRow) -> NoteId:
        if not is_paragraph(row.note) or not is_line(row.actor):
            place = self._say("notes")
            raise Invalid("portable.text", place=place)
        id_ = NoteId(self.tx.next_id("registration"))
        sql.add_note(
            self.tx,
            org_id=self.org_id,
            registration_id=self._pick("registrations", row.registration),
            id=id_,
            note=row.note,
            actor=row.actor,
            created_at=row.created_at,
            is_at_door=int(row.is_at_door),
        )
        return id_

    def _add_tags(self, row: document.TagRow) -> int:
        if not is_line(row.tag) or not row.tag.strip():
            place = self._say("tags")
            raise Invalid("portable.text", place=place)
        sql.add_tag(
            self.tx,
            org_id=self.org_id,
            registration_id=self._pick("registrations", row.registration),
            tag_key=fold(row.tag.strip()),
            tag=row.tag.strip(),
            now=self.tx.now,
        )
        return 0

    # -- counting ---------------------------------------------------------------------------

    def _hold(self, **numbers: int) -> None:
        for name, number in numbers.items():
            self.held[name][number] += 1

    def _check_once(self, name: str, added: object) -> None:
        if not added:
            raise Invalid("portable.twice", list=name, place=len(self.found[name]))

    def _say(self, name: str) -> str:
        return f"{name}.jsonl, line {len(self.found[name]) + 1}"


_SHORT = ("people", "registrations", "tickets")
