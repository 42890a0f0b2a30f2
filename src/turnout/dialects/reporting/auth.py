"""Sign-ins and sessions; contract, Authentication, and reporting notes, Login.

Passwords are checked as the product does everywhere (http/sign_ins.py). A session is looked up by
its digest in every request's own transaction, so a revoked permission or a changed password ends it
at once. Its uses are noted here and written once a minute.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

from turnout.core.audience.permissions import (
    TOUCH_MS,
    Session,
    begin_session,
    read_session,
    touch_session,
)
from turnout.core.text import is_storable
from turnout.errors import Unauthenticated
from turnout.http.admission import Verb
from turnout.http.sign_ins import Shown, SignIns
from turnout.store import Database, Tx
from turnout.store.windows import is_over

P = ParamSpec("P")
T = TypeVar("T")

WAY = "reporting"
LONGEST = 255
MOST_NOTED = 10_000
WRONG = "login.wrong"


class Ids(NamedTuple):
    """The two ids that a request shows, in whichever order."""

    si: str
    ui: str


class Sessions:
    """Who sends a request, by the ids that a login gave."""

    def __init__(self, db: Database, sign_ins: SignIns) -> None:
        self._db = db
        self._sign_ins = sign_ins
        self._used: dict[str, int] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def login(self, username: str, password: str, address: str) -> tuple[str, str]:
        """Sign in; returns the ids of session and user. Raises Unauthenticated, Limited."""
        if not username or max(len(username), len(password)) > LONGEST:
            raise _wrong()
        if not is_storable(username + password):
            raise _wrong()
        try:
            principal = await self._sign_ins.check(WAY, Shown(username, password, address))
        except Unauthenticated as refusal:
            if refusal.code != WRONG:
                raise
            raise _wrong() from refusal  # in this contract's word for a user code
        try:
            return await self._db.write(begin_session, principal)
        except Unauthenticated as refusal:
            raise Unauthenticated("login.reporting", why=refusal.message) from refusal

    async def read(self, ids: Ids, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.read` for whose session it is: `verb(tx, principal, …)`. Raises Unauthenticated."""
        result, session = await self._db.read(_with_session, ids, self._used, verb, args, kwargs)
        await self._note(session)
        return result

    async def _note(self, session: Session) -> None:
        now = self._db.clock()
        if is_over(session.used_at, TOUCH_MS, now):
            await self._db.write_behind(
                touch_session, session.principal.org_id, session.digest, now
            )
            self._used.pop(session.digest, None)
            return
        self._used.pop(session.digest, None)
        while len(self._used) >= MOST_NOTED:
            del self._used[next(iter(self._used))]
        self._used[session.digest] = now


def _with_session(
    tx: Tx, ids: Ids, used: dict[str, int], verb: Callable[..., T], args: Any, kwargs: Any
) -> tuple[T, Session]:
    session = _find_session(tx, ids, used)
    return verb(tx, session.principal, *args, **kwargs), session


def _find_session(tx: Tx, ids: Ids, used: dict[str, int]) -> Session:
    """The session of both ids, which one table of the contract swaps."""
    if not ids.si or not ids.ui:
        raise Unauthenticated("session.absent")
    try:
        return _read(tx, ids.si, ids.ui, used)
    except Unauthenticated:
        return _read(tx, ids.ui, ids.si, used)


def _read(tx: Tx, session_id: str, user_id: str, used: dict[str, int]) -> Session:
    try:
        return read_session(tx, session_id, user_id, used)
    except Unauthenticated as refusal:
        raise Unauthenticated("session.refused", why=refusal.message) from refusal


def _wrong() -> Unauthenticated:
    return Unauthenticated(WRONG)
