"""The same for many registrations: those that are ticked, or all that the list has.

They are changed in slices, a transaction each, and each is changed or refused alone. What is
cancelled or tagged is asked about first, with the number; the rest is done at once. What was
changed is kept on a receipt (receipts.py), which the next page shows and its button takes back.
"""

from functools import partial
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from turnout.core.ids import NO_REGISTRATION, OrgId, RegistrationId
from turnout.core.registrations.browsing import (
    BrowsedRegistration,
    browse_registrations,
    get_registration,
)
from turnout.core.registrations.bulk import SLICE, change_each
from turnout.core.registrations.listing import PAGE
from turnout.core.registrations.walking import Order
from turnout.errors import Failure, Invalid
from turnout.store import Tx
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.actions import ACTIONS
from turnout.web.console.people.changes import CHANGES, Change
from turnout.web.console.people.query import PeopleQuery, parse_people
from turnout.web.console.people.receipts import FIELD as RECEIPT
from turnout.web.console.people.receipts import UNDO, take_receipt, write_receipt
from turnout.web.console.people.telling import BULK
from turnout.web.documents import NO_STORE
from turnout.web.refusals import say_refusal

ASKED = ("cancel", "tag")
# So many are done by one form.
LIMIT = 5_000
EXAMPLES = 5


class Chosen(NamedTuple):
    """How many are chosen, and some of them by name."""

    total: int
    names: list[str]


class BulkPage(ConsolePage):
    """`/console/{event}/people/bulk`."""

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Ask, or do it and go back to the list. Raises Unauthenticated, Denied, Missing."""
        query, form = parse_people(req), await self.console.take(req)
        action = form.value("action")
        if action == UNDO:
            await self._undo(req, resp, query, form)
            return
        if action not in BULK:
            await self.console.write(req, form, "people.see", _refuse_unknown)
        permission = ACTIONS[action].permission
        ids = [RegistrationId(number) for number in form.numbers("registration")]
        if not form.has("all") and not ids:
            await self.console.write(req, form, permission, _nothing)
            _go(req, resp, query, done="nobody")
            return
        if action in ASKED and not form.has("sure"):
            await self._ask(req, resp, query, form, ids)
            return
        if form.has("all"):
            ids = await self.console.read(req, permission, _list_all, query)
        await self._do(req, resp, query, form, action, ids)

    async def _undo(self, req: Request, resp: Response, query: PeopleQuery, form: Form) -> None:
        """Take back what a receipt of the user says, once."""
        secret = form.value(RECEIPT)
        receipt = await self.console.write(req, form, "people.see", take_receipt, secret)
        if receipt is None or not receipt.inverse:
            _go(req, resp, query, done="not_undone")
            return
        again = fill({"token": form.token, "tag": receipt.tag})
        await self._do(req, resp, query, again, receipt.inverse, list(receipt.ids))

    async def _do(
        self,
        req: Request,
        resp: Response,
        query: PeopleQuery,
        form: Form,
        action: str,
        ids: list[RegistrationId],
    ) -> None:
        """Change them, and say how many were changed, how many were so before, and who was not."""
        done, refused = await self._change(req, form, action, ids)
        same = len(ids) - len(done) - len(refused)
        if refused:
            values = {"changed": len(done), "same": same, "refused": refused, "query": query}
            self.console.show(req, resp, "console/people/refused.html", action=action, **values)
            return
        permission, tag = ACTIONS[action].permission, form.value("tag")
        what = (action, done, same, tag)
        secret = await self.console.write(req, form, permission, write_receipt, *what)
        _go(req, resp, query, receipt=secret)

    async def _ask(
        self,
        req: Request,
        resp: Response,
        query: PeopleQuery,
        form: Form,
        ids: list[RegistrationId],
    ) -> None:
        permission = ACTIONS[form.value("action")].permission
        chosen = await self.console.read(req, permission, _name_chosen, query, form, ids)
        self.console.show(
            req,
            resp,
            "console/people/sure.html",
            action=form.value("action"),
            chosen=chosen,
            ids=[] if form.has("all") else ids,
            query=query,
        )

    async def _change(
        self, req: Request, form: Form, action: str, ids: list[RegistrationId]
    ) -> tuple[list[RegistrationId], list[tuple[str, str]]]:
        """The numbers that were changed, and who was not: by name, and why."""
        change, permission = CHANGES[action], ACTIONS[action].permission
        changed: list[RegistrationId] = []
        refused: list[tuple[str, str]] = []
        for first in range(0, len(ids), SLICE):
            some = ids[first : first + SLICE]
            done, others = await self.console.write(
                req, form, permission, _change_some, change, some, form
            )
            changed += done
            refused += [(name, str(say_refusal(why))) for name, why in others]
        return changed, refused


def _go(req: Request, resp: Response, query: PeopleQuery, **said: str) -> None:
    resp.status = HTTPStatus.SEE_OTHER
    resp.set_header("Cache-Control", NO_STORE)
    begins = req.path.removesuffix("/bulk")
    resp.location = f"{begins}{query.link(after=query.after)}&{urlencode(said)}"


def _refuse_unknown(_visit: Visit) -> None:
    raise Invalid("console.bulk_action", known=BULK)


def _nothing(_visit: Visit) -> None:
    """Who asks is looked up, and nothing is changed."""


def _list_all(visit: Visit, query: PeopleQuery) -> list[RegistrationId]:
    """The numbers of all that the list has, up to the limit."""
    found: list[RegistrationId] = []
    after = NO_REGISTRATION
    while len(found) < LIMIT:
        page = _read_page(visit, query, after)
        found += [registration.id for registration in page]
        if len(page) < PAGE:
            break
        after = page[-1].id
    return found[:LIMIT]


def _read_page(
    visit: Visit, query: PeopleQuery, after: RegistrationId
) -> list[BrowsedRegistration]:
    wanted = query.permitted(visit).browsed(visit.at.id)
    return browse_registrations(
        visit.tx, visit.org_id, wanted, Order.OLDEST, after=after, limit=PAGE
    )


def _name_chosen(visit: Visit, query: PeopleQuery, form: Form, ids: list[RegistrationId]) -> Chosen:
    wanted = query.permitted(visit).browsed(visit.at.id)
    if form.has("all"):
        found = browse_registrations(visit.tx, visit.org_id, wanted, query.order, limit=LIMIT)
        return Chosen(len(found), [registration.name for registration in found[:EXAMPLES]])
    return Chosen(len(ids), [_name(visit, one) for one in ids[:EXAMPLES]])


def _change_some(
    visit: Visit, change: Change, ids: list[RegistrationId], form: Form
) -> tuple[list[RegistrationId], list[tuple[str, Failure]]]:
    done = change_each(visit.tx, visit.org_id, ids, partial(_act, visit, change, form))
    return done.changed, [(_name(visit, one), why) for one, why in done.refused.items()]


def _act(
    visit: Visit,
    change: Change,
    form: Form,
    _tx: Tx,
    _org_id: OrgId,
    registration_id: RegistrationId,
) -> bool:
    get_registration(visit.tx, visit.org_id, visit.at.id, registration_id)
    return change(visit, registration_id, form)


def _name(visit: Visit, registration_id: RegistrationId) -> str:
    found = get_registration(visit.tx, visit.org_id, visit.at.id, registration_id)
    contact = found.submitted.contact
    return contact.name or contact.email
