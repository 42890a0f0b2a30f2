"""`/console/{event}/publish`, `close`, `reopen` and `delete`: what happens then is said before."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import EventState
from turnout.core.events.programme import list_sessions
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.registrations.event_states import Move, delete_draft, move_event
from turnout.core.timeline.overviews import get_figures, list_next_messages
from turnout.core.waiting_list.entries import count_offered
from turnout.web.console.events.checklist import Step, list_steps
from turnout.web.console.events.going import attempt, lead_to
from turnout.web.console.events.overview import find_address
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import Console, ConsolePage, Visit

TEMPLATE = "console/events/move.html"
DELETE = "delete"
# From which state each leads, by its name in the address.
BEFORE = {
    Move.PUBLISH.value: EventState.DRAFT,
    Move.CLOSE.value: EventState.OPEN,
    Move.REOPEN.value: EventState.CLOSED,
    DELETE: EventState.DRAFT,
}
DONE = {Move.PUBLISH: "published", Move.CLOSE: "closed", Move.REOPEN: "reopened"}


class Asked(NamedTuple):
    """What the question shows; `steps` are what is still missing, `offered` the places that are
    offered to the waiting list now."""

    shown: EventView
    address: str
    steps: list[Step]
    offered: int


class MovePage(ConsolePage):
    """A step of an event's way, which `move` names."""

    move: Move

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """What happens then. Raises Missing, Denied."""
        await _ask(self.console, req, resp, "event.publish", self.move.value, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Do it."""
        form = await self.console.take(req)
        if await attempt(self.console, req, form, "event.publish", make_move, self.move):
            lead_to(resp, f"/console/{scope}", DONE[self.move])
            return
        await _ask(self.console, req, resp, "event.publish", self.move.value, form)


class PublishPage(MovePage):
    """`/console/{event}/publish`."""

    move = Move.PUBLISH


class ClosePage(MovePage):
    """`/console/{event}/close`."""

    move = Move.CLOSE


class ReopenPage(MovePage):
    """`/console/{event}/reopen`."""

    move = Move.REOPEN


class DeletePage(ConsolePage):
    """`/console/{event}/delete`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """What is lost. Raises Missing, Denied."""
        await _ask(self.console, req, resp, "event.cancel", DELETE, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Delete the draft."""
        form = await self.console.take(req)
        if await attempt(self.console, req, form, "event.cancel", delete):
            lead_to(resp, "/console/events", "deleted", shelf="draft")
            return
        await _ask(self.console, req, resp, "event.cancel", DELETE, form)


async def _ask(
    console: Console, req: Request, resp: Response, permission: str, name: str, form: Form
) -> None:
    asked = await console.read(req, permission, find_asked, console.base_url)
    is_possible = asked.shown.event.state is BEFORE[name]
    console.answer(req, resp, TEMPLATE, form, asked=asked, move=name, is_possible=is_possible)


def find_asked(visit: Visit, base_url: str) -> Asked:
    """What the question shows."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    shown = get_shown_event(tx, org_id, event_id)
    sessions = list_sessions(tx, org_id, event_id)
    figures = get_figures(tx, org_id, event_id)
    steps = list_steps(visit, shown, sessions, figures, list_next_messages(tx, org_id, event_id))
    missing = [step for step in steps if not step.is_done and step.code != "public"]
    address = find_address(visit, base_url)
    return Asked(shown, address, missing, count_offered(tx, org_id, event_id))


def make_move(visit: Visit, move: Move) -> bool:
    """Publish, close or reopen the event. Raises Conflict."""
    move_event(visit.tx, visit.org_id, visit.at.id, move, actor=visit.user.actor)
    return True


def delete(visit: Visit) -> bool:
    """Delete the draft. Raises Conflict."""
    delete_draft(visit.tx, visit.org_id, visit.at.id, actor=visit.user.actor)
    return True
