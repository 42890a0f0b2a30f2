"""What guests do to their own registration, from their personal page.

Rules.
- Every verb begins with `admit` (guest_access.py): the guest of this registration, and nobody else.
- What the organizer does not leave to guests (`guest_rights` of the event) is refused.
- Nothing changes once the event is over or cancelled, nor where the registration is; a candidate's
  is the exam's. A ticket that came through the door is neither cancelled nor transferred.
- Transfer and another address ask for a code that was mailed to the present one. A refused
  target leaves the code to be entered again. Links end with both, so a person who has an old link
  can do nothing any more.
- What a guest is told depends on their own registration; another's is never named.
"""

from collections.abc import Collection, Mapping, Sequence

from turnout.catalogue.translations import find_locale
from turnout.core.audit.recording import record
from turnout.core.events.model import GuestRight, Session, SessionState
from turnout.core.events.programme import list_sessions
from turnout.core.events.sessions import list_session_texts
from turnout.core.identity.link_keys import (
    ensure_link_key,
    find_link_keys,
    is_link_signed,
    sign_link,
)
from turnout.core.ids import OrgId, RegistrationId, SessionId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers, list_questions
from turnout.core.registrations import booking
from turnout.core.registrations.changing import (
    book_session,
    has_checked_in,
    leave_session,
    set_address,
    set_details,
)
from turnout.core.registrations.form_limits import may_remind
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.guest_access import (
    Access,
    Deed,
    Guest,
    Proof,
    admit,
    check_code_of,
    check_guest_code,
    send_guest_code,
)
from turnout.core.registrations.joining import queue_paced_ticket_mail, queue_ticket_mail
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.rules import Door, find_refusal
from turnout.core.registrations.sql import sql
from turnout.core.registrations.telling import find_mail_address, tell_cancelled, tell_passed_on
from turnout.core.registrations.transferring import find_holder, transfer_ticket
from turnout.core.text import email_key, is_email
from turnout.core.tickets.guest_links import end_guest_links
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing
from turnout.store import Tx

NAMES = ("first_name", "last_name", "company")
ADDRESS_MS = 20 * 60_000
# People to whom a ticket cannot go, an hour, before each uses a code up.
TARGETS_LIMIT, TARGETS_WINDOW_MS = 5, 3_600_000


def find_hindrance(guest: Guest, registration: Registration, now: int) -> Conflict | None:
    """Why a guest may change nothing at that moment (epoch ms), if so."""
    event = guest.shown.event
    if registration.sitting:
        return Conflict("guest.exam")
    if registration.state is not RegistrationState.CONFIRMED:
        return Conflict("guest.cancelled")
    return find_refusal(Door.STAFF, event.state, event.ends_at, now)


def change_own_details(tx: Tx, access: Access, details: Mapping[str, str]) -> None:
    """Correct the guest's own name and company (NAMES). Idempotent. Raises Missing, Denied,
    Conflict, Invalid also for no name at all."""
    guest, registration = _admit(tx, access, GuestRight.CHANGE)
    own = {name: text.strip() for name, text in details.items() if name in NAMES}
    before = registration.submitted.contact
    if not any(own.get(name, getattr(before, name)) for name in ("first_name", "last_name")):
        raise Invalid("contact.name")
    if any(getattr(before, name) != text for name, text in own.items()):
        set_details(tx, guest.org_id, registration.id, own, actor=guest.actor)


def change_own_answers(tx: Tx, access: Access, answers: Sequence[Answer]) -> None:
    """Change what the guest answered to the questions that are asked with their ticket; one that is
    not among `answers` is taken away. Idempotent. Raises Missing, Denied, Conflict, Invalid."""
    guest, registration = _admit(tx, access, GuestRight.CHANGE)
    org_id, event_id = guest.org_id, registration.event_id
    asked = {question.name for question in list_questions(tx, org_id, event_id)}
    kept = accept_answers(
        tx, org_id, event_id, answers, must_meet=registration.ticket_type_id, known=()
    )
    others = [given for given in registration.submitted.answers if given.question not in asked]
    submitted = registration.submitted
    if submitted.answers == [*others, *kept]:
        return
    changed = type(submitted)(submitted.contact, [*others, *kept])
    booking.set_answers(tx, org_id, registration.id, changed)
    _note(tx, guest, "changed answers", count=len(kept))


def list_choosable(tx: Tx, org_id: OrgId, registration: Registration, now: int) -> list[Session]:
    """The sessions that the guest may book or leave at that moment (epoch ms): open, not begun, for
    a ticket that they have. One without a number of places is for all, and nobody books it."""
    types = {ticket.ticket_type_id for ticket in list_valid_tickets(tx, org_id, registration.id)}
    texts = list_session_texts(tx, org_id, registration.event_id)
    only = {text.id: set(text.ticket_type_ids) for text in texts}
    return [
        session
        for session in list_sessions(tx, org_id, registration.event_id)
        if session.state is SessionState.OPEN
        and session.capacity is not None
        and session.starts_at > now
        and (not only.get(session.id) or only[session.id] & types)
    ]


def choose_own_sessions(tx: Tx, access: Access, wanted: Collection[SessionId]) -> None:
    """Book exactly these of the sessions that the guest may choose; what else is booked stays.
    Idempotent. Raises Missing, Denied, Conflict for one that is full, Invalid for one that cannot
    be chosen."""
    guest, registration = _admit(tx, access, GuestRight.CHANGE)
    org_id = guest.org_id
    open_ids = {found.id for found in list_choosable(tx, org_id, registration, tx.now)}
    booked = set(booking.list_booked_sessions(tx, org_id, registration.id))
    for session_id in sorted(set(wanted) - booked):
        if session_id not in open_ids:
            event_id = registration.event_id
            raise Invalid("session.not_in_event", session_id=session_id, event_id=event_id)
    for session_id in sorted((booked & open_ids) - set(wanted)):
        leave_session(tx, org_id, registration.id, session_id, actor=guest.actor)
    for session_id in sorted(set(wanted) - booked):
        book_session(tx, org_id, registration.id, session_id, actor=guest.actor)


def cancel_own(tx: Tx, access: Access) -> None:
    """Cancel the registration; its places go to those who wait, and the guest is told by mail.
    Idempotent. Raises Missing, Denied, Conflict."""
    guest, registration = admit(tx, access)
    if registration.state is RegistrationState.CANCELLED:
        return
    _check(tx, guest, registration, GuestRight.CANCEL)
    _check_outside(tx, guest)
    cancel_registration(tx, guest.org_id, registration.id, actor=guest.actor)
    tell_cancelled(tx, guest.org_id, registration.id)


def transfer_own(
    tx: Tx, access: Access, code: str, contact: Contact, proof: Proof, language: str = ""
) -> Failure | None:
    """Pass a ticket of the registration on to `contact`, who gets a new one by mail, in their own
    `language` where the guest says it; the guest's links end, and they are told. Returns the
    refusal of a wrong code. Raises Missing, Denied, Conflict, Invalid."""
    spoken = find_locale(language)
    guest, registration = _admit(tx, access, GuestRight.TRANSFER)
    if find_holder(tx, guest.org_id, code) != registration.id:
        raise Missing("ticket.missing", code=code)
    try:
        with tx.savepoint():
            if wrong := check_guest_code(tx, guest, Deed.TRANSFER, proof):
                return wrong
            transfer_ticket(tx, guest.org_id, code, contact, language=spoken, actor=guest.actor)
    except Conflict as refusal:
        if refusal.code != "transfer.registered":
            return refusal
        return _refuse_target(tx, guest, proof)
    end_guest_links(tx, guest.org_id, registration.id)
    tell_passed_on(tx, guest.org_id, registration.id, code)
    return None


def _refuse_target(tx: Tx, guest: Guest, proof: Proof) -> Conflict:
    """Refuse a new holder who is registered. The code stays good, but for who tries so many that
    they look for those who are registered."""
    key = WindowKey(guest.org_id, "guest transfers", str(guest.registration_id))
    if not counting.count(tx, key, TARGETS_LIMIT, TARGETS_WINDOW_MS):
        check_guest_code(tx, guest, Deed.TRANSFER, proof)
    return Conflict("guest.transfer")


def ask_new_address(
    tx: Tx, access: Access, email: str, proof: Proof, code: str | None = None
) -> str | Failure:
    """The first of two steps to another address: with a code from the present one, a code is mailed
    to the new one. Returns what the second step shows, or the refusal of a wrong code. The answer
    does not depend on whose address it is. `code` is for tests. Raises Missing, Denied, Conflict,
    Invalid."""
    guest, registration = _admit(tx, access, GuestRight.CHANGE)
    email = email.strip()
    if not is_email(email):
        raise Invalid("contact.email_typed")
    try:
        with tx.savepoint():
            if wrong := check_guest_code(tx, guest, Deed.ADDRESS, proof):
                return wrong
            if not may_remind(tx, guest.org_id, email):
                raise Limited("guest.many_codes", retry_after=ADDRESS_MS // 1000)
    except Limited as refusal:
        return refusal
    send_guest_code(tx, guest, email, Deed.ADDRESS, _address_ref(registration.id, email), code)
    until = tx.now + ADDRESS_MS
    return f"{until}-{sign_link(ensure_link_key(tx), _address_step(registration.id, email, until))}"


def change_own_address(
    tx: Tx, access: Access, email: str, step: str, proof: Proof
) -> Failure | None:
    """The second step: with the code from the new address, it is the guest's. Links end, and the
    ticket goes to the new address with a new one. Returns the refusal of a wrong code. Raises
    Missing, Denied, Conflict also where the address is somebody else's, Invalid."""
    guest, registration = _admit(tx, access, GuestRight.CHANGE)
    email = email.strip()
    until, _, signature = step.partition("-")
    is_fresh = until.isascii() and until.isdigit() and tx.now < int(until) < tx.now + 2 * ADDRESS_MS
    text = _address_step(registration.id, email, int(until)) if is_fresh else ""
    if not is_fresh or not is_link_signed(find_link_keys(tx), text, signature):
        raise Invalid("guest.step")
    ref = _address_ref(registration.id, email)
    if refusal := check_code_of(tx, guest.org_id, ref, proof):
        return refusal
    try:
        with tx.savepoint():
            set_address(tx, guest.org_id, registration.id, email, actor=guest.actor)
    except Conflict as refusal:
        if refusal.code != "person.address_taken":
            raise
        return Conflict("guest.address")
    end_guest_links(tx, guest.org_id, registration.id)
    for ticket in list_valid_tickets(tx, guest.org_id, registration.id):
        queue_ticket_mail(tx, guest.org_id, ticket.id)
    return None


def renew_own_link(tx: Tx, access: Access) -> None:
    """End all links of the registration, and mail the tickets with a new one. Raises Missing,
    Denied, Conflict."""
    guest, registration = admit(tx, access)
    tickets = list_valid_tickets(tx, guest.org_id, registration.id)
    address = find_mail_address(tx, guest.org_id, registration)
    if not tickets or not address:
        raise find_hindrance(guest, registration, tx.now) or Conflict("guest.right")
    end_guest_links(tx, guest.org_id, registration.id)
    for ticket in tickets:
        queue_paced_ticket_mail(tx, guest.org_id, ticket.id, address)
    _note(tx, guest, "renewed link")


def set_own_language(tx: Tx, access: Access, language: str) -> None:
    """Choose the language of the guest's mails and pages. Idempotent. Raises Missing, Denied,
    Invalid for one that Turnout does not speak."""
    guest, registration = admit(tx, access)
    spoken = find_locale(language)
    if not spoken:
        raise Invalid("guest.language")
    sql.set_language(tx, org_id=guest.org_id, id=registration.id, language=spoken, now=tx.now)
    _note(tx, guest, "changed language", language=spoken)


def resend_own(tx: Tx, access: Access) -> None:
    """Mail the tickets again, as often as an hour has room for. Raises Missing, Denied, Conflict
    where there is none to mail."""
    guest, registration = admit(tx, access)
    tickets = list_valid_tickets(tx, guest.org_id, registration.id)
    address = find_mail_address(tx, guest.org_id, registration)
    if not tickets or not address:
        raise find_hindrance(guest, registration, tx.now) or Conflict("guest.right")
    for ticket in tickets:
        queue_paced_ticket_mail(tx, guest.org_id, ticket.id, address)


def mail_tickets_of(tx: Tx, org_id: OrgId, email: str) -> None:
    """Mail the tickets of an address that lie ahead, each with its personal link, as often as an
    hour has room for; for somebody whom nobody knows. Returns nothing, for whichever person."""
    for row in sql.list_tickets_ahead(tx, org_id=org_id, email_key=email_key(email), now=tx.now):
        queue_paced_ticket_mail(tx, org_id, row.id, row.email)


def _admit(tx: Tx, access: Access, right: GuestRight) -> tuple[Guest, Registration]:
    guest, registration = admit(tx, access)
    _check(tx, guest, registration, right)
    if right is GuestRight.TRANSFER:
        _check_outside(tx, guest)
    return guest, registration


def _check(tx: Tx, guest: Guest, registration: Registration, right: GuestRight) -> None:
    if refusal := find_hindrance(guest, registration, tx.now):
        raise refusal
    if right not in guest.shown.details.guest_rights:
        raise Conflict("guest.right")


def _check_outside(tx: Tx, guest: Guest) -> None:
    if has_checked_in(tx, guest.org_id, guest.registration_id):
        raise Conflict("guest.inside")


def _note(tx: Tx, guest: Guest, action: str, **facts: object) -> None:
    record(tx, guest.org_id, guest.actor, action, "registration", guest.registration_id, **facts)


def _address_ref(registration_id: RegistrationId, email: str) -> str:
    return f"guest address:{registration_id}:{email_key(email)}"


def _address_step(registration_id: RegistrationId, email: str, until: int) -> str:
    return f"guest address:{registration_id}:{until}:{email_key(email)}"
