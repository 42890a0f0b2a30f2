"""`/console/{org}/people/{person}`: one person over all events, and what is done with them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import falcon
from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.erasure.erasing import Kept, erase_person, list_kept
from turnout.core.erasure.exporting import export_person, to_page
from turnout.core.erasure.overview import Overview, read_overview
from turnout.core.ids import PersonId
from turnout.core.people.model import Person
from turnout.core.registrations.browsing import PersonEvent
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.http.routing import without_head
from turnout.store import to_json
from turnout.web.console.done import Done
from turnout.web.console.events.going import lead_to
from turnout.web.console.everyone.listing import list_seen_events, read_person_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.editing import DETAILS, LONGEST_DETAIL, correct_known
from turnout.web.console.people.files import name_file
from turnout.web.console.people.merging import Pair, find_pair, merge_shown
from turnout.web.console.people.person import check_not_erased
from turnout.web.console.words import say

SEE, EXPORT = "people.read", "people.export"
# What is asked before it is done, and who may.
ASKED = {"edit": "people.change", "merge": "people.merge", "erase": "people.erase"}
# Beside which field a refusal stands.
FIELDS = {
    "contact.email": "email",
    "person.address_taken": "email",
    "console.nobody": "other",
    "person.same": "other",
}


class Known(NamedTuple):
    """What is known of a person; `pair` is who is merged with them, `kept` what stays when they
    are erased."""

    overview: Overview
    events: list[PersonEvent]
    kept: list[Kept]
    pair: Pair | None = None

    @property
    def person(self) -> Person:
        return self.overview.person

    @property
    def name(self) -> str:
        return name_of(self.person)

    @property
    def is_erased(self) -> bool:
        """Whether nothing is left that tells who it was."""
        return self.overview.erased_at is not None and not self.name


class KnownPersonPage(ConsolePage):
    """`/console/{scope}/people/{person}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, registration: str) -> None:
        """Contact, former names and addresses, and where they take part. Raises Missing, Denied."""
        known = await self.console.read(req, SEE, find_known, read_person_number(registration))
        action = req.get_param("done", default="")
        done = Done(say(f"console.people.done.{action}")) if action in ("edit", "merge") else None
        self.console.show(req, resp, "console/everyone/person.html", known=known, done=done)


class KnownPersonActionPage(ConsolePage):
    """`/console/{scope}/people/{person}/{action}`: GET asks, POST does."""

    async def on_get(
        self, req: Request, resp: Response, scope: str, registration: str, action: str
    ) -> None:
        """What will happen. Raises Missing for what is not asked about, Denied."""
        other = req.get_param("other", default="").strip()[:LONGEST_DETAIL]
        known, wrong = await self.console.read(
            req, _permission(action), _ask, action, read_person_number(registration), other
        )
        form = _fill(known, other)
        if wrong:
            form.refuse(wrong, "other")
        self.console.answer(
            req, resp, f"console/everyone/{action}.html", form, known=known, pair=known.pair
        )

    async def on_post(
        self, req: Request, resp: Response, scope: str, registration: str, action: str
    ) -> None:
        """Do it, and go on. Raises Missing, Denied; what can be put right is said on the page."""
        form = await self.console.take(req)
        permission, number = _permission(action), read_person_number(registration)
        if action == "edit":
            form.email("email", is_required=False)
        if form.is_right:
            try:
                await self.console.write(req, form, permission, _do, action, number, form)
            except (Conflict, Invalid) as refusal:
                form.refuse(refusal, FIELDS.get(refusal.code, ""))
            else:
                begins = f"/console/{scope}/people"
                lead_to(resp, begins if action == "erase" else f"{begins}/{number}", action)
                return
        known, _ = await self.console.read(
            req, permission, _ask, action, number, form.value("other")
        )
        self.console.refuse(
            req, resp, f"console/everyone/{action}.html", form, known=known, pair=known.pair
        )
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY


class KnownPersonJson(ConsolePage):
    """`/console/{scope}/people/{person}/export.json`."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, registration: str) -> None:
        """Everything that is known of the person. Raises Missing, Denied."""
        number = read_person_number(registration)
        resp.data = await self.console.trace(req, EXPORT, write_json, number)
        resp.content_type = falcon.MEDIA_JSON
        name_file(resp, f"person-{number}.json")


class KnownPersonHtml(ConsolePage):
    """`/console/{scope}/people/{person}/export.html`: the same as a page to read."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, registration: str) -> None:
        """Everything that is known of the person. Raises Missing, Denied."""
        number = read_person_number(registration)
        resp.data = await self.console.trace(req, EXPORT, write_page, number)
        resp.content_type = falcon.MEDIA_HTML
        name_file(resp, f"person-{number}.html")


def name_of(person: Person) -> str:
    """First and last name, else an address."""
    return person.contact.name or person.contact.email or person.contact.phone


def find_known(visit: Visit, person_id: PersonId) -> Known:
    """What is known of a person. Raises Missing."""
    tx, org_id = visit.tx, visit.org_id
    return Known(
        _read_seen(visit, person_id),
        list_seen_events(visit, person_id),
        list_kept(tx, org_id, person_id),
    )


def _read_seen(visit: Visit, person_id: PersonId) -> Overview:
    """A person of whom the user may know. Raises Missing."""
    overview = read_overview(visit.tx, visit.org_id, person_id)
    seen = [part for part in overview.parts if visit.user.sees(part.event_id)]
    if overview.parts and not seen:
        raise Missing("person.missing", person_id=person_id)
    return overview._replace(parts=seen)


def change_known(visit: Visit, person_id: PersonId, form: Form) -> None:
    """Correct what the form says differently. Raises Conflict, Invalid, Missing."""
    correct_known(visit, person_id, form)


def merge_known(visit: Visit, person_id: PersonId, form: Form) -> None:
    """Make somebody else a part of this person. Raises Conflict, Invalid, Missing."""
    merge_shown(visit, person_id, form)


def erase_known(visit: Visit, person_id: PersonId, _form: Form) -> None:
    """Erase the person. Raises Missing."""
    visit.check_reached(person_id)
    erase_person(visit.tx, visit.org_id, person_id, actor=visit.user.actor)


def write_json(visit: Visit, person_id: PersonId) -> bytes:
    """Everything about a person, and a trace of it. Raises Missing."""
    return to_json(_export(visit, person_id)).encode()


def write_page(visit: Visit, person_id: PersonId) -> bytes:
    """The same as one HTML page. Raises Missing."""
    person = _read_seen(visit, person_id).person
    return to_page(name_of(person), _export(visit, person_id)).encode()


def _export(visit: Visit, person_id: PersonId) -> dict[str, list[dict[str, object]]]:
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    _read_seen(visit, person_id)
    visit.check_reached(person_id)
    found = export_person(tx, org_id, person_id)
    count = sum(map(len, found.values()))
    record(tx, org_id, by, "exported", "person", person_id, what="records", count=count)
    return found


def _ask(
    visit: Visit, action: str, person_id: PersonId, other: str
) -> tuple[Known, Failure | None]:
    """What a page that asks shows, and why the other of a merge is not shown."""
    if action not in ASKED:
        raise Missing("path.missing", path=action[:50])
    check_not_erased(visit, person_id)
    known = find_known(visit, person_id)
    if action != "merge" or not other:
        return known, None
    try:
        return known._replace(pair=find_pair(visit, person_id, other)), None
    except (Conflict, Invalid) as refusal:
        return known, refusal


def _fill(known: Known, other: str) -> Form:
    contact = known.person.contact
    details = {name: getattr(contact, name) for name in DETAILS}
    return fill({"email": contact.email, **details, "other": other})


def _do(visit: Visit, action: str, person_id: PersonId, form: Form) -> None:
    if action not in _VERBS:
        raise Missing("path.missing", path=action[:50])
    check_not_erased(visit, person_id)
    _VERBS[action](visit, person_id, form)


def _permission(action: str) -> str:
    return ASKED.get(action, SEE)


_VERBS: dict[str, Callable[[Visit, PersonId, Form], None]] = {
    "edit": change_known,
    "merge": merge_known,
    "erase": erase_known,
}
