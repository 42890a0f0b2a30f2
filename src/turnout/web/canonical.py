"""The one address of an organization's pages; core/identity/short_names.py says which.

Anyone who comes by another one, or in other letters, is sent there, with the method and the form
that they sent.
"""

from typing import Any
from urllib.parse import quote

import falcon
from falcon.asgi import Request, Response

from turnout.core.identity.organizations import find_organization, is_short_name
from turnout.core.identity.short_names import ELSEWHERE, is_reserved, page_path
from turnout.store import Database
from turnout.web.documents import REVALIDATE


class CanonicalPages:
    """Falcon middleware for routes with `{slug}` and `{number}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def process_resource(
        self, req: Request, resp: Response, _resource: object, params: dict[str, Any]
    ) -> None:
        """Redirect, unless the request is where it belongs or names nothing."""
        slug, number = params.get("slug", "").lower(), params.get("number", "")
        # Nothing else ever stands in the address that somebody is sent to.
        # A name of an event leads on by itself (web/events.py).
        is_numbered = number.isascii() and number.isdigit()
        begins = f"{ELSEWHERE}/{slug}/"
        is_elsewhere = "number" not in params and req.path.lower().startswith(begins)
        if not is_short_name(slug) or not (is_numbered or is_elsewhere):
            return
        pages = page_path(slug)
        if is_elsewhere:
            if pages != begins[:-1]:
                self._lead(req, resp, f"{pages}/{req.path[len(begins) :]}")
            return
        if req.path.startswith(f"{pages}/{number}"):
            return
        # Below a reserved name there may be anything, unless an organization has it.
        if is_reserved(slug) and not await self._db.read(find_organization, slug):
            return
        self._lead(req, resp, f"{pages}/{number}{req.path.rpartition(number)[2]}")

    def _lead(self, req: Request, resp: Response, path: str) -> None:
        lead_on(req, resp, path)
        resp.complete = True


def lead_on(req: Request, resp: Response, path: str) -> None:
    """Send who asks to another path (308: a form goes along). Browsers ask again the next time: a
    name may go back to where it was."""
    query = f"?{req.query_string}" if req.query_string else ""
    resp.status = falcon.HTTP_308
    resp.location = quote(path) + query
    resp.content_type = "text/html; charset=utf-8"
    resp.set_header("Cache-Control", REVALIDATE)
