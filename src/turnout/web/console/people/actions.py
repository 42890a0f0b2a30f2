"""What is done with one registration: at once, or after a page that asks.

Each action is a row of `ACTIONS`: the permission, and the verb for the form that was sent. What
can be taken back is done at once, and the page that says so has the button (telling.py); what
cannot, or needs something typed, has a page of its own (asking.py). Payments are settled from a
menu beside them (paying.py).
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.erasure.erasing import erase_person
from turnout.core.ids import RegistrationId
from turnout.core.people.model import Contact
from turnout.core.registrations import changing, notes
from turnout.core.registrations.browsing import get_registration
from turnout.core.registrations.telling import tell_passed_on
from turnout.core.registrations.transferring import transfer_ticket
from turnout.errors import Conflict, Invalid, Missing
from turnout.web.console.forms import Form
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.asking import ASKED, show_question
from turnout.web.console.people.changes import CHANGES, Change
from turnout.web.console.people.editing import edit_person
from turnout.web.console.people.merging import merge_shown
from turnout.web.console.people.paying import PAYING
from turnout.web.console.people.person import (
    check_not_erased,
    frame_of,
    read_beside,
    registration_number,
)
from turnout.web.console.people.query import parse_people
from turnout.web.documents import NO_STORE

SAME = "same"
Act = Callable[[Visit, RegistrationId, Form], str]
"""Does it, and returns where to go on: empty = beside the same list, `list` = to the list,
`same` = as empty, and nothing was changed."""


class Action(NamedTuple):
    """Who may do it, and how it is done; `is_of_person`: it changes who it is."""

    permission: str
    act: Act
    is_of_person: bool = False


class PersonActionPage(ConsolePage):
    """`/console/{event}/people/{registration}/{action}`: GET asks, POST does."""

    async def on_get(
        self, req: Request, resp: Response, scope: str, registration: str, action: str
    ) -> None:
        """The page that asks before it is done. Raises Missing for what is not asked about,
        Unauthenticated, Denied."""
        number, permission = registration_number(registration), _find(action).permission
        await show_question(self.console, req, resp, permission, action, number)

    async def on_post(
        self, req: Request, resp: Response, scope: str, registration: str, action: str
    ) -> None:
        """Do it, and go on. Raises Missing, Unauthenticated, Denied; what can be put right is said
        on the page."""
        query, number = parse_people(req), registration_number(registration)
        form, found = await self.console.take(req), _find(action)
        try:
            what = (found, number, form)
            where = await self.console.write_once(req, form, found.permission, _act, *what)
        except (Conflict, Invalid) as refusal:
            form.refuse(refusal, _FIELDS.get(refusal.code, ""))
            await self._refuse(req, resp, action, number, form)
            return
        resp.status = HTTPStatus.SEE_OTHER
        resp.set_header("Cache-Control", NO_STORE)
        begins = f"/console/{scope}/people"
        done = f"{query.link(after=query.after)}&done={SAME if where == SAME else action}"
        resp.location = f"{begins}{done}" if where == "list" else f"{begins}/{number}{done}"

    async def _refuse(
        self, req: Request, resp: Response, action: str, number: RegistrationId, form: Form
    ) -> None:
        permission = _find(action).permission
        if action in ASKED:
            await show_question(self.console, req, resp, permission, action, number, form)
        else:
            query = parse_people(req)
            people, person = await self.console.read(req, "people.see", read_beside, query, number)
            values = frame_of(people) | {"person": person, "is_messages": False}
            self.console.refuse(req, resp, "console/people/person.html", form, **values)
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY


def _find(action: str) -> Action:
    """The action of that name; one that is not there is Missing for those who may see people."""
    return ACTIONS.get(action) or Action("people.see", partial(_refuse_unknown, action))


def _refuse_unknown(action: str, *_: object) -> str:
    raise Missing("path.missing", path=action[:50])


def _note(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    text = form.value("note")
    is_at_door = form.value("at_door") == "1"
    where = (visit.tx, visit.org_id, registration_id, text)
    notes.add_note(*where, is_at_door=is_at_door, actor=visit.user.actor)
    return ""


def _transfer(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    contact = Contact(
        email=form.value("email"),
        first_name=form.value("first_name")[:100],
        last_name=form.value("last_name")[:100],
    )
    registration = get_registration(tx, org_id, visit.at.id, registration_id)
    ticket = changing.get_only_ticket(tx, org_id, registration)
    transfer_ticket(tx, org_id, ticket.code, contact, reach=visit.reach, actor=by)
    if form.has("tell"):
        tell_passed_on(tx, org_id, registration_id, ticket.code)
    return ""


def _merge(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    kept = get_registration(visit.tx, visit.org_id, visit.at.id, registration_id).person_id
    merge_shown(visit, kept, form)
    return ""


def _erase(visit: Visit, registration_id: RegistrationId, _form: Form) -> str:
    registration = get_registration(visit.tx, visit.org_id, visit.at.id, registration_id)
    visit.check_reached(registration.person_id)
    erase_person(visit.tx, visit.org_id, registration.person_id, actor=visit.user.actor)
    return "list"


def _act(visit: Visit, action: Action, registration_id: RegistrationId, form: Form) -> str:
    """The action, for a registration of this event. Raises Missing for one of another, Gone for a
    person who is erased."""
    found = get_registration(visit.tx, visit.org_id, visit.at.id, registration_id)
    if action.is_of_person:
        check_not_erased(visit, found.person_id)
    return action.act(visit, registration_id, form)


def _at_once(change: Change) -> Act:
    def act(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
        return "" if change(visit, registration_id, form) else SAME

    return act


ACTIONS: Mapping[str, Action] = {
    "check-in": Action("people.check_in", _at_once(CHANGES["check-in"])),
    "undo-check-in": Action("people.check_in", _at_once(CHANGES["undo-check-in"])),
    "cancel": Action("people.cancel", _at_once(CHANGES["cancel"])),
    "restore": Action("people.cancel", _at_once(CHANGES["restore"])),
    "resend": Action("people.change", _at_once(CHANGES["resend"])),
    "note": Action("people.change", _note),
    "tag": Action("people.change", _at_once(CHANGES["tag"])),
    "untag": Action("people.change", _at_once(CHANGES["untag"])),
    "edit": Action("people.change", edit_person, is_of_person=True),
    "transfer": Action("people.change", _transfer, is_of_person=True),
    "merge": Action("people.merge", _merge, is_of_person=True),
    "erase": Action("people.erase", _erase, is_of_person=True),
    **{name: Action("payments.settle", act) for name, act in PAYING.items()},
}
# Beside which field a refusal stands.
_FIELDS = {
    "note.text": "note",
    "tag.text": "tag",
    "filter.day": "day",
    "payment.due": "day",
    "mail.words_field": "message",
    "contact.email": "email",
    "person.address_taken": "email",
    "registration.taken": "email",
    "console.nobody": "other",
    "person.same": "other",
}
