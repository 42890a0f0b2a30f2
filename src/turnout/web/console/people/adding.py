"""Registering somebody by hand, also for a draft or a closed event."""

from http import HTTPStatus
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.checkin.walk_ins import add_walk_in
from turnout.core.events.model import Session, TicketType
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.ids import RegistrationId, SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.judging import PARTS
from turnout.core.questions.model import Answer, Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.changing import add_by_staff
from turnout.errors import Conflict, Invalid
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.editing import DETAILS, field_of
from turnout.web.documents import NO_STORE

_FIELDS = {"contact.email": "email", "places.taken": "ticket"}


class Asked(NamedTuple):
    """What the form offers."""

    types: list[TicketType]
    sessions: list[Session]
    questions: list[Question]


class AddPage(ConsolePage):
    """`/console/{event}/people/add`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Unauthenticated, Denied, Missing."""
        asked = await self.console.read(req, "people.add", _read)
        default = next((kind.id for kind in asked.types if kind.is_default), "")
        form = fill({"ticket": str(default), "mail": "1"})
        self.console.show(req, resp, "console/people/add.html", asked=asked, form=form)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Register somebody. Raises Unauthenticated, Denied, Missing; what can be put right is said
        on the page."""
        form = await self.console.take(req)
        form.email("email")
        if form.is_right:
            try:
                number = await self.console.write_once(req, form, "people.add", add_person, form)
            except (Conflict, Invalid) as refusal:
                form.refuse(refusal, _FIELDS.get(refusal.code, ""))
            else:
                resp.status = HTTPStatus.SEE_OTHER
                resp.set_header("Cache-Control", NO_STORE)
                resp.location = f"/console/{scope}/people/{number}?done=add"
                return
        asked = await self.console.read(req, "people.add", _read)
        self.console.refuse(req, resp, "console/people/add.html", form, asked=asked)


def add_person(visit: Visit, form: Form) -> RegistrationId:
    """Register somebody as the form says, and check them in at once if they stand there. Raises
    Conflict, Invalid, Missing."""
    contact = Contact(
        email=form.value("email"), **{name: form.value(name)[:200] for name in DETAILS}
    )
    kinds = [TicketTypeId(number) for number in form.numbers("ticket")]
    answers = [
        Answer(question.name, text)
        for question in list_questions(visit.tx, visit.org_id, visit.at.id)
        if (text := PARTS.join(filter(None, form.values(field_of(question)))))
    ]
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    sessions = [SessionId(number) for number in form.numbers("session")]
    kind = kinds[0] if kinds else None
    if form.has("walk_in"):
        device = visit.user.name or visit.user.user_code
        arrived = add_walk_in(
            tx,
            org_id,
            event_id,
            contact,
            ticket_type_id=kind,
            session_ids=sessions,
            answers=answers,
            is_complete=False,
            device=device,
            reach=visit.reach,
            actor=by,
        )
        return arrived.granted.registration_id
    return add_by_staff(
        tx,
        org_id,
        event_id,
        contact,
        ticket_type_id=kind,
        session_ids=sessions,
        answers=answers,
        is_mailed=form.has("mail"),
        is_complete=False,
        reach=visit.reach,
        actor=by,
    ).registration_id


def _read(visit: Visit) -> Asked:
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    return Asked(
        list_ticket_types(tx, org_id, event_id),
        list_sessions(tx, org_id, event_id),
        list_questions(tx, org_id, event_id),
    )
