"""What browsers may do with our pages: load from this server only, run nothing, frame nothing."""

from contextvars import ContextVar

from falcon.asgi import Request, Response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# Whether the request at hand comes from a browser; failures are presented without the request.
asks_for_html: ContextVar[bool] = ContextVar("asks_for_html", default=False)


class PagePolicy:
    """Falcon middleware: the same headers on every answer, failures included."""

    async def process_request(self, req: Request, resp: Response) -> None:
        asks_for_html.set("text/html" in req.accept)

    async def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: bool
    ) -> None:
        resp.set_headers(
            {
                "Content-Security-Policy": CONTENT_SECURITY_POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin",
            }
        )
