"""A page that is asked for under another name leads to the one that the operator set.

Only names of the DNS are led away: numbers, `localhost` and names without a dot are how proxies,
containers and operators on the machine itself reach a server, and a proxy that does not pass on
the name it was asked for must not be sent in a circle.
"""

from urllib.parse import urlsplit

import falcon
from falcon.asgi import Request, Response

from turnout.http.addresses import find_address

_METHODS = ("GET", "HEAD")
# What programs and pages of other names load.
_SERVED_ANYWHERE = ("/static/", "/openapi/", "/favicon", "/robots.txt")


class OwnName:
    """Falcon middleware: GET and HEAD under another name are redirected to `base_url`."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._name = urlsplit(base_url).hostname or ""

    async def process_request(self, req: Request, resp: Response) -> None:
        if req.method not in _METHODS or req.path.lower().startswith(_SERVED_ANYWHERE):
            return
        name = _name_of(req.get_header("Host"))
        if not _is_domain(name) or self._name in (name, *_forwarded(req)):
            return
        query = f"?{req.query_string}" if req.query_string else ""
        resp.status = falcon.HTTP_302
        resp.location = f"{self._base_url}{falcon.uri.encode(req.path)}{query}"
        resp.set_header("Cache-Control", "no-store")
        resp.complete = True


def _forwarded(req: Request) -> list[str]:
    """The names that proxies were asked for. Who invents one is not redirected, that is all."""
    names = [_name_of(part) for part in (req.get_header("X-Forwarded-Host") or "").split(",")]
    return names + [_name_of(hop.host) for hop in req.forwarded or ()]


def _name_of(host: str | None) -> str:
    """The host name of a Host header, without its port."""
    try:
        return (urlsplit(f"//{(host or '').strip()}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_domain(name: str) -> bool:
    return "." in name and not name.endswith(".localhost") and find_address(name) is None
