"""What browsers may do with our pages: load and run only what is of this server, frame nothing.

A page that needs more says exactly what, with `set_policy`.
"""

from contextvars import ContextVar

from falcon.asgi import Request, Response

from turnout.core.identity.addresses import is_loopback
from turnout.http.client_address import address_of
from turnout.http.compression import is_compressible
from turnout.web.languages import choose_language

_DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
}

# Whether the request at hand comes from a browser; failures are presented without the request.
asks_for_html: ContextVar[bool] = ContextVar("asks_for_html", default=False)


def _spell(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


CONTENT_SECURITY_POLICY = _spell(_DIRECTIVES)


def set_policy(resp: Response, more: dict[str, str]) -> None:
    """Let this answer's page do more: directives and their values."""
    resp.context.policy = _spell(_DIRECTIVES | more)


def is_unread(req: Request, base_url: str) -> bool:
    """Whether nobody else can read this request on its way: the server is at https, or both are on
    one machine. Browsers call that a secure context."""
    return base_url.startswith("https://") or is_loopback(address_of(req.scope))


class PagePolicy:
    """Falcon middleware: the same headers on every answer, failures included."""

    async def process_request(self, req: Request, resp: Response) -> None:
        asks_for_html.set("text/html" in req.accept)
        choose_language(req)

    async def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: bool
    ) -> None:
        if is_compressible((resp.content_type or "").encode()):
            # Also where a client takes no coding: what a cache keeps is not for all others.
            resp.append_header("Vary", "Accept-Encoding")
        policy = getattr(resp.context, "policy", CONTENT_SECURITY_POLICY)
        resp.set_headers(
            {
                "Content-Security-Policy": policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
            }
        )
