"""`/door/api`: what the door's page and other scanners ask. Each responder is decode, one verb,
present; requests and answers are JSON, as openapi.yaml here says."""

import gzip
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec
from falcon.asgi import Request, Response

from turnout.core.door.arrivals import list_walk_in_types, walk_in
from turnout.core.door.counting import Counters, count_door
from turnout.core.door.decisions import Decision, Undone
from turnout.core.door.devices import is_news, note_seen
from turnout.core.door.looking import looks_first
from turnout.core.door.model import Post, Standing
from turnout.core.door.paying import take_payment
from turnout.core.door.printers import list_printers
from turnout.core.door.readings import find_known
from turnout.core.door.scanning import (
    check_out,
    let_in,
    look_at_ticket,
    scan_ticket,
    sign,
)
from turnout.core.door.searching import FoundGuest, search_names
from turnout.core.door.snapshots import (
    Snapshot,
    find_rules,
    list_snapshot_tickets,
    take_snapshot,
)
from turnout.core.door.telling import find_gate
from turnout.core.door.undoing import undo_scan
from turnout.core.door.uploading import (
    Uploaded,
    list_own_conflicts,
    upload_scans,
)
from turnout.core.events.programme import get_event
from turnout.core.ids import TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.tickets.signing import read_signed, verify_ahead
from turnout.http.body import in_thread
from turnout.store import Tx
from turnout.web.door.edge import (
    DoorApi,
    answer,
    answer_json,
    post_of,
    read_number,
    shown_of,
)
from turnout.web.door.keys import DoorKeys
from turnout.web.door.wire import (
    Changes,
    OfflineBody,
    PlaceState,
    PrinterAt,
    ReadingsBody,
    ScanBody,
    State,
    TypeOnSale,
    WalkInBody,
)

BODY_LIMIT = 16_384
UPLOAD_LIMIT = 1_000_000
CONFLICTS = 20
COUNTED_MS = 1_000
# Counting takes up to a twentieth of the time: a very large event is counted less often than once a
# second, and every five seconds at least.
COUNTED_OFTEN, COUNTED_AT_LEAST_MS = 20, 5_000
GZIP_LEVEL = 3

T = TypeVar("T")


class StateResource(DoorApi):
    """`/door/api/state`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Who the device is. Raises Unauthenticated."""
        state = await self.keys.read(req, _read_state, self.keys.form_token(req))
        answer(resp, state)


class ActResource(DoorApi):
    """`/door/api/scan` and the other acts on one ticket."""

    def __init__(self, keys: DoorKeys, verb: Callable[[Tx, Standing, ScanBody], object]) -> None:
        super().__init__(keys)
        self._verb = verb

    async def on_post(self, req: Request, resp: Response) -> None:
        """Decide. Raises Unauthenticated, Denied, Invalid, Conflict, Missing."""
        body = await self.read(req, ScanBody, BODY_LIMIT)
        if signed := read_signed(body.code):
            verify_ahead(signed)
        answer(resp, await self.keys.write(req, self._verb, body))


class ReadingsResource(DoorApi):
    """`/door/api/readings`."""

    async def on_post(self, req: Request, resp: Response) -> None:
        """Which of several readings of a code are tickets. Raises Unauthenticated, Denied,
        Invalid, Missing."""
        body = await self.read(req, ReadingsBody, BODY_LIMIT)
        answer(resp, {"known": await self.keys.read(req, _find_known, body)})


class WalkInResource(DoorApi):
    """`/door/api/walk-in`."""

    async def on_post(self, req: Request, resp: Response) -> None:
        """Register and let in. Raises as `walk_in` does."""
        body = await self.read(req, WalkInBody, BODY_LIMIT)
        answer(resp, await self.keys.write(req, _walk_in, body))


class SearchResource(DoorApi):
    """`/door/api/search`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Names that fit `q`. Raises Unauthenticated, Denied for a steward's device."""
        text = req.get_param("q", default="")
        found = await self.keys.read(req, _search, await self.event_of(req), text)
        answer(resp, {"found": found})


class SnapshotResource(DoorApi):
    """`/door/api/snapshot`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Everything for working without a network. Raises Unauthenticated, Denied, Missing."""
        taken = await self.keys.read(req, _snapshot, await self.event_of(req))
        body = await in_thread(UPLOAD_LIMIT, msgspec.json.encode, taken)
        if "gzip" in (req.get_header("Accept-Encoding") or ""):
            body = await in_thread(len(body), gzip.compress, body, GZIP_LEVEL)
            resp.set_header("Content-Encoding", "gzip")
        resp.set_header("Vary", "Accept-Encoding")
        answer_json(resp, body)


class ChangesResource(DoorApi):
    """`/door/api/changes`: asked once a second by a page that is looked at."""

    def __init__(self, keys: DoorKeys) -> None:
        super().__init__(keys)
        self._counted: dict[tuple[int, int], tuple[int, int, Counters]] = {}

    async def on_get(self, req: Request, resp: Response) -> None:
        """What changed since `since`; `battery` and `unsent` are noted. Raises Unauthenticated,
        Denied, Missing, Invalid."""
        async with self.keys.knowing(req):
            since, unsent, event = (read_number(req, name) for name in ("since", "unsent", "event"))
            battery = min(100, read_number(req, "battery")) if req.has_param("battery") else None
        standing, post, changes = await self.keys.read(req, _changes, event, since)
        if is_news(standing.device, unsent, changes.at):
            await self.keys.db.write(note_seen, standing, battery, unsent)
        counters = await self._count(standing, post, changes.at)
        answer(resp, msgspec.structs.replace(changes, counters=counters))

    async def _count(self, standing: Standing, post: Post, now: int) -> Counters:
        """The counters of the last second or so: many phones ask for the same."""
        place = (standing.org_id, post.event_id)
        counted_at, good_ms, counters = self._counted.get(place, (0, 0, None))
        if counters is None or not 0 <= now - counted_at < good_ms:
            since = time.perf_counter()
            counters = await self.keys.db.read(count_door, standing.org_id, post.event_id)
            took_ms = int(1000 * (time.perf_counter() - since))
            wanted_ms = min(COUNTED_AT_LEAST_MS, COUNTED_OFTEN * took_ms)
            self._counted[place] = (now, max(COUNTED_MS, wanted_ms), counters)
        return counters


class OfflineResource(DoorApi):
    """`/door/api/offline`."""

    async def on_post(self, req: Request, resp: Response) -> None:
        """Take scans that were made without a network. Raises Unauthenticated, Denied, Invalid."""
        body = await self.read(req, OfflineBody, UPLOAD_LIMIT)
        done: list[Uploaded] = await self.keys.write(req, _upload, body)
        answer(resp, {"scans": done})


def scan(tx: Tx, standing: Standing, body: ScanBody) -> Decision:
    """Check a ticket in."""
    return scan_ticket(tx, standing, post_of(standing, body.event), shown_of(tx, body))


def look(tx: Tx, standing: Standing, body: ScanBody) -> Decision:
    """Say what a scan would be answered."""
    return look_at_ticket(tx, standing, post_of(standing, body.event), shown_of(tx, body))


def undo(tx: Tx, standing: Standing, body: ScanBody) -> Undone:
    """Take back what the device did."""
    return undo_scan(tx, standing, post_of(standing, body.event), shown_of(tx, body))


def let(tx: Tx, standing: Standing, body: ScanBody) -> Decision:
    """Let somebody in anyway."""
    return let_in(tx, standing, post_of(standing, body.event), shown_of(tx, body), body.reason)


def leave(tx: Tx, standing: Standing, body: ScanBody) -> Decision:
    """Note that somebody goes out."""
    return check_out(tx, standing, post_of(standing, body.event), shown_of(tx, body))


def sign_here(tx: Tx, standing: Standing, body: ScanBody) -> Decision:
    """Keep that somebody agreed to something."""
    return sign(tx, standing, post_of(standing, body.event), shown_of(tx, body), body.question)


def pay_here(tx: Tx, standing: Standing, body: ScanBody) -> Decision:
    """Note that a ticket was paid at the door."""
    return take_payment(tx, standing, post_of(standing, body.event), shown_of(tx, body))


def _read_state(tx: Tx, standing: Standing, form: str) -> State:
    device = standing.device
    is_confirmed = device.confirmed_at is not None
    places = [_read_place(tx, standing, post) for post in standing.posts] if is_confirmed else []
    return State(
        at=tx.now,
        device=device.id,
        name=device.name,
        role=device.role.value,
        word="" if is_confirmed else device.word,
        ends_at=device.ends_at,
        form=form,
        places=places,
    )


def _read_place(tx: Tx, standing: Standing, post: Post) -> PlaceState:
    event = get_event(tx, standing.org_id, post.event_id)
    gate = find_gate(tx, standing, post)
    printers = list_printers(tx, standing.org_id, post.event_id)
    types = [
        TypeOnSale(kind.id, kind.name, kind.price_minor, kind.currency, fitting.left)
        for fitting in list_walk_in_types(tx, standing, post)
        for kind in (fitting.ticket_type,)
    ]
    return PlaceState(
        event.id,
        event.title,
        event.timezone,
        gate.name if gate else "",
        gate is not None and bool(gate.has_exit),
        looks_first(tx, standing.org_id, post.event_id),
        [PrinterAt(one.id, one.name) for one in printers],
        types,
    )


def _walk_in(tx: Tx, standing: Standing, body: WalkInBody) -> Decision:
    contact = Contact(email=body.email, first_name=body.first_name, last_name=body.last_name)
    ticket_type = TicketTypeId(body.ticket_type) if body.ticket_type else None
    post = post_of(standing, body.event)
    return walk_in(tx, standing, post, contact, ticket_type, body.nonce or "")


def _find_known(tx: Tx, standing: Standing, body: ReadingsBody) -> list[int]:
    return find_known(tx, standing, post_of(standing, body.event), body.readings)


def _search(tx: Tx, standing: Standing, event: int, text: str) -> list[FoundGuest]:
    return search_names(tx, standing, post_of(standing, event), text)


def _snapshot(tx: Tx, standing: Standing, event: int) -> Snapshot:
    return take_snapshot(tx, standing, post_of(standing, event))


def _changes(tx: Tx, standing: Standing, event: int, since: int) -> tuple[Standing, Post, Changes]:
    post = post_of(standing, event)
    changes = Changes(
        at=tx.now,
        state=get_event(tx, standing.org_id, post.event_id).state.value,
        rules=find_rules(tx, standing, post),
        looks_first=looks_first(tx, standing.org_id, post.event_id),
        tickets=list_snapshot_tickets(tx, standing, post, max(1, since)),
        conflicts=list_own_conflicts(tx, standing, post, CONFLICTS),
    )
    return standing, post, changes


def _upload(tx: Tx, standing: Standing, body: OfflineBody) -> list[Uploaded]:
    return upload_scans(tx, standing, post_of(standing, body.event), body.scans, body.sent_at)
