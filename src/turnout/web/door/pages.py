"""`/door` and pairing: the pages of a phone at the door. They work without JavaScript as far as
pages can: pairing, who the phone is, and signing it out."""

from http import HTTPStatus
from typing import NamedTuple

import falcon
from falcon.asgi import Request, Response

from turnout.core.checkin.gates import list_gates
from turnout.core.door.devices import revoke_device
from turnout.core.door.model import Standing
from turnout.core.door.pairing import (
    LONGEST_NAME,
    Paired,
    find_pairing,
    pair_by_code,
    pair_by_link,
)
from turnout.core.events.programme import get_event
from turnout.core.identity.addresses import place_of
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing, Unauthenticated
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Tx
from turnout.web.devices import device_of
from turnout.web.documents import NO_STORE
from turnout.web.door.keys import DoorKeys
from turnout.web.forms import read_form
from turnout.web.news import answer_news, asks_for_news
from turnout.web.refusals import answer_limited, say_refusal
from turnout.web.templates import render

BODY_LIMIT = 16_384
PAGE = "/door"


class ShownPost(NamedTuple):
    """Where a device stands, in words; no gate = empty."""

    event: str
    gate: str


class DoorResource(Resource):
    """`/door`: who this phone is, or how to pair it."""

    def __init__(self, keys: DoorKeys) -> None:
        self._keys = keys

    async def on_get(self, req: Request, resp: Response) -> None:
        """The door's page; without a credential that is good, the form for six letters. A page
        that waits for the console asks by htmx, and is loaded again when it is to say more."""
        try:
            standing, posts = await self._keys.read(req, _show_standing)
        except Unauthenticated as refusal:
            if asks_for_news(req):
                answer_news(resp, is_new=True)
                return
            is_new = refusal.code == "door.unpaired"
            said = "" if is_new else say_refusal(refusal)
            _answer_pairing(resp, said=said, is_private=self._keys.is_private(req))
            return
        if asks_for_news(req):
            answer_news(resp, is_new=standing.device.confirmed_at is not None)
            return
        _answer(
            resp,
            "door/door.html",
            device=standing.device,
            posts=posts,
            form_token=self._keys.form_token(req),
        )

    async def on_post(self, req: Request, resp: Response) -> None:
        """Sign this phone out. Raises Denied for a form of another page, Conflict while scans wait
        on the phone."""
        given = await read_form(req, BODY_LIMIT)
        await self._keys.write_form(req, given.get("token", ""), _sign_out)
        self._keys.keep(resp, "")
        _lead(resp)


class PairResource(Resource):
    """`/door/pair`: six letters that were typed."""

    def __init__(self, keys: DoorKeys) -> None:
        self._keys = keys

    async def on_get(self, req: Request, resp: Response) -> None:
        """The form."""
        _answer_pairing(resp, is_private=self._keys.is_private(req))

    async def on_post(self, req: Request, resp: Response) -> None:
        """Pair; what can be put right is said on the page."""
        given = await read_form(req, BODY_LIMIT)
        code, name = given.get("code", ""), given.get("name", "")
        browser, place = _browser(req), place_of(address_of(req.scope))
        done = await self._keys.db.write_first(pair_by_code, code, name, browser, place)
        if isinstance(done, Failure):
            is_private = self._keys.is_private(req)
            _answer_pairing(resp, code, name, say_refusal(done), is_private=is_private)
            if isinstance(done, Limited):
                answer_limited(resp, done)
            else:
                resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
            return
        self._keys.keep(resp, done.secret)
        _lead(resp)


class PairLinkResource(Resource):
    """`/door/pair/{token}`: what the phone's camera read. Opening it changes nothing."""

    def __init__(self, keys: DoorKeys) -> None:
        self._keys = keys

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Ask; for a code that was used or has ended, say so, with the form for letters."""
        is_private = self._keys.is_private(req)
        try:
            event, name = await self._keys.db.read(_find_link, token)
        except Missing as refusal:
            _answer_ended(resp, refusal, is_private=is_private)
            return
        _answer_asking(resp, event, name, is_private=is_private, is_named=bool(name))

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Pair this phone; what is wrong is said on the page."""
        given = await read_form(req, BODY_LIMIT)
        name, event = given.get("name", ""), ""
        try:
            event, _ = await self._keys.db.read(_find_link, token)
            done: Paired = await self._keys.db.write_first(pair_by_link, token, name, _browser(req))
        except Missing as refusal:
            _answer_ended(resp, refusal, is_private=self._keys.is_private(req))
            return
        except Invalid as refusal:
            is_private = self._keys.is_private(req)
            _answer_asking(resp, event, name, say_refusal(refusal), is_private=is_private)
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
            return
        self._keys.keep(resp, done.secret)
        _lead(resp)


def _show_standing(tx: Tx, standing: Standing) -> tuple[Standing, list[ShownPost]]:
    posts = []
    for post in standing.posts:
        names = {gate.id: gate.name for gate in list_gates(tx, standing.org_id, post.event_id)}
        gate = names.get(post.gate_id, "") if post.gate_id is not None else ""
        posts.append(ShownPost(get_event(tx, standing.org_id, post.event_id).title, gate))
    return standing, posts


def _sign_out(tx: Tx, standing: Standing) -> None:
    if standing.device.unsent:
        raise Conflict("door.unsent", count=standing.device.unsent)
    post = standing.posts[0]
    actor = standing.actor
    revoke_device(tx, standing.org_id, post.event_id, standing.device.id, actor=actor)


def _find_link(tx: Tx, token: str) -> tuple[str, str]:
    org_id, pairing = find_pairing(tx, token)
    try:
        return get_event(tx, org_id, pairing.event_id).title, pairing.name
    except Missing as failure:
        raise Missing("door.link") from failure


def _browser(req: Request) -> str:
    return device_of(req.get_header("User-Agent") or "")


def _answer_pairing(
    resp: Response, code: str = "", name: str = "", said: str = "", *, is_private: bool
) -> None:
    _answer(
        resp,
        "door/pair.html",
        code=code,
        name=name,
        said=said,
        is_private=is_private,
        longest=LONGEST_NAME,
    )


def _answer_ended(resp: Response, refusal: Missing, *, is_private: bool) -> None:
    _answer_pairing(resp, said=say_refusal(refusal), is_private=is_private)
    resp.status = HTTPStatus.NOT_FOUND


def _answer_asking(
    resp: Response,
    event: str,
    name: str,
    said: str = "",
    *,
    is_private: bool,
    is_named: bool = False,
) -> None:
    _answer(
        resp,
        "door/ask.html",
        event=event,
        name=name,
        is_named=is_named,
        said=said,
        is_private=is_private,
        longest=LONGEST_NAME,
    )


def _answer(resp: Response, template: str, **values: object) -> None:
    resp.content_type = falcon.MEDIA_HTML
    resp.set_header("Cache-Control", NO_STORE)
    resp.text = render(template, **values)


def _lead(resp: Response) -> None:
    resp.status = HTTPStatus.SEE_OTHER
    resp.set_header("Cache-Control", NO_STORE)
    resp.location = PAGE
