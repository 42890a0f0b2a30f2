"""How a page's form stands, kept by the visitor's browser: so that Back works, and typing is kept.

Theory. A page that answers a POST cannot be gone back to: the browser would have to send the form
again, and shows an error of its own instead. So what such a page shows (what was typed, the step,
what is said of it) is its *state*, and a browser is led on to a GET that shows it, `?again=1`. It
is handed on by a cookie for that page alone, sealed by the key of links and good for ten minutes:
nothing lies on the server, every node can read it, and no address in a history, in a log or in a
message to friends has what somebody typed. In a frame on another site over plain http no cookie
comes back: there the address of the frame, which nobody sees, bears the state itself.

A browser may refuse cookies. So one that brings none with a form is asked once, by 307, to send the
same form with a cookie; if it still brings none, the page answers it at once. A page that is asked
for a state that is not there (refused, too old, or of another browser) says so.

A cookie holds little. A form that was refused and does not fit is answered with its page at once.
Of one that was done nothing is kept but the address, to put it right. A program that is no
browser on its way to another page is answered at once, too, with the status that it needs.
"""

import base64
from hashlib import sha256
from http import HTTPStatus
from secrets import token_bytes
from typing import Any
from urllib.parse import quote

import brotli
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from falcon.asgi import Request, Response

from turnout.catalogue import Phrase
from turnout.core.identity.link_keys import ensure_link_key, find_link_key, find_link_keys
from turnout.errors import KINDS, Failure, Invalid
from turnout.store import Database
from turnout.web.documents import PERSONAL
from turnout.web.forms import AGAIN, SAID_S, go_on, hand_on
from turnout.web.refusals import say_to_guest

# What AGAIN says where a cookie has the state.
BY_COOKIE = "1"
TYPED = "typed"
# The parameter of a form that is sent again with the cookie of this name.
TRIED = "cookie"
KEPT_S = SAID_S
# With it, the head of an answer stays within the 4 KB that a proxy takes if it is told nothing.
_MOST = 3_300
# What a state may be when it is unpacked, in bytes.
_LARGEST = 1_000_000
_NONCE = 12
_FAILURES = {kind.__name__: kind for kind in KINDS}


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Failure as it is kept: its kind by name."""

    kind: str
    code: str
    facts: dict[str, Any] = {}
    fields: dict[str, list[str]] = {}


class FormState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a page shows of its form: what was typed, the `step` that it is at, and what is said of
    it: a sentence, others by the names of fields, or a refusal. `until` (epoch ms) is set by those
    who keep it."""

    given: dict[str, str] = {}
    step: str = ""
    said: str = ""
    faults: dict[str, str] = {}
    refusal: Refusal | None = None
    more: dict[str, str] = {}
    until: int = 0


LOST = FormState(refusal=Refusal(Invalid.__name__, "form.lost"))
_decode = msgspec.json.Decoder(FormState).decode


class FormStates:
    """The states of the forms of a resource; `is_secure`: it is served over https, `is_framed`: in
    frames on other sites."""

    def __init__(self, db: Database, *, is_secure: bool, is_framed: bool = False) -> None:
        self._db = db
        self._handing = {"is_secure": is_secure, "is_framed": is_framed}
        # A browser sends a frame no cookie over plain http.
        self._is_by_address = is_framed and not is_secure

    def try_cookie(self, req: Request, resp: Response) -> bool:
        """Have a browser that brings no cookie send its form again, with one, before anything is
        done; True = it was asked to. It is asked once."""
        if req.cookies or TRIED in req.params or self._is_by_address or not _is_on_its_way(req):
            return False
        query = f"{req.query_string}&" if req.query_string else ""
        resp.status = HTTPStatus.TEMPORARY_REDIRECT
        resp.location = f"{quote(req.path)}?{query}{TRIED}=1"
        resp.set_header("Cache-Control", PERSONAL)
        hand_on(resp, TRIED, "1", req.path, **self._handing, seconds=KEPT_S)
        return True

    async def lead_on(
        self, req: Request, resp: Response, state: FormState, part: str = "", **more: str
    ) -> bool:
        """Answer a form with 303 to its page as that `state` shows it; False = it must be answered
        at once. `part` and `more` as for `go_on`."""
        if not (_is_on_its_way(req) and (req.cookies or self._is_by_address)):
            return False
        try:
            sealed = await self._seal(req, state)
        except TypeError:  # a fact that is no plain value
            return False
        if len(sealed) > _MOST:
            return False
        go_on(req, resp, part=part, **more, **{AGAIN: self._hand(req, resp, sealed)})
        resp.set_header("Cache-Control", PERSONAL)
        return True

    async def keep(self, req: Request, resp: Response, state: FormState, *, key: str = "") -> str:
        """Hand a short state on to the page that says what was done, in place of all that was
        typed; returns the value of AGAIN that asks for it. `key` is that of links, empty = it is
        read here."""
        return self._hand(req, resp, await self._seal(req, state, key))

    def forget(self, req: Request, resp: Response) -> None:
        """Have the browser drop what was typed: it was done."""
        if TYPED in req.cookies:
            hand_on(resp, TYPED, "", req.path, **self._handing, seconds=-1)

    async def read(self, req: Request) -> FormState | None:
        """The state that the page is asked for in; None where it asks for none. One that was
        not kept, or is too old, is LOST: nothing was typed, and a refusal says so."""
        asked = req.get_param(AGAIN, default="")
        if not asked or req.method == "POST":
            return None
        if not self._is_by_address:
            asked = next(iter(req.get_cookie_values(TYPED) or ()), "")
        keys = await self._db.read(find_link_keys) if asked else ()
        state = next(filter(None, (_open(key, req.path, asked) for key in keys)), None)
        return state if state and self._db.clock() < state.until else LOST

    async def _seal(self, req: Request, state: FormState, key: str = "") -> str:
        key = key or await self._db.read(find_link_key) or await self._db.write(ensure_link_key)
        until = self._db.clock() + KEPT_S * 1000
        packed = msgspec.json.encode(msgspec.structs.replace(state, until=until))
        nonce = token_bytes(_NONCE)
        sealed = _cipher(key).encrypt(nonce, brotli.compress(packed), req.path.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def _hand(self, req: Request, resp: Response, sealed: str) -> str:
        if self._is_by_address:
            return sealed
        hand_on(resp, TYPED, sealed, req.path, **self._handing, seconds=KEPT_S)
        return BY_COOKIE


def refusal_of(failure: Failure | None) -> Refusal | None:
    """A failure as a state keeps it."""
    if failure is None:
        return None
    fields = failure.fields if isinstance(failure, Invalid) else {}
    return Refusal(type(failure).__name__, failure.code, failure.facts, fields)


def failure_of(refusal: Refusal | None) -> Failure | None:
    """The failure that was kept; one of an unknown kind is Invalid."""
    if refusal is None:
        return None
    # A phrase is an array of two in JSON.
    facts = {
        name: Phrase(*fact) if isinstance(fact, list) else fact
        for name, fact in refusal.facts.items()
    }
    kind = _FAILURES.get(refusal.kind, Invalid)
    named = {"fields": refusal.fields} if kind is Invalid else {}
    return kind(refusal.code, **named, **facts)


def say_state(state: FormState) -> str:
    """What is said of a form as a whole: its sentence, or that of its refusal."""
    refusal = failure_of(state.refusal)
    return state.said or (say_to_guest(refusal) if refusal else "")


def _is_on_its_way(req: Request) -> bool:
    """Whether a browser sends the form to show the page that comes: over plain http the one header
    says so, over https both do."""
    mode = req.get_header("Sec-Fetch-Mode") or ""
    return mode == "navigate" or (not mode and req.get_header("Upgrade-Insecure-Requests") == "1")


def _cipher(key: str) -> AESGCM:
    return AESGCM(sha256(f"form-state:{key}".encode()).digest())


def _open(key: str, path: str, sealed: str) -> FormState | None:
    try:
        kept = base64.b64decode(sealed.encode("ascii"), b"-_", validate=True)
        packed = _cipher(key).decrypt(kept[:_NONCE], kept[_NONCE:], path.encode())
        return _decode(brotli.Decompressor().process(packed, output_buffer_limit=_LARGEST))
    except (ValueError, InvalidTag, brotli.error, msgspec.MsgspecError):
        return None
