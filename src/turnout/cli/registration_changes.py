"""Changing registrations, one by one and many at once."""

from typing import Any, NamedTuple

from turnout.cli.answers import NewAnswer, check_asked, read_answers
from turnout.cli.app import actor, console, database
from turnout.cli.hints import say_no_name, say_other_name
from turnout.cli.numbers import EventNumber, RegistrationNumber, SessionNumber, TicketTypeNumber
from turnout.cli.places_left import counted_places
from turnout.core.checkin.scans import Result
from turnout.core.checkin.walk_ins import add_walk_in
from turnout.core.exams.leaving import cancel_any
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations import changing, notes
from turnout.core.registrations.booking import lock_registration
from turnout.core.registrations.pricing import Asking
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.telling import (
    read_holding,
    tell_cancelled,
    tell_changed,
    tell_passed_on,
)
from turnout.core.registrations.transferring import transfer_ticket
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

DEVICE = "turnout registration add"
TOLD = " The person is told by mail."


def add(
    org: str,
    event: EventNumber,
    /,
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    company: str = "",
    phone: str = "",
    ticket_type: TicketTypeNumber | None = None,
    session: list[SessionNumber] | None = None,
    answer: list[str] | None = None,
    new_answer: NewAnswer = None,
    walk_in: bool = False,
    no_mail: bool = False,
    incomplete: bool = False,
    payment: Asking | None = None,
) -> None:
    """Register somebody by hand, also for a draft or a closed event; the ticket is mailed.

    Somebody who has a ticket of the type keeps it; sessions and answers are added. A name that is
    given is their name from now on, at all events.

    Example: turnout registration add acme 1000001 --email ann@example.com --walk-in

    Args:
        org: Short name of the organization.
        event: Number of the event.
        email: Their address.
        first_name: Their first name.
        last_name: Their last name.
        company: Their company.
        phone: Their phone number.
        ticket_type: Number of the ticket type; without it, the event's default one.
        session: Number of a session to book; may be repeated.
        answer: What they answered, as "Question=answer"; may be repeated.
        walk_in: They stand at the door: check them in at once, and mail nothing.
        no_mail: Do not mail the ticket.
        incomplete: Required questions may stay without an answer.
        payment: Whether the price of the ticket is open, none or waived; without it, as
            `--payment-at` of `turnout event set` says.
    """
    contact = Contact(
        email=email, first_name=first_name, last_name=last_name, company=company, phone=phone
    )
    answers = read_answers(answer)
    more: dict[str, Any] = {
        "ticket_type_id": ticket_type,
        "session_ids": session or (),
        "answers": [Answer(*pair) for pair in (answers | read_answers(new_answer)).items()],
        "is_complete": not incomplete,
        "asking": payment,
        "actor": actor(),
    }
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(check_asked, org_id, event, answers)
        before = db.call(find_person, org_id, email)
        with counted_places(db, org_id, event, ticket_type, 1):
            if walk_in:
                made, said = db.call(add_walk_in, org_id, event, contact, device=DEVICE, **more)
            else:
                is_mailed = not no_mail
                add = changing.add_by_staff
                made = db.call(add, org_id, event, contact, is_mailed=is_mailed, **more)
        after = db.call(find_person, org_id, email)
    which = f"registration {made.registration_id}, ticket {made.ticket.code}"
    console.print(f"{email} {'is registered' if made.is_new else 'was registered'}: {which}.")
    if walk_in:
        is_first = said.result is Result.ADMITTED
        console.print("Checked in." if is_first else "They were checked in before.")
    say_other_name(before, after, contact)


def change(
    org: str,
    registration: RegistrationNumber,
    /,
    *,
    answer: list[str] | None = None,
    new_answer: NewAnswer = None,
    first_name: str = "",
    last_name: str = "",
    company: str = "",
    job_title: str = "",
    phone: str = "",
    ticket_type: TicketTypeNumber | None = None,
    book: list[SessionNumber] | None = None,
    leave: list[SessionNumber] | None = None,
    email: str = "",
    quiet: bool = False,
) -> None:
    """Change a registration: all that is asked for, or nothing. Another ticket type and sessions
    are told by mail.

    Example: turnout registration change acme 12 --answer "Diet=vegan" --book 31 --leave 30

    Args:
        org: Short name of the organization.
        registration: Number of the registration.
        answer: An answer, as "Question=answer"; an empty one takes it away. May be repeated.
        first_name: Their first name, which is corrected in what is known of the person, too.
        last_name: Their last name; a learner's name is changed by `turnout learner import` only.
        company: Their company.
        job_title: Their job title.
        phone: Their phone number.
        ticket_type: Number of the ticket type that their ticket is of from now on.
        book: Number of a session to book; may be repeated.
        leave: Number of a session whose booking is cancelled; may be repeated.
        email: Their new e-mail address; a guest of a party without one gets it.
        quiet: Mail nothing.
    """
    answers, new = read_answers(answer), read_answers(new_answer)
    given = {
        "first_name": first_name,
        "last_name": last_name,
        "company": company,
        "job_title": job_title,
        "phone": phone,
    }
    details = {name: text for name, text in given.items() if text}
    if not (answers or new or details or ticket_type or book or leave or email):
        raise Invalid("registration.unchanged")
    wanted = _Wanted(answers, new, details, ticket_type, book or [], leave or [], email)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        is_told = db.call(_change, org_id, registration, wanted, quiet)
    console.print(f"Registration {registration} is changed.{TOLD if is_told else ''}")


def cancel(
    org: str,
    registration: RegistrationNumber,
    /,
    *,
    reason: str = "",
    message: str = "",
    quiet: bool = False,
    yes: bool = False,
) -> None:
    """Cancel a registration: its tickets let nobody in, its places go to the waiting list, and the
    person is told by mail.

    A candidate's leaves the exam, without a mail.

    Example: turnout registration cancel acme 12 --message "The bus is full."

    Args:
        org: Short name of the organization.
        registration: Number of the registration.
        reason: Why, for the history of a candidate's registration.
        message: What the person is told, in your own words.
        quiet: Mail nothing.
        yes: Cancel it although they are checked in.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        note = None if quiet else message
        was_confirmed, is_told = db.call(_cancel, org_id, registration, reason, note, yes)
    state = "is cancelled" if was_confirmed else "was cancelled before"
    console.print(f"Registration {registration} {state}.{TOLD if is_told else ''}")


def restore(org: str, registration: RegistrationNumber, /, *, quiet: bool = False) -> None:
    """Confirm a cancelled registration again, with new tickets, which are mailed.

    Those of its tickets and sessions come back that have places; the others are named. What was
    paid stays paid, what is open has time again, and somebody who came in is still in.

    Example: turnout registration restore acme 12

    Args:
        org: Short name of the organization.
        registration: Number of the registration.
        quiet: Do not mail the tickets.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known = db.call(lock_registration, org_id, registration)
        with counted_places(db, org_id, known.event_id, known.ticket_type_id, 1):
            restored = db.call(
                restore_registration, org_id, registration, is_mailed=not quiet, actor=actor()
            )
    if restored is None:
        console.print(f"Registration {registration} is not cancelled.")
        return
    codes = ", ".join(ticket.code for ticket in restored.tickets)
    which = f"its ticket is {codes}" if len(restored.tickets) == 1 else f"its tickets are {codes}"
    console.print(f"Registration {registration} is confirmed; {which}.")
    if restored.checked_in:
        console.print(f"Checked in, as before: {', '.join(restored.checked_in)}.")
    if restored.lost:
        console.print(f"No place was left of: {', '.join(restored.lost)}.")


def transfer(
    org: str,
    registration: RegistrationNumber,
    /,
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    quiet: bool = False,
) -> None:
    """Pass a registration on to somebody else, with its sessions; their new ticket is mailed, and
    whose it was is told.

    Example: turnout registration transfer acme 12 --email bob@example.com --first-name Bob

    Args:
        org: Short name of the organization.
        registration: Number of the registration; with several tickets, pass one on by
            `turnout ticket transfer`.
        email: Address of who gets it.
        first_name: Their first name.
        last_name: Their last name.
        quiet: Do not tell whose it was.
    """
    contact = Contact(email=email, first_name=first_name, last_name=last_name)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        code, is_told = db.call(_transfer, org_id, registration, contact, quiet)
    told = " Whose it was is told by mail." if is_told else ""
    said = f"{email} has the ticket {code} now; registration {registration} is cancelled."
    console.print(f"{said}{told}")
    say_no_name(first_name, last_name)


def resend(org: str, registration: RegistrationNumber, /) -> None:
    """Mail the tickets of a registration again; a party's go to its contact.

    Example: turnout registration resend acme 12

    Args:
        org: Short name of the organization.
        registration: Number of the registration.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        count = db.call(changing.resend_tickets, org_id, registration, actor=actor())
    console.print(f"Tickets to be mailed again: {count}.")


def note(
    org: str, registration: RegistrationNumber, text: str, /, *, at_door: bool = False
) -> None:
    """Write a note about a registration, which only staff see.

    Example: turnout registration note acme 12 "Comes with a guide dog."

    Args:
        org: Short name of the organization.
        registration: Number of the registration.
        text: The note.
        at_door: Phones at the door show it.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        where = (org_id, registration, text)
        db.call(notes.add_note, *where, is_at_door=at_door, actor=actor())
    console.print(f"The note is with registration {registration}.")


def tag(org: str, registration: RegistrationNumber, tag: str, /, *, remove: bool = False) -> None:
    """Tag a registration for lists and bulk changes, or take a tag off.

    Example: turnout registration tag acme 12 VIP

    Args:
        org: Short name of the organization.
        registration: Number of the registration.
        tag: The tag; its case does not count.
        remove: Take it off.
    """
    verb = notes.remove_tag if remove else notes.add_tag
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(verb, org_id, registration, tag, actor=actor())
    console.print(f"Registration {registration} {'has no' if remove else 'has the'} tag {tag}.")


def cancel_one(tx: Tx, org_id: OrgId, registration_id: RegistrationId, reason: str = "") -> bool:
    """Cancel it, a candidate's in its exam; whether it was confirmed before."""
    return cancel_any(tx, org_id, registration_id, reason, actor=actor())


def _cancel(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    reason: str,
    message: str | None,
    is_sure: bool,
) -> tuple[bool, bool]:
    """Whether it was confirmed, and whether the person is told; `message` None = they are not."""
    if not is_sure and changing.has_checked_in(tx, org_id, registration_id):
        raise Conflict("registration.checked_in", registration_id=registration_id)
    was_confirmed = cancel_one(tx, org_id, registration_id, reason)
    if not was_confirmed or message is None:
        return was_confirmed, False
    return True, tell_cancelled(tx, org_id, registration_id, message=message)


class _Wanted(NamedTuple):
    """What is to change in a registration."""

    answers: dict[str, str]
    new_answers: dict[str, str]
    details: dict[str, str]
    type_id: TicketTypeId | None
    book: list[SessionId]
    leave: list[SessionId]
    email: str


def _change(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, wanted: _Wanted, is_quiet: bool
) -> bool:
    """Whether the person is told. Sessions that are left come first: their places may be those that
    are booked."""
    by = actor()
    before = read_holding(tx, org_id, registration_id)
    for session_id in sorted(wanted.leave):
        changing.leave_session(tx, org_id, registration_id, session_id, actor=by)
    for session_id in sorted(wanted.book):
        changing.book_session(tx, org_id, registration_id, session_id, actor=by)
    if wanted.type_id:
        changing.set_type(tx, org_id, registration_id, wanted.type_id, actor=by)
    if answers := wanted.answers | wanted.new_answers:
        known = lock_registration(tx, org_id, registration_id)
        own = [answer.question for answer in known.submitted.answers]
        check_asked(tx, org_id, known.event_id, wanted.answers, own)
        changing.set_answers(tx, org_id, registration_id, answers, actor=by)
    if wanted.details:
        changing.set_details(tx, org_id, registration_id, wanted.details, actor=by)
    if wanted.email:
        changing.set_address(tx, org_id, registration_id, wanted.email, actor=by)
    return not is_quiet and tell_changed(tx, org_id, registration_id, before)


def _transfer(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, contact: Contact, is_quiet: bool
) -> tuple[str, bool]:
    """The new code, and whether the person whose it was is told."""
    registration = lock_registration(tx, org_id, registration_id)
    ticket = changing.get_only_ticket(tx, org_id, registration)
    code = transfer_ticket(tx, org_id, ticket.code, contact, actor=actor())
    if is_quiet:
        return code, False
    return code, tell_passed_on(tx, org_id, registration_id, ticket.code)
