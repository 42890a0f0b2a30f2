"""What every responder of `/door/api` stands on: who asks, what is asked, and JSON."""

from typing import Any, TypeVar

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.core.door.decisions import Shown
from turnout.core.door.devices import get_post
from turnout.core.door.model import Post, Standing
from turnout.core.ids import EventId, TicketId
from turnout.errors import Invalid
from turnout.http.body import UNREADABLE, check_storable, read_body
from turnout.http.dialect import Resource
from turnout.store import Tx
from turnout.web.documents import NO_STORE
from turnout.web.door.keys import DoorKeys
from turnout.web.door.wire import LATEST, ScanBody
from turnout.web.numbers import parse_number

T = TypeVar("T")


class DoorApi(Resource):
    def __init__(self, keys: DoorKeys) -> None:
        self.keys = keys

    async def read(self, req: Request, shape: type[T], limit: int) -> T:
        async with self.keys.knowing(req):
            return await _decode(req, shape, limit)

    async def event_of(self, req: Request) -> int:
        async with self.keys.knowing(req):
            return read_number(req, "event")


def post_of(standing: Standing, event: int) -> Post:
    """Where a device stands at an event; 0 = at its only or first one."""
    return get_post(standing, EventId(event) if event else None)


def shown_of(tx: Tx, body: ScanBody) -> Shown:
    """What was shown, now."""
    return Shown(code=body.code, ticket=TicketId(body.ticket), at=tx.now, nonce=body.nonce)


def read_number(req: Request, name: str) -> int:
    """A number in the address; 0 = none. Raises Invalid."""
    text = req.get_param(name, default="")
    number = parse_number(text) if text else 0
    if number is None or not 0 <= number <= LATEST:
        raise Invalid("door.number", name=name)
    return number


async def _decode(req: Request, shape: type[T], limit: int) -> T:
    raw = await read_body(req, limit)
    try:
        body = msgspec.json.decode(raw, type=shape)
    except UNREADABLE as error:
        raise Invalid("door.malformed") from error
    check_storable(msgspec.to_builtins(body))
    return body


def answer(resp: Response, told: Any) -> None:
    """Answer in JSON."""
    answer_json(resp, msgspec.json.encode(told))


def answer_json(resp: Response, body: bytes) -> None:
    """Answer with JSON that is encoded already."""
    resp.set_header("Cache-Control", NO_STORE)
    resp.content_type = falcon.MEDIA_JSON
    resp.data = body
