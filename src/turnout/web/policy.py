"""What browsers may do with our pages: load from this server only, run nothing, frame nothing.

A page that needs more says exactly what, with `set_policy`.
"""

from contextvars import ContextVar

from falcon.asgi import Request, Response

from turnout.web.languages import choose_language

_DIRECTIVES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# Whether the request at hand comes from a browser; failures are presented without the request.
asks_for_html: ContextVar[bool] = ContextVar("asks_for_html", default=False)


def _spell(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


CONTENT_SECURITY_POLICY = _spell(_DIRECTIVES)


def set_policy(resp: Response, more: dict[str, str]) -> None:
    """Let this answer's page do more: directives and their values."""
    resp.context.policy = _spell(_DIRECTIVES | more)


class PagePolicy:
    """Falcon middleware: the same headers on every answer, failures included."""

    async def process_request(self, req: Request, resp: Response) -> None:
        asks_for_html.set("text/html" in req.accept)
        choose_language(req)

    async def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: bool
    ) -> None:
        policy = getattr(resp.context, "policy", CONTENT_SECURITY_POLICY)
        resp.set_headers(
            {
                "Content-Security-Policy": policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
            }
        )
