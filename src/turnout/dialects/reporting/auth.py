"""Signing in with a user's name and password, and the session that follows; contract,
Authentication."""

import asyncio

from falcon.asgi import Request

from turnout.core.audience.readers import (
    Reader,
    begin_session,
    find_reader,
    find_reader_password,
    touch_session,
)
from turnout.core.identity.guessing import Attempt, Throttle
from turnout.core.identity.passwords import NOBODYS_HASH, PasswordPool, is_password
from turnout.dialects.reporting.decode import Parameters
from turnout.errors import Unauthenticated
from turnout.store import Database

TOUCH_MS = 60_000
MOST_TOUCHED = 10_000


class Readers:
    """Lets readers of reports in."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pool = PasswordPool()
        self._throttle = Throttle(db.clock)
        self._touched: dict[str, int] = {}

    async def sign_in(self, req: Request, given: Parameters) -> tuple[str, str]:
        """Session id and user id. Raises Unauthenticated, and Limited after too many wrong
        passwords."""
        name, password = given.get("username", "").strip(), given.get("password", "")
        attempt = Attempt(name.casefold(), req.remote_addr)
        self._throttle.begin(attempt)
        try:
            found = await self._db.read(find_reader_password, name) if name else None
            hashed = found.hashed if found else NOBODYS_HASH
            is_right = await asyncio.wrap_future(self._pool.submit(is_password, password, hashed))
        except BaseException:
            self._throttle.take_back(attempt)
            raise
        if found is None or not is_right:
            raise Unauthenticated("login.wrong", "The username or the password is wrong.")
        self._throttle.confirm(attempt)
        return await self._db.write(begin_session, found.login)

    async def admit(self, given: Parameters) -> Reader:
        """Who reads. Raises Unauthenticated for a session that is missing, unknown or over."""
        session_id, user_id = given.get("si", "").strip(), given.get("ui", "").strip()
        if not (session_id and user_id):
            raise Unauthenticated(
                "session.absent", "Send the session id as si and the user id as ui."
            )
        reader = await self._db.read(find_reader, session_id, user_id)
        await self._touch(session_id, user_id)
        return reader

    async def _touch(self, session_id: str, user_id: str) -> None:
        """The session lives on; that is written down once a minute."""
        now = self._db.clock()
        if self._touched.get(session_id, 0) + TOUCH_MS <= now:
            self._touched.pop(session_id, None)
            while len(self._touched) >= MOST_TOUCHED:
                del self._touched[next(iter(self._touched))]
            self._touched[session_id] = now
            await self._db.write(touch_session, session_id, user_id)
