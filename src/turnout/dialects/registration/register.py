"""/v1.0/register: queue a registration."""

from falcon.asgi import Request, Response

from turnout.core.identity.idempotency import IdempotentRequest, idempotent_request
from turnout.core.registrations.accepting import Asking, accept_all
from turnout.dialects.registration.auth import Tokens
from turnout.dialects.registration.decode import decode_application
from turnout.dialects.registration.present import present_queued
from turnout.http.backlog import Backlog
from turnout.http.body import read_body
from turnout.http.dialect import Resource
from turnout.http.fast_path import Incoming
from turnout.http.rate_limit import RateLimiter
from turnout.store import Batcher, Database

GATHERED = 4096


class RegisterResource(Resource):
    """Contract 2.1."""

    def __init__(
        self,
        db: Database,
        limiter: RateLimiter,
        tokens: Tokens,
        backlog: Backlog,
        body_limit: int,
    ) -> None:
        self._accept_together = Batcher(db, accept_all, limit=GATHERED)
        self._limiter = limiter
        self._tokens = tokens
        self._backlog = backlog
        self._body_limit = body_limit

    async def on_put(self, req: Request, resp: Response) -> None:
        resp.data = await self.respond(req)

    async def respond(self, req: Incoming) -> bytes:
        """The answer to a registration; also called past Falcon (http/fast_path.py)."""
        caller = await self._tokens.caller_of(req)
        await self._limiter.admit(caller.org_id, "register")
        self._backlog.admit()
        body = await read_body(req, self._body_limit)
        application = decode_application(body, req.get_header("Content-Type") or "")
        request = _idempotent(req, body)
        return present_queued(await self._accept_together(Asking(caller, application, request)))


def _idempotent(req: Incoming, body: bytes) -> IdempotentRequest | None:
    key = req.get_header("Idempotency-Key")
    return idempotent_request(key.strip(), req.method, req.path, body) if key else None
