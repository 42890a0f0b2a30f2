"""`/console/{event}/waiting`: who waits, who is offered a place, and what staff decide about it."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.ids import EntryId
from turnout.core.registrations.offers import leave_list, offer_by_hand
from turnout.core.waiting_list.entries import (
    ListedEntry,
    get_entry,
    get_offer_terms,
    list_entries,
    set_waiting_hours,
)
from turnout.core.waiting_list.steering import (
    FROM_THE_START,
    is_closed,
    set_closed,
    set_priority,
    write_to_waiting,
)
from turnout.errors import Missing
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/events/waiting.html"
MOST = 500


class Found(NamedTuple):
    """The list in its order; `hours` for how long an offer holds."""

    entries: list[ListedEntry]
    is_all: bool
    is_closed: bool
    hours: int
    now: int


class WaitingPage(ConsolePage):
    """`/console/{event}/waiting`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The list. Raises Missing, Denied."""
        await self._show(req, resp, None)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Offer a place, change the order, take somebody off, or change how the list works."""
        form = await self.console.take(req)
        if done := await self._act(req, form):
            lead_to(resp, f"/console/{scope}/waiting", done)
            return
        await self._show(req, resp, form)

    async def _act(self, req: Request, form: Form) -> str | None:
        ask = (self.console, req, form, "people.change")
        entry = form.whole("entry", least=1) if form.value("entry") else None
        if entry is None:
            if form.has("write"):
                subject = form.text("subject", limit=200)
                text = form.text("text", limit=20_000)
                return await attempt_once(*ask, write, subject, text)
            if form.has("open_list") or form.has("close_list"):
                return await attempt(*ask, close, form.has("close_list"))
            return await attempt(*ask, set_hours, form.whole("hours", least=1) or 0)
        entry_id = EntryId(entry)
        if form.has("offer"):
            return await attempt(*ask, offer, entry_id)
        if form.has("leave"):
            return await attempt(*ask, leave, entry_id)
        return await attempt(*ask, prioritize, entry_id, form.value("priority"))

    async def _show(self, req: Request, resp: Response, form: Form | None) -> None:
        is_all = req.get_param("all", default="") == "1"
        found = await self.console.read(req, "people.read", find_list, is_all)
        form = form or fill({"hours": str(found.hours)})
        self.console.answer(
            req, resp, TEMPLATE, form, found=found, done=read_done(req, "console.waiting.done.")
        )


def find_list(visit: Visit, is_all: bool) -> Found:
    """The event's list."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    entries = list_entries(tx, org_id, event_id, is_all=is_all, limit=MOST)
    hours = get_offer_terms(tx, org_id, event_id).hours
    return Found(entries, is_all, is_closed(tx, org_id, event_id), hours, tx.now)


def offer(visit: Visit, entry_id: EntryId) -> str:
    """Offer a place to somebody before their turn. Raises Conflict, Missing."""
    _check_own(visit, entry_id)
    offer_by_hand(visit.tx, visit.org_id, entry_id, actor=visit.user.actor)
    return "offered"


def leave(visit: Visit, entry_id: EntryId) -> str:
    """Take somebody off the list."""
    _check_own(visit, entry_id)
    leave_list(visit.tx, visit.org_id, entry_id, actor=visit.user.actor)
    return "left"


def prioritize(visit: Visit, entry_id: EntryId, priority: str) -> str:
    """Let somebody go before all of a lower priority. Raises Invalid."""
    _check_own(visit, entry_id)
    digits = priority.removeprefix("-")
    number = int(priority) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 10**6
    set_priority(visit.tx, visit.org_id, entry_id, number, actor=visit.user.actor)
    return "prioritized"


def close(visit: Visit, is_closed: bool) -> str:
    """Close the list for more people, or open it again."""
    by = visit.user.actor
    set_closed(visit.tx, visit.org_id, visit.at.id, is_closed=is_closed, actor=by)
    return "closed" if is_closed else "opened"


def set_hours(visit: Visit, hours: int) -> str:
    """For how long an offer holds. Raises Invalid."""
    set_waiting_hours(visit.tx, visit.org_id, visit.at.id, hours, actor=visit.user.actor)
    return "hours"


def write(visit: Visit, subject: str, text: str) -> str:
    """Write to everybody who waits or is offered a place. Raises Invalid."""
    after: EntryId | None = FROM_THE_START
    while after is not None:
        _, after = write_to_waiting(
            visit.tx,
            visit.org_id,
            visit.at.id,
            subject,
            text,
            after=after,
            actor=visit.user.actor,
        )
    return "written"


def _check_own(visit: Visit, entry_id: EntryId) -> None:
    """Raise Missing for an entry of another event."""
    if get_entry(visit.tx, visit.org_id, entry_id).event_id != visit.at.id:
        raise Missing("waiting.missing", entry_id=entry_id)
