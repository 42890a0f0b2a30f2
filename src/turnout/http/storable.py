"""Paths and queries that no database can keep: refused before any responder looks at them."""

from typing import Any
from urllib.parse import quote

from falcon.asgi import Request, Response

from turnout.core.text import is_storable
from turnout.errors import Invalid, Missing

LARGEST = 2**63 - 1
NUL = "%00"


class RefuseUnstorable:
    """Falcon middleware: a path with such a part leads nowhere, a query with NUL is not understood.
    Says so once it is known who answers, in the shape of that app."""

    def __init__(self, *, are_queries_judged: bool) -> None:
        self._are_queries_judged = are_queries_judged

    async def process_resource(
        self, req: Request, _resp: Response, _resource: object, params: dict[str, Any]
    ) -> None:
        if not all(map(_can_be_named, params.values())):
            raise Missing("path.missing", path=quote(req.path, errors="replace"))
        if not self._are_queries_judged and NUL in req.query_string:
            raise Invalid("text.unstorable_query")


def _can_be_named(part: Any) -> bool:
    """Whether a part of a path may be the name of something."""
    if isinstance(part, int):
        return abs(part) <= LARGEST
    return not isinstance(part, str) or is_storable(part)
