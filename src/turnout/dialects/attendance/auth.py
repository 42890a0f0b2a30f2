"""Event and company tokens; contract, Authentication and Global Auth."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import NamedTuple, ParamSpec, TypeVar

from falcon.asgi import Request
from msgspec.structs import replace

from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import authenticate
from turnout.core.identity.demo import REFUSED
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.ids import EventId
from turnout.errors import Invalid, Unauthenticated
from turnout.http.admission import Admission, Bridge, LastUses, Pieces, Scoped, Verb
from turnout.http.fast_path import Incoming
from turnout.http.sign_ins import SignIns
from turnout.store import Batches, Database, Tx

P = ParamSpec("P")
T = TypeVar("T")

WAY = "attendance"
LONGEST_TOKEN = 255
# What a request names that names no event.
NO_EVENTS = ("",)


class Doors:
    """Who sends a request, by token. The principal has the event at whose door it is."""

    def __init__(self, db: Database, sign_ins: SignIns, last_uses: LastUses) -> None:
        self._db = db
        self._admission = Admission(WAY, db, sign_ins, last_uses)

    async def read(self, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.read` at the event's door: `verb(tx, principal, …)`.

        Raises Unauthenticated; with a company token also Invalid without an `event_id`
        and Missing for one of another company.
        """
        return await self._run(self._db.read, req, verb, *args, **kwargs)

    async def write(self, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.write_first` at the event's door, as `read`: nobody waits longer than the door."""
        return await self._run(self._db.write_first, req, verb, *args, **kwargs)

    async def read_by(
        self, req: Scoped, shown: "ShownToken", verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` for a token that has been taken out of the request."""
        bridge = self._db.read
        return await self._admission.run(bridge, req, shown.recognize, verb, *args, **kwargs)

    async def write_by(
        self, req: Scoped, shown: "ShownToken", verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` for a token that has been taken out of the request."""
        bridge = self._db.write_first
        return await self._admission.run(bridge, req, shown.recognize, verb, *args, **kwargs)

    async def read_company(
        self, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.read` for a company token: `verb(tx, principal, …)` with no event."""
        recognize = partial(_recognize_company, token=_token(req, "company"))
        return await self._admission.run(self._db.read, req, recognize, verb, *args, **kwargs)

    def stream(
        self, req: Request, verb: Callable[..., Pieces], *args: object
    ) -> AbstractAsyncContextManager[Batches]:
        """`db.stream` at the event's door, after a `read` there."""
        return self._admission.stream(show_token(req).recognize, verb, *args)

    def note(self, principal: Principal) -> None:
        """A principal was recognized by another way than those above."""
        self._admission.note(principal)

    async def _run(
        self, bridge: Bridge, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        recognize = show_token(req).recognize
        return await self._admission.run(bridge, req, recognize, verb, *args, **kwargs)


class ShownToken(NamedTuple):
    """What a request shows at an event's door: a token, and the events that it names."""

    token: str
    wanted: tuple[str, ...]

    def recognize(self, tx: Tx) -> Principal:
        """Whose it is. Raises Unauthenticated, Invalid, Missing."""
        return _recognize(tx, self.token, self.wanted)


def show_token(req: Request) -> ShownToken:
    """What the request shows. Raises Unauthenticated where it has no token."""
    # A body may name the event, too: decode.py notes that.
    wanted = getattr(req.context, "event_ids", None) or _event_ids(req)
    return ShownToken(_token(req, "event"), tuple(wanted))


def show_bare_token(req: Incoming) -> ShownToken:
    """The same of a request that has neither body nor query."""
    return ShownToken(_token(req, "event"), NO_EVENTS)


def _token(req: Incoming, scheme: str) -> str:
    given, _, token = (req.get_header("Authorization") or "").strip().partition(" ")
    token = token.strip()
    if given.lower() != scheme or not token or len(token) > LONGEST_TOKEN or not token.isascii():
        raise Unauthenticated("token.absent", scheme=scheme)
    return token


def _event_ids(req: Request) -> list[str]:
    """Each `event_id` of a query; the last counts, so it is first."""
    given = req.get_param_as_list("event_id", default=[""])
    return [header.strip() for header in reversed(given)]


def _recognize_company(tx: Tx, token: str) -> Principal:
    return authenticate(tx, CredentialKind.COMPANY_TOKEN, token).principal


def _recognize(tx: Tx, token: str, wanted: Sequence[str]) -> Principal:
    """At the door of the first event wanted; the others that are named must be numbers, too."""
    try:
        principal = authenticate(tx, CredentialKind.EVENT_TOKEN, token).principal
    except Unauthenticated as refusal:
        if refusal.code == REFUSED:
            raise
        principal = _recognize_company(tx, token)
    else:
        _check_numbers(wanted)
        return principal
    _check_numbers(wanted)
    if not wanted[0]:
        raise Invalid("event_id.absent")
    event = get_event(tx, principal.org_id, EventId(int(wanted[0])))
    return replace(principal, event_id=event.id)


def _check_numbers(wanted: Sequence[str]) -> None:
    for text in wanted:
        if text and not (text.isascii() and text.isdigit() and len(text) < 16):
            raise Invalid("event_id.invalid")
