"""Pages that ask before a registration is changed: what will happen, and two buttons."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.erasure.erasing import Kept, list_kept
from turnout.core.events.model import Session
from turnout.core.events.programme import list_sessions
from turnout.core.ids import RegistrationId
from turnout.core.people.finding import get_person
from turnout.core.questions.model import Question
from turnout.core.questions.reading import list_questions
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import Console, Visit
from turnout.web.console.people.editing import fill_person
from turnout.web.console.people.merging import Pair, find_pair
from turnout.web.console.people.person import Person, check_not_erased, read_person
from turnout.web.console.people.query import parse_people

ASKED = ("cancel", "edit", "erase", "merge", "transfer")


class Asked(NamedTuple):
    """What a page that asks shows."""

    person: Person
    questions: list[Question]
    sessions: list[Session]
    kept: list[Kept]
    form: Form
    pair: Pair | None


async def show_question(
    console: Console,
    req: Request,
    resp: Response,
    permission: str,
    action: str,
    registration_id: RegistrationId,
    form: Form | None = None,
) -> None:
    """Answer with the page of an action; with the `form` that was refused, if it was."""
    other = (form.value("other") if form else req.get_param("other", default="")).strip()
    asked, wrong = await console.read(req, permission, _read, action, registration_id, other)
    form = form or asked.form
    if wrong and form.is_right:
        form.refuse(wrong, "other")
    console.answer(
        req,
        resp,
        f"console/people/{action}.html",
        form,
        asked=asked,
        person=asked.person,
        pair=asked.pair,
        query=parse_people(req),
    )


def _read(
    visit: Visit, action: str, registration_id: RegistrationId, other: str
) -> tuple[Asked, Failure | None]:
    """What the page shows, and why the other of a merge is not shown. Raises Missing, Gone."""
    if action not in ASKED:
        raise Missing("path.missing", path=action[:50])
    person = read_person(visit, registration_id)
    questions = list_questions(visit.tx, visit.org_id, visit.at.id)
    person_id = person.registration.person_id
    if action != "cancel":
        check_not_erased(visit, person_id)
    contact = get_person(visit.tx, visit.org_id, person_id).contact
    pair: Pair | None = None
    wrong: Failure | None = None
    if action == "merge" and other:
        try:
            pair = find_pair(visit, person_id, other)
        except (Conflict, Invalid) as refusal:
            wrong = refusal
    asked = Asked(
        person,
        questions,
        list_sessions(visit.tx, visit.org_id, visit.at.id),
        list_kept(visit.tx, visit.org_id, person_id),
        fill({"other": other}) if action == "merge" else fill_person(person, contact, questions),
        pair,
    )
    return asked, wrong
