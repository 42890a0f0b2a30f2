"""/v1.0/registerstatus: the outcome of queue items."""

from falcon.asgi import Request, Response

from turnout.core.registrations.queue_items import list_items
from turnout.dialects.registration.auth import Tokens
from turnout.dialects.registration.decode import decode_question
from turnout.dialects.registration.present import present_page
from turnout.http.body import read_body
from turnout.http.dialect import Resource
from turnout.http.forms import Pairs
from turnout.http.members import Kind, Limits, fields_of, kind_of, read_query
from turnout.http.rate_limit import RateLimiter
from turnout.store import Database

BODY_LIMIT = 65_536
LIMITS = Limits(BODY_LIMIT)


class RegisterStatusResource(Resource):
    """Contract 2.2: a GET with a JSON body; POST with it and query parameters work too."""

    def __init__(self, db: Database, limiter: RateLimiter, tokens: Tokens, base_url: str) -> None:
        self._db = db
        self._limiter = limiter
        self._tokens = tokens
        self._url = f"{base_url}/v1.0/registerstatus"

    async def on_get(self, req: Request, resp: Response) -> None:
        caller = await self._tokens.caller_of(req)
        await self._limiter.admit(caller.org_id, "registerstatus")
        body = await read_body(req, BODY_LIMIT)
        query = _values(read_query(req.query_string))
        content_type = req.content_type or ""
        if kind_of(body, content_type) in (Kind.FORM, Kind.MULTIPART):
            # The body's come last, and so count.
            query = _values(read_query(req.query_string) + fields_of(body, content_type, LIMITS))
            body = b""
        question = decode_question(body, query)
        page = await self._db.read(
            list_items, caller, question.queue_ids, limit=question.limit, skip=question.skip
        )
        resp.data = present_page(page, question, self._url)

    on_post = on_get


def _values(pairs: Pairs) -> dict[str, list[str]]:
    """The values by name in lower case; a name may stand there more than once, and with `[]`."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.lower().removesuffix("[]"), []).append(value)
    return values
