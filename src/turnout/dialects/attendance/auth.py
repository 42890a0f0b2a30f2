"""Event and company tokens; contract, Authentication and Global Auth.

A token is looked up by its digest in every request's own transaction, so a revoked one is refused
at once.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import falcon.asgi

from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import UNKNOWN, authenticate
from turnout.core.identity.demo import REFUSED
from turnout.core.identity.model import Caller, CredentialKind
from turnout.errors import Invalid, Unauthenticated
from turnout.http.client_address import address_of
from turnout.http.sign_ins import SignIns
from turnout.store import Database, Tx

P = ParamSpec("P")
T = TypeVar("T")

WAY = "attendance"
LONGEST_TOKEN = 255


class Door(NamedTuple):
    """What a token opens: an organization's event, or, with `event_id` 0, all of it."""

    org_id: int
    event_id: int
    credential_id: int

    @property
    def actor(self) -> str:
        """The token's name in audit entries."""
        return f"credential:{self.credential_id}"


Verb = Callable[Concatenate[Tx, Door, P], T]


class Doors:
    """Who sends a request, by token."""

    def __init__(self, db: Database, sign_ins: SignIns) -> None:
        self._db = db
        self._sign_ins = sign_ins
        self._last_used: dict[Caller, int] = {}

    async def read(
        self, req: falcon.asgi.Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.read` at the event's door: `verb(tx, door, …)`.

        Raises Unauthenticated; with a company token also Invalid without an `event_id`
        and Missing for one of another company.
        """
        return await self._run(self._db.read, req, verb, args, kwargs)  # type: ignore[no-any-return]

    async def write(
        self, req: falcon.asgi.Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.write_first` at the event's door, as `read`: nobody waits longer than the door."""
        return await self._run(self._db.write_first, req, verb, args, kwargs)  # type: ignore[no-any-return]

    async def read_company(
        self, req: falcon.asgi.Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.read` for a company token: `verb(tx, door, …)` with no event."""
        token = _token(req, "company")
        result, door = await self._judged(
            req, self._db.read(_at_company, token, verb, args, kwargs)
        )
        self._note(door)
        return result  # type: ignore[no-any-return]

    def take_last_used(self) -> dict[Caller, int]:
        """Which tokens were used since the last call, and when (epoch ms)."""
        taken, self._last_used = self._last_used, {}
        return taken

    async def _run(
        self,
        bridge: Callable[..., Awaitable[Any]],
        req: falcon.asgi.Request,
        verb: Callable[..., Any],
        args: Any,
        kwargs: Any,
    ) -> Any:
        token = _token(req, "event")
        # A body may name it, too: decode.py notes that.
        wanted = getattr(req.context, "event_ids", None) or _event_ids(req)
        found = bridge(_at_event, token, wanted, verb, args, kwargs)
        result, door = await self._judged(req, found)
        self._note(door)
        return result

    async def _judged(self, req: falcon.asgi.Request, found: Awaitable[Any]) -> Any:
        """What `found` gives. A wrong token is logged and counted for where it came from."""
        try:
            return await found
        except Unauthenticated as failure:
            if failure.code != UNKNOWN:
                raise
            raise self._sign_ins.judge_token(WAY, address_of(req.scope), failure) from failure

    def _note(self, door: Door) -> None:
        self._last_used[Caller(door.org_id, door.credential_id)] = self._db.clock()


def _token(req: falcon.asgi.Request, scheme: str) -> str:
    given, _, token = (req.get_header("Authorization") or "").strip().partition(" ")
    token = token.strip()
    if given.lower() != scheme or not token or len(token) > LONGEST_TOKEN or not token.isascii():
        raise Unauthenticated("token.absent", f"Send the header Authorization: {scheme} TOKEN.")
    return token


def _event_ids(req: falcon.asgi.Request) -> list[str]:
    """Each `event_id` of a query; the last counts, so it is first."""
    given = req.get_param_as_list("event_id", default=[""])
    return [each.strip() for each in reversed(given)]


def _at_event(
    tx: Tx, token: str, wanted: list[str], verb: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[Any, Door]:
    door = _open(tx, token, wanted)
    return verb(tx, door, *args, **kwargs), door


def _at_company(
    tx: Tx, token: str, verb: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[Any, Door]:
    credential = authenticate(tx, CredentialKind.COMPANY_TOKEN, token)
    door = Door(credential.org_id, 0, credential.id)
    return verb(tx, door, *args, **kwargs), door


def _open(tx: Tx, token: str, wanted: list[str]) -> Door:
    """The door of the first event wanted; the others that a request names must be numbers too."""
    try:
        credential = authenticate(tx, CredentialKind.EVENT_TOKEN, token)
    except Unauthenticated as refusal:
        if refusal.code == REFUSED:
            raise
        credential = authenticate(tx, CredentialKind.COMPANY_TOKEN, token)
    else:
        _check_numbers(wanted)
        return Door(credential.org_id, credential.event_id or 0, credential.id)
    _check_numbers(wanted)
    if not wanted[0]:
        raise _bad_event("A company token needs an event_id.")
    event = get_event(tx, credential.org_id, int(wanted[0]))
    return Door(credential.org_id, event.id, credential.id)


def _check_numbers(wanted: list[str]) -> None:
    for text in wanted:
        if text and not (text.isascii() and text.isdigit() and len(text) < 16):
            raise _bad_event("event_id must be the number of an event.")


def _bad_event(sentence: str) -> Invalid:
    return Invalid("event_id.invalid", sentence, {"event_id": [sentence]})
