"""/v1.0/signin: an API key for a bearer token."""

from falcon.asgi import Request, Response

from turnout.core.identity.credentials import UNKNOWN, authenticate
from turnout.core.identity.demo import REFUSED as DEMO_REFUSED
from turnout.core.identity.model import Credential, CredentialKind
from turnout.dialects.registration.auth import Tokens
from turnout.dialects.registration.leniency import rename
from turnout.dialects.registration.present import present_signin
from turnout.errors import Unauthenticated
from turnout.http.body import read_sent
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.http.members import Limits, as_text, read_members
from turnout.http.rate_limit import RateLimiter
from turnout.http.routing import acts
from turnout.http.sign_ins import SignIns
from turnout.store import Database

WAY = "registration"
LIMITS = Limits(16_384, depth=8)
MAX_KEY_LENGTH = 200
_NAMES = {"apikey": "apiKey"}


class SigninResource(Resource):
    """Contract 1.2. GET works like POST: the vendor's own example client uses it."""

    def __init__(
        self, db: Database, limiter: RateLimiter, tokens: Tokens, sign_ins: SignIns
    ) -> None:
        self._db = db
        self._limiter = limiter
        self._tokens = tokens
        self._sign_ins = sign_ins

    async def on_post(self, req: Request, resp: Response) -> None:
        key = await _api_key(req)
        credential = await self._credential(key, address_of(req.scope))
        await self._limiter.admit(credential.org_id, "signin")
        caller = credential.principal
        resp.data = present_signin(await self._tokens.sign(caller))
        resp.set_header("Cache-Control", "no-store")
        self._tokens.used(caller)

    on_get = acts(on_post)

    async def _credential(self, key: str, address: str) -> Credential:
        try:
            return await self._db.read(authenticate, CredentialKind.API_KEY, key)
        except Unauthenticated as error:
            demo = error.code == DEMO_REFUSED
            why = error.message if demo else "Invalid API key provided."
            refusal = Unauthenticated("api_key.refused", why=why)
            if error.code != UNKNOWN:
                raise refusal from error
            raise self._sign_ins.judge_token(WAY, address, refusal) from error


async def _api_key(req: Request) -> str:
    """The key from the header `APIKey`, else from a JSON or form body. Raises Invalid for a body
    that cannot be read; beside a header it may say anything, within its limit."""
    key = (req.get_header("APIKey") or "").strip()
    if key:
        await read_sent(req, LIMITS.size)
    else:
        given = await read_members(req, LIMITS)
        key = as_text("apiKey", rename(given, _NAMES).get("apiKey", "")).strip()
    if not key or len(key) > MAX_KEY_LENGTH:
        raise Unauthenticated("api_key.absent")
    return key
