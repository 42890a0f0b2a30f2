"""Who asks: verbs are run for a principal, and its credential is noted as used.

Theory. A credential is looked up in the verb's own transaction: one that has been revoked does
nothing any more, not even in the moment between a look-up and the deed. A wrong one is logged
and counted for the place that it came from (sign_ins.py). Last uses are noted in memory, here for
every way in, and stored at most once a minute.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from turnout.core.identity.credentials import UNKNOWN, CredentialKey
from turnout.core.identity.model import Principal
from turnout.errors import Unauthenticated
from turnout.http.client_address import address_of
from turnout.http.mounts import Scope
from turnout.http.sign_ins import SignIns
from turnout.store import Batches, Database, Tx
from turnout.store.streaming import piecewise

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Tx, Principal, P], T]
"""What a principal asks for: `verb(tx, principal, …)`."""
Recognize = Callable[[Tx], Principal]
"""Whose credential a request has shown. Raises Unauthenticated, Denied, Invalid, Missing."""
Bridge = Callable[..., Awaitable[Any]]
"""`db.read` or one of its kind."""
Pieces = Generator[tuple[bytes], None, None]


class Scoped(Protocol):
    """A request that knows where it came from."""

    @property
    def scope(self) -> Scope:
        """The request's scope, as ASGI has it."""


class LastUses:
    """When each credential was last used, until a worker takes that and stores it."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._used: dict[CredentialKey, int] = {}

    def note(self, principal: Principal) -> None:
        """The principal's credential was used now."""
        self._used[principal.org_id, principal.credential_id] = self._clock()

    def take(self) -> dict[CredentialKey, int]:
        """The uses since the last call (epoch ms)."""
        taken, self._used = self._used, {}
        return taken


class Admission:
    """A way in by keys or tokens. `way` names it in the log; `wrong` are the codes of refusals
    that say that somebody guesses."""

    def __init__(
        self,
        way: str,
        db: Database,
        sign_ins: SignIns,
        last_uses: LastUses,
        wrong: frozenset[str] = frozenset({UNKNOWN}),
    ) -> None:
        self._way = way
        self._db = db
        self._sign_ins = sign_ins
        self._last_uses = last_uses
        self._wrong = wrong

    async def run(
        self,
        bridge: Bridge,
        req: Scoped,
        recognize: Recognize,
        verb: Verb[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`verb(tx, principal, …)`, in the transaction that recognizes the principal.

        Raises what `recognize` and the verb raise, and Limited after too many wrong tokens.
        """
        result: T
        try:
            result, principal = await bridge(_run, recognize, verb, args, kwargs)
        except Unauthenticated as failure:
            if failure.code not in self._wrong:
                raise
            address = address_of(req.scope)
            raise self._sign_ins.judge_token(self._way, address, failure) from failure
        self.note(principal)
        return result

    def note(self, principal: Principal) -> None:
        """The principal was recognized: `run` does that by itself."""
        self._last_uses.note(principal)

    @asynccontextmanager
    async def stream(
        self, recognize: Recognize, verb: Callable[..., Pieces], *args: object
    ) -> AsyncIterator[Batches]:
        """`db.stream` of `verb(tx, principal, …)`, which makes the answer in pieces (bytes), for
        what has been recognized by `run` before."""
        async with self._db.stream(_stream, recognize, verb, args) as rows:
            yield rows


def _run(
    tx: Tx, recognize: Recognize, verb: Callable[..., T], args: Any, kwargs: Any
) -> tuple[T, Principal]:
    principal = recognize(tx)
    return verb(tx, principal, *args, **kwargs), principal


@piecewise
def _stream(tx: Tx, recognize: Recognize, verb: Callable[..., Pieces], args: Any) -> Pieces:
    yield from verb(tx, recognize(tx), *args)
