"""The one address of an organization's pages; core/identity/short_names.py says which.

Anyone who comes by another one, or in other letters, is sent there, with the method and the form
that they sent.
"""

from typing import Any
from urllib.parse import quote

import falcon
from falcon.asgi import Request, Response

from turnout.core.identity.organizations import find_organization, is_short_name
from turnout.core.identity.short_names import is_reserved, page_path
from turnout.store import Database


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
        if not (is_short_name(slug) and number.isascii() and number.isdigit()):
            return
        pages = page_path(slug)
        if req.path.startswith(f"{pages}/{number}"):
            return
        # Below a reserved name there may be anything, unless an organization has it.
        if is_reserved(slug) and not await self._db.read(find_organization, slug):
            return
        rest = req.path.rpartition(number)[2]
        query = f"?{req.query_string}" if req.query_string else ""
        resp.status = falcon.HTTP_308
        resp.location = quote(f"{pages}/{number}{rest}") + query
        resp.complete = True
