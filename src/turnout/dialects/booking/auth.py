"""Developer secrets and calendar keys; contract notes, Authentication. They are looked up by digest
for every request, so a revoked one is refused at once."""

from collections.abc import Callable
from typing import NamedTuple

from falcon.asgi import Request

from turnout.core.identity.credentials import authenticate
from turnout.core.identity.demo import REFUSED
from turnout.core.identity.model import Caller, CredentialKind, Organization
from turnout.core.identity.organizations import get_organization_of
from turnout.errors import Denied, Limited, Unauthenticated
from turnout.http.client_address import address_of
from turnout.http.sign_ins import SignIns
from turnout.store import Database, Tx

WAY = "booking"
LONGEST_SECRET = 255
EXPIRED, UNKNOWN, UNKNOWN_KEY = "credential.expired", "secret.unknown", "key.unknown"


class Developer(NamedTuple):
    """Whose secret it is."""

    organization: Organization
    credential_id: int

    @property
    def org_id(self) -> int:
        """The organization's number."""
        return self.organization.org_id

    @property
    def actor(self) -> str:
        """The secret's name in audit entries and histories."""
        return f"credential:{self.credential_id}"


class Developers:
    """Lets integrators in. With a host suffix (`.exams.example.com`) the host's first label must
    be the short name of the secret's organization."""

    def __init__(self, db: Database, host_suffix: str, sign_ins: SignIns) -> None:
        self._db = db
        self._sign_ins = sign_ins
        self._suffix = host_suffix.lower()
        self._last_used: dict[Caller, int] = {}

    async def admit(self, req: Request) -> Developer:
        """Who asks. Raises Unauthenticated and Denied with the contract's messages."""
        return self._welcome(req, await self._look_up(req, _open, _read_secret(req)))

    async def admit_to_calendar(self, req: Request) -> Developer:
        """Who asks for the calendar: by the header `user`, which has a calendar key and is looked
        at first, or by a secret. Raises Unauthenticated and Denied."""
        key = (req.get_header("user") or "").strip()
        if not key:
            return await self.admit(req)
        if len(key) > LONGEST_SECRET or not key.isascii():
            raise _unknown_key()
        return self._welcome(req, await self._look_up(req, _open_calendar, key))

    async def find(self, req: Request) -> int:
        """The organization whose secret was shown; 0 for a stranger, and for a secret that is not
        good: whoever asks where anybody may ask is never refused."""
        try:
            return (await self.admit(req)).org_id
        except (Unauthenticated, Denied, Limited):
            return 0

    async def _look_up(
        self, req: Request, verb: Callable[[Tx, str], Developer], secret: str
    ) -> Developer:
        """Whose secret it is. A wrong one is logged and counted for where it came from."""
        try:
            return await self._db.read(verb, secret)
        except Unauthenticated as failure:
            if failure.code not in (UNKNOWN, UNKNOWN_KEY):
                raise
            raise self._sign_ins.judge_token(WAY, address_of(req.scope), failure) from failure

    def _welcome(self, req: Request, developer: Developer) -> Developer:
        if self._suffix:
            host = (req.get_header("Host") or "").partition(":")[0].lower()
            if host != f"{developer.organization.slug}{self._suffix}":
                raise Denied(
                    "secret.organization",
                    "Your bearer token is not authorized to access this organization.",
                )
        caller = Caller(developer.org_id, developer.credential_id)
        self._last_used[caller] = self._db.clock()
        return developer

    def take_last_used(self) -> dict[Caller, int]:
        """Which secrets were used since the last call, and when (epoch ms)."""
        taken, self._last_used = self._last_used, {}
        return taken


def _read_secret(req: Request) -> str:
    header = (req.get_header("Authorization") or "").strip()
    if not header:
        raise Unauthenticated(
            "secret.absent", "Your HTTP request is missing the Authorization header."
        )
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated(
            "secret.scheme",
            "The Authorization header in your HTTP request must contain a bearer token.",
        )
    if len(secret) > LONGEST_SECRET or not secret.isascii():
        raise _unknown()
    return secret


def _open(tx: Tx, secret: str) -> Developer:
    try:
        credential = authenticate(tx, CredentialKind.DEVELOPER_SECRET, secret)
    except Unauthenticated as failure:
        if failure.code == EXPIRED:
            raise Unauthenticated(EXPIRED, "Your bearer token is expired.") from None
        if failure.code == REFUSED:
            raise
        raise _unknown() from None
    return Developer(get_organization_of(tx, credential.org_id), credential.id)


def _open_calendar(tx: Tx, key: str) -> Developer:
    try:
        credential = authenticate(tx, CredentialKind.CALENDAR_KEY, key)
    except Unauthenticated as failure:
        if failure.code == EXPIRED:
            raise Unauthenticated(EXPIRED, "Your user key is expired.") from None
        raise _unknown_key() from None
    return Developer(get_organization_of(tx, credential.org_id), credential.id)


def _unknown_key() -> Unauthenticated:
    return Unauthenticated(UNKNOWN_KEY, "Your user key is not recognized.")


def _unknown() -> Unauthenticated:
    return Unauthenticated(UNKNOWN, "Your bearer token is not recognized.")
