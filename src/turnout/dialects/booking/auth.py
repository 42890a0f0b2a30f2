"""Developer secrets and calendar keys; contract notes, Authentication."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import ParamSpec, TypeVar

from turnout.core.exams.seating import NewSitting, book_seat
from turnout.core.identity.credentials import authenticate
from turnout.core.identity.demo import REFUSED
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import NO_CREDENTIAL, NO_ORG
from turnout.dialects.booking.gathering import Gathering
from turnout.errors import Denied, Failure, Limited, Unauthenticated
from turnout.http.admission import Admission, LastUses, Pieces, Recognize, Verb
from turnout.http.fast_path import Incoming
from turnout.http.sign_ins import SignIns
from turnout.store import Batches, Database, Tx

P = ParamSpec("P")
T = TypeVar("T")

WAY = "booking"
LONGEST_SECRET = 255
EXPIRED, UNKNOWN, UNKNOWN_KEY = "credential.expired", "secret.unknown", "key.unknown"
STRANGER = Principal(NO_ORG, NO_CREDENTIAL)


class Developers:
    """Who sends a request, by secret. With a host suffix (`.exams.example.com`) the host's first
    label must be the short name of the secret's organization."""

    def __init__(
        self, db: Database, host_suffix: str, sign_ins: SignIns, last_uses: LastUses
    ) -> None:
        self._db = db
        self._suffix = host_suffix.lower()
        wrong = frozenset({UNKNOWN, UNKNOWN_KEY})
        self._admission = Admission(WAY, db, sign_ins, last_uses, wrong)
        self._gathering = Gathering(db)

    async def read(self, req: Incoming, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.read` for who sent the request: `verb(tx, principal, …)`. Raises Unauthenticated
        and Denied with the contract's messages."""
        recognize = self._recognize(req)
        return await self._admission.run(self._db.read, req, recognize, verb, *args, **kwargs)

    async def write(self, req: Incoming, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.write` for who sent the request, as `read`."""
        recognize = self._recognize(req)
        return await self._admission.run(self._db.write, req, recognize, verb, *args, **kwargs)

    async def book_seat(self, req: Incoming, new: NewSitting) -> str:
        """`write` of the verb of that name, together with others who register at this moment."""
        shown = req.get_header("Authorization"), req.get_header("Host")
        bridge, recognize = self._gathering.bridge(shown, new), self._recognize(req)
        return await self._admission.run(bridge, req, recognize, _book_seat, new)

    def stream(
        self, req: Incoming, verb: Callable[..., Pieces], *args: object
    ) -> AbstractAsyncContextManager[Batches]:
        """`db.stream` for who sent the request, after a `read`."""
        return self._admission.stream(self._recognize(req), verb, *args)

    async def read_calendar(
        self, req: Incoming, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` for the calendar: by the header `user`, which has a calendar key and is looked at
        first, or by a secret."""
        key = (req.get_header("user") or "").strip()
        if not key:
            return await self.read(req, verb, *args, **kwargs)
        if len(key) > LONGEST_SECRET or not key.isascii():
            raise _unknown_key()
        recognize = self._at_host(req, partial(_recognize_key, key=key))
        return await self._admission.run(self._db.read, req, recognize, verb, *args, **kwargs)

    async def read_for_anybody(
        self, req: Incoming, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` where anybody may ask: the verb gets STRANGER where no good secret was shown, and
        nobody is refused for that."""
        try:
            return await self.read(req, verb, *args, **kwargs)
        except (Unauthenticated, Denied, Limited):
            return await self._db.read(verb, STRANGER, *args, **kwargs)

    def refusing_strangers(self, req: Incoming) -> "_RefusingStrangers":
        """For what is judged before the verb is run: a stranger is not told what is wrong with a
        request, but that it is a stranger's. Raises Unauthenticated, Denied."""
        self._recognize(req)
        return _RefusingStrangers(self, req)

    async def refuse_stranger(self, req: Incoming) -> None:
        """Nothing for who shows a good secret. Raises Unauthenticated, Denied, Limited."""
        await self.read(req, _nothing)

    def _recognize(self, req: Incoming) -> Recognize:
        return self._at_host(req, partial(_recognize, secret=_read_secret(req)))

    def _at_host(self, req: Incoming, recognize: Recognize) -> Recognize:
        if not self._suffix:
            return recognize
        host = (req.get_header("Host") or "").partition(":")[0].lower()
        return partial(_recognize_at, recognize=recognize, host=host, suffix=self._suffix)


class _RefusingStrangers:
    """What is raised in its block is raised to those only who show a good secret."""

    def __init__(self, developers: Developers, req: Incoming) -> None:
        self._developers = developers
        self._req = req

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, _type: object, error: object, _trace: object) -> None:
        if isinstance(error, Failure):
            await self._developers.refuse_stranger(self._req)


def _book_seat(tx: Tx, principal: Principal, new: NewSitting) -> str:
    return book_seat(tx, principal.org_id, new, actor=principal.actor)


def _nothing(_tx: Tx, _principal: Principal) -> None:
    """For those who only want to know whether the secret is good."""


def _read_secret(req: Incoming) -> str:
    header = (req.get_header("Authorization") or "").strip()
    if not header:
        raise Unauthenticated("secret.absent")
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated("secret.scheme")
    if len(secret) > LONGEST_SECRET or not secret.isascii():
        raise _unknown()
    return secret


def _recognize(tx: Tx, secret: str) -> Principal:
    try:
        return authenticate(tx, CredentialKind.DEVELOPER_SECRET, secret).principal
    except Unauthenticated as failure:
        if failure.code == EXPIRED:
            raise Unauthenticated("secret.expired") from None
        if failure.code == REFUSED:
            raise
        raise _unknown() from None


def _recognize_key(tx: Tx, key: str) -> Principal:
    try:
        return authenticate(tx, CredentialKind.CALENDAR_KEY, key).principal
    except Unauthenticated as failure:
        if failure.code == EXPIRED:
            raise Unauthenticated("key.expired") from None
        raise _unknown_key() from None


def _recognize_at(tx: Tx, recognize: Recognize, host: str, suffix: str) -> Principal:
    principal = recognize(tx)
    if host != f"{get_organization_of(tx, principal.org_id).slug}{suffix}":
        raise Denied("secret.organization")
    return principal


def _unknown_key() -> Unauthenticated:
    return Unauthenticated(UNKNOWN_KEY)


def _unknown() -> Unauthenticated:
    return Unauthenticated(UNKNOWN)
