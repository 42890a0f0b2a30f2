"""CORS for calls that browsers make from pages of other origins.

Such a call knows no cookies and ignores Basic: its token stands in a header that no form can send.
So any origin may call it, also with credentials, and may read every answer, refusals included.
"""

from falcon.asgi import Request, Response

MAX_AGE_S = 86_400
REQUEST_HEADERS = "Authorization, Content-Type, user, X-Device, X-Nonce, X-Request-ID"
ANSWER_HEADERS = "Link, Retry-After, WWW-Authenticate, X-Request-ID"


class OpenToOrigins:
    """Falcon middleware: opens resources with `is_open`, or with `everywhere` also what is not
    found."""

    def __init__(self, *, everywhere: bool = False) -> None:
        self._everywhere = everywhere

    async def process_response(
        self, req: Request, resp: Response, resource: object, _succeeded: bool
    ) -> None:
        """Let the asking origin read the answer; caches keep one answer for each origin."""
        if not (self._everywhere or getattr(resource, "is_open", False)):
            return
        resp.append_header("Vary", "Origin")
        origin = req.get_header("Origin")
        if not origin:
            return
        resp.set_header("Access-Control-Allow-Origin", origin)
        resp.set_header("Access-Control-Allow-Credentials", "true")
        resp.set_header("Access-Control-Expose-Headers", ANSWER_HEADERS)
        if req.method == "OPTIONS":
            resp.set_header("Access-Control-Allow-Headers", REQUEST_HEADERS)
            resp.set_header("Access-Control-Max-Age", str(MAX_AGE_S))
