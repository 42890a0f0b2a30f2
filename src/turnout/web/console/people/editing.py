"""Changing a registration: who it is, ticket type, sessions and answers, all or nothing."""

from collections.abc import Iterable

from turnout.core.ids import PersonId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.correcting import change_address, correct_person
from turnout.core.people.finding import get_person
from turnout.core.people.model import Contact
from turnout.core.questions.judging import PARTS, parts_of
from turnout.core.questions.model import Kind, Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations import changing
from turnout.core.registrations.booking import list_booked_sessions
from turnout.core.registrations.browsing import get_registration
from turnout.core.registrations.model import Registration
from turnout.core.registrations.telling import read_holding, tell_changed
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import Visit
from turnout.web.console.people.person import Person

LONGEST_DETAIL = 200
DETAILS = ("title", "first_name", "last_name", "company", "job_title", "phone")


def field_of(question: Question) -> str:
    """The name of the field of a question."""
    return f"q{question.id}"


def fill_person(person: Person, contact: Contact, questions: Iterable[Question]) -> Form:
    """The form as it stands now."""
    answers = {answer.question: answer.answer for answer in person.registration.submitted.answers}
    values: dict[str, str | list[str]] = {
        "email": contact.email,
        **{name: getattr(contact, name) for name in DETAILS},
        "ticket": str(_type_of(person) or ""),
        "session": [str(session.id) for session in person.sessions],
        "tell": "1",
    }
    for question in questions:
        text = answers.get(question.name, "")
        is_several = question.kind is Kind.SEVERAL
        values[field_of(question)] = parts_of(text) if is_several else text
    return fill(values)


def edit_person(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    """Change what the form says differently. Sessions that are left come first: their places may be
    those that are booked. Raises Conflict, Invalid, Missing."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    before = read_holding(tx, org_id, registration_id)
    registration = get_registration(tx, org_id, visit.at.id, registration_id)
    _move_sessions(visit, registration_id, {SessionId(n) for n in form.numbers("session")})
    kinds = [TicketTypeId(number) for number in form.numbers("ticket")]
    if kinds and set(kinds) != before.type_ids:
        changing.set_type(tx, org_id, registration_id, kinds[0], actor=by)
    if answers := _changed_answers(visit, registration, form):
        changing.set_answers(tx, org_id, registration_id, answers, actor=by)
    correct_known(visit, registration.person_id, form)
    if form.has("tell"):
        tell_changed(tx, org_id, registration_id, before)
    return ""


def correct_known(visit: Visit, person_id: PersonId, form: Form) -> None:
    """Change of a person what the form says differently. Raises Conflict, also where the user does
    not reach them, Invalid, Missing."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    known = get_person(tx, org_id, person_id).contact
    typed = {name: form.value(name)[:LONGEST_DETAIL] for name in DETAILS if form.has(name)}
    details = {name: text for name, text in typed.items() if text != getattr(known, name)}
    email = form.value("email")
    if details or email not in ("", known.email):
        visit.check_reached(person_id)
    correct_person(tx, org_id, person_id, details, actor=by)
    if email:
        change_address(tx, org_id, person_id, email, actor=by)


def _move_sessions(visit: Visit, registration_id: RegistrationId, wanted: set[SessionId]) -> None:
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    booked = set(list_booked_sessions(tx, org_id, registration_id))
    for session_id in sorted(booked - wanted):
        changing.leave_session(tx, org_id, registration_id, session_id, actor=by)
    for session_id in sorted(wanted - booked):
        changing.book_session(tx, org_id, registration_id, session_id, actor=by)


def _changed_answers(visit: Visit, registration: Registration, form: Form) -> dict[str, str]:
    """The answers that are others than before, by the question's name."""
    before = {answer.question: answer.answer for answer in registration.submitted.answers}
    changed = {}
    for question in list_questions(visit.tx, visit.org_id, visit.at.id):
        answer = PARTS.join(form.values(field_of(question)))
        if answer != before.get(question.name, ""):
            changed[question.name] = answer
    return changed


def _type_of(person: Person) -> TicketTypeId | None:
    """The type of the only valid ticket."""
    valid = [held.ticket for held in person.tickets if held.ticket.state == "valid"]
    return valid[0].ticket_type_id if len(valid) == 1 else None
