"""What a page says was done, bound to its having been done: a form is answered 303 to its page with
a signed word, good for that page and for some minutes. So no link that somebody makes up says that
a registration or an opt-out happened.

Pages for guests say it with `go_on_saying` and ask `read_said`. Those of the console and for
signing in are many, and what they say has facts beside it in the address; so `SaidToStaff` signs
whole addresses as they leave, and takes a word that is not ours away before a page sees it.
"""

import re
from collections.abc import Container
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from falcon.asgi import Request, Response

from turnout.core.identity.link_keys import (
    ensure_link_key,
    find_link_key,
    find_link_keys,
    is_link_signed,
    sign_link,
)
from turnout.store import Database, Tx
from turnout.web.forms import SAID_S, go_on

SAID_MS = SAID_S * 1000
# What is said of what was done longer ago.
EARLIER = "earlier"
STAFF = "/console"
_DONE = "done"
_WORD = re.compile(rf"((?:^|&){_DONE}=)[^&]*")
_LONGEST = 120


async def go_on_saying(
    db: Database,
    req: Request,
    resp: Response,
    done: str,
    part: str = "",
    *,
    key: str = "",
    **more: str,
) -> str:
    """Answer a form that was done as `go_on` does, with `done` signed for its page; by the `key`
    of links that its transaction has read, empty = it is read here. Returns the signed word."""
    key = key or await _get_key(db)
    said = name_said(key, req.path, done, db.clock() + SAID_MS)
    go_on(req, resp, said, part, **more)
    return said


async def read_said(db: Database, req: Request, known: Container[str]) -> str:
    """What the page is to say was done: one of `known`, signed for this page a short while ago,
    and nothing beside a form's answer; EARLIER for one that was signed longer ago."""
    shown = req.get_param("done", default="") if req.method != "POST" else ""
    done, until, _ = [*shown.rsplit(".", 2), "", ""][:3]
    if done not in known or len(shown) > _LONGEST or not await db.read(_is_signed, req.path, shown):
        return ""
    return done if db.clock() < int(until) else EARLIER


class SaidToStaff:
    """Falcon middleware for the pages under STAFF: `?done=` of their addresses is signed with all
    else that the address says, and a page sees none that is not."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def process_request(self, req: Request, resp: Response) -> None:
        params = cast("dict[str, object]", req.params)
        if _DONE in params and req.path.startswith(STAFF):
            said = dict(parse_qsl(req.query_string)).get(_DONE, "")
            done = said.rpartition(".")[0].rpartition(".")[0]
            named = _name_address(req.path, req.query_string, done)
            if len(said) <= _LONGEST and await self._db.read(_is_ours, named, said):
                params[_DONE] = done
            else:
                del params[_DONE]

    async def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: bool
    ) -> None:
        # A script is told where to go.
        told = resp.media if isinstance(resp.media, dict) else {}
        leads_to = resp.get_header("location")
        if resp.status_code == HTTPStatus.SEE_OTHER and leads_to:
            resp.location = await self._sign(leads_to)
        elif "location" in told:
            resp.media = told | {"location": await self._sign(told["location"])}

    async def _sign(self, address: str) -> str:
        parts = urlsplit(address)
        done = dict(parse_qsl(parts.query)).get(_DONE)
        if not done or not parts.path.startswith(STAFF):
            return address
        named = _name_address(unquote(parts.path), parts.query, done)
        signed = name_said(await _get_key(self._db), named, done, self._db.clock() + SAID_MS)
        query = _WORD.sub(lambda found: f"{found[1]}{quote(signed)}", parts.query)
        return parts._replace(query=query).geturl()


def _name_address(path: str, query: str, done: str) -> str:
    """An address with that word in place of what it has."""
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != _DONE]
    return f"{path}?{urlencode([*pairs, (_DONE, done)])}"


async def _get_key(db: Database) -> str:
    return await db.read(find_link_key) or await db.write(ensure_link_key)


def name_said(key: str, path: str, done: str, until: int) -> str:
    """What the page at `path` is told, good until that instant (epoch ms)."""
    return f"{done}.{until}.{sign_link(key, _named(path, done, str(until)))}"


def _is_ours(tx: Tx, path: str, shown: str) -> bool:
    return _is_signed(tx, path, shown) and tx.now < int(shown.split(".")[-2])


def _is_signed(tx: Tx, path: str, shown: str) -> bool:
    done, until, signature = [*shown.rsplit(".", 2), "", ""][:3]
    if not (until.isascii() and until.isdigit() and len(until) < 16):
        return False
    # What was signed is what stands there: no other way to write the same instant.
    return is_link_signed(find_link_keys(tx), _named(path, done, until), signature)


def _named(path: str, done: str, until: str) -> str:
    return f"said:{path}:{done}:{until}"
