"""`/console/{event}/tickets`, `/tickets/{ticket_type}`: ticket types as cards, one of them open."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.arranging import (
    TypeUses,
    list_type_uses,
    move_ticket_type,
    remove_ticket_type,
)
from turnout.core.events.model import TicketType
from turnout.core.events.programme import (
    create_ticket_type,
    list_ticket_types,
    set_person_limit,
)
from turnout.core.events.ticket_types import edit_ticket_type, list_sale_times
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import TicketTypeId
from turnout.core.registrations.joining import list_offered
from turnout.core.registrations.places import set_ticket_capacity
from turnout.core.timeline.overviews import count_waiting
from turnout.errors import Missing
from turnout.web.console.events.clashes import Clash, find_clash, list_differences, version_of
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done, read_number
from turnout.web.console.events.ticket_form import Stored, Wanted, read_ticket, values_of
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

NEW = "new"
FEW = 10
TEMPLATE = "console/events/tickets.html"


class Card(NamedTuple):
    """A ticket type as its card shows it; `state` is a label of `console.tickets.state`."""

    stored: Stored
    place: int
    waiting: int
    uses: TypeUses
    state: str
    kind: str
    left: int | None


class Found(NamedTuple):
    """All cards, which one is open (0 = a new one, None = none), and what the page offers now."""

    cards: list[Card]
    opened: int | None
    offered: list[TicketType]
    currency: str

    @property
    def open_card(self) -> Card | None:
        return next((card for card in self.cards if card.stored.type.id == self.opened), None)


class TicketTypesPage(ConsolePage):
    """`/console/{event}/tickets`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The cards. Raises Missing, Denied."""
        found = await self.console.read(req, "event.change", find_cards, "")
        done = read_done(req, "console.tickets.done.")
        self.console.show(req, resp, TEMPLATE, found=found, form=None, done=done, differences=[])

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Move a card to another place."""
        form = await self.console.take(req)
        number, place = form.whole("id", least=1), form.whole("place", least=1)
        if number and place:
            moved = (TicketTypeId(number), place)
            if await attempt(self.console, req, form, "event.change", move, *moved):
                lead_to(resp, f"/console/{scope}/tickets", "moved", f"ticket-{number}")
                return
        found = await self.console.read(req, "event.change", find_cards, "")
        self.console.refuse(req, resp, TEMPLATE, form, found=found, differences=[])


class TicketTypePage(ConsolePage):
    """`/console/{event}/tickets/{ticket_type}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, ticket_type: str) -> None:
        """The cards with one open. Raises Missing."""
        found = await self.console.read(req, "event.change", find_cards, ticket_type)
        card = found.open_card
        values = values_of(card.stored) if card else {"currency": found.currency}
        version = version_of(values)
        form = fill(values)
        self._show(req, resp, found, form, version)

    async def on_post(self, req: Request, resp: Response, scope: str, ticket_type: str) -> None:
        """Save it unless somebody else saved before, or remove it."""
        form = await self.console.take(req)
        path, clash = f"/console/{scope}/tickets", None
        if form.has("remove"):
            if await attempt(self.console, req, form, "event.change", remove, ticket_type):
                lead_to(resp, path, "removed")
                return
        else:
            wanted = read_ticket(form)
            saved = await attempt_once(
                self.console, req, form, "event.change", save, ticket_type, wanted
            )
            if isinstance(saved, Clash):
                clash = saved
                form.fault("", saved.fault)
            elif saved:
                lead_to(resp, path, "added" if ticket_type == NEW else "saved", f"ticket-{saved}")
                return
        found = await self.console.read(req, "event.change", find_cards, ticket_type)
        version = version_of(clash.now) if clash else form.value("version")
        self._show(req, resp, found, form, version, clash)

    def _show(
        self,
        req: Request,
        resp: Response,
        found: Found,
        form: Form,
        version: str,
        clash: Clash | None = None,
    ) -> None:
        differences = list_differences(form, clash) if clash else []
        values = {"found": found, "version": version, "differences": differences}
        self.console.answer(req, resp, TEMPLATE, form, **values)


def find_cards(visit: Visit, opened: str) -> Found:
    """The event's ticket types in the order of its page. Raises Missing."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    stored = _list_stored(visit)
    number = None if not opened else 0 if opened == NEW else read_number(opened)
    if number and number not in {one.type.id for one in stored}:
        raise Missing("ticket_type.no_such", ticket_type_id=number)
    waiting = count_waiting(tx, org_id, event_id)
    uses = list_type_uses(tx, org_id, event_id)
    cards = [
        _make_card(one, place, waiting.get(one.type.id, 0), uses[one.type.id], tx.now)
        for place, one in enumerate(stored, 1)
    ]
    offered = list_offered([one.type for one in stored], tx.now, "")
    currency = next((c.stored.type.currency for c in cards if c.stored.type.currency), "")
    return Found(cards, number, offered, currency or get_profile(tx, org_id).currency)


def move(visit: Visit, type_id: TicketTypeId, place: int) -> bool:
    """Move a ticket type."""
    by = visit.user.actor
    move_ticket_type(visit.tx, visit.org_id, visit.at.id, type_id, place, actor=by)
    return True


def save(visit: Visit, ticket_type: str, wanted: Wanted) -> Clash | TicketTypeId:
    """Add a ticket type, or change one unless somebody else did. Raises Invalid, Conflict."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    if ticket_type == NEW:
        return _add(visit, wanted)
    number = read_number(ticket_type)
    known = next((one for one in _list_stored(visit) if one.type.id == number), None)
    if known is None:
        raise Missing("ticket_type.no_such", ticket_type_id=number)
    if clash := find_clash(wanted.version, values_of(known), visit, known.type.id, "ticket_type"):
        return clash
    edit_ticket_type(tx, org_id, event_id, known.type.id, wanted.change, actor=by)
    if wanted.capacity != known.type.capacity:
        set_ticket_capacity(tx, org_id, known.type.id, wanted.capacity, actor=by)
    if wanted.person_limit != known.type.person_limit:
        set_person_limit(tx, org_id, known.type.id, wanted.person_limit, actor=by)
    return known.type.id


def remove(visit: Visit, ticket_type: str) -> bool:
    """Remove a ticket type that is used for nothing."""
    number = TicketTypeId(read_number(ticket_type))
    remove_ticket_type(visit.tx, visit.org_id, visit.at.id, number, actor=visit.user.actor)
    return True


def _add(visit: Visit, wanted: Wanted) -> TicketTypeId:
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    made = create_ticket_type(
        tx,
        org_id,
        event_id,
        wanted.change.name or "",
        capacity=wanted.capacity,
        person_limit=wanted.person_limit,
        is_rsvp=wanted.is_rsvp,
        actor=by,
    )
    edit_ticket_type(tx, org_id, event_id, made.id, wanted.change, actor=by)
    last = len(list_ticket_types(tx, org_id, event_id))
    move_ticket_type(tx, org_id, event_id, made.id, last, actor=by)
    return made.id


def _list_stored(visit: Visit) -> list[Stored]:
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    times = list_sale_times(tx, org_id, event_id)
    return [Stored(kind, *times[kind.id]) for kind in list_ticket_types(tx, org_id, event_id)]


def _make_card(stored: Stored, place: int, waiting: int, uses: TypeUses, now: int) -> Card:
    kind = stored.type
    left = None if kind.capacity is None else max(0, kind.capacity - kind.held)
    state, colour = _find_state(kind, left, waiting, now)
    return Card(stored, place, waiting, uses, state, colour, left)


def _find_state(kind: TicketType, left: int | None, waiting: int, now: int) -> tuple[str, str]:
    """What a card says of a type, and the colour of that."""
    if kind.is_locked:
        return "locked", "draft"
    if kind.is_hidden:
        return "hidden", "draft"
    if kind.sale_starts_at is not None and now < kind.sale_starts_at:
        return "later", ""
    if not kind.is_on_sale(now):
        return "ended", "wait"
    if left == 0:
        return ("waiting" if waiting else "sold_out"), "stop"
    is_untouched = not kind.held and left == kind.capacity
    if (
        left is not None
        and not is_untouched
        and (left <= FEW or left * FEW <= (kind.capacity or 0))
    ):
        return "few", "wait"
    return "on_sale", "go"
