"""Documents that do not change while the server runs: pages, OpenAPI documents, static files."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.http.dialect import Resource

NO_STORE = "no-store"
PERSONAL = "private, no-store"
REVALIDATE = "no-cache"
MINUTES = "public, max-age=300"
DAY = "public, max-age=86400"
FOREVER = "public, max-age=31536000, immutable"


class Document(NamedTuple):
    """Something to serve, and for how long caches may keep it."""

    body: bytes
    content_type: str
    cache_control: str

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:32]

    @classmethod
    def html(cls, text: str, cache_control: str = REVALIDATE) -> Self:
        return cls(text.encode(), falcon.MEDIA_HTML, cache_control)

    @classmethod
    def text(cls, text: str, cache_control: str = DAY) -> Self:
        return cls(text.encode(), "text/plain; charset=utf-8", cache_control)

    @classmethod
    def json(cls, value: Any, cache_control: str = MINUTES) -> Self:
        return cls(msgspec.json.encode(value), falcon.MEDIA_JSON, cache_control)


class DocumentResource(Resource):
    """Serves one document, made when it is first asked for.

    A client that has it already is told so (304).
    """

    def __init__(self, make: Callable[[], Document]) -> None:
        self._make = make
        self._documents: dict[str, Document] = {}

    def choose(self, req: Request, resp: Response) -> str:
        """Which of its forms is asked for; it has one."""
        return ""

    async def on_get(self, req: Request, resp: Response) -> None:
        form = self.choose(req, resp)
        document = self._documents.get(form)
        if document is None:
            # Rendering takes up to a tenth of a second: not on the event loop.
            document = self._documents[form] = await asyncio.to_thread(self._make)
        resp.set_header("Cache-Control", document.cache_control)
        resp.etag = document.etag
        if any(known in (document.etag, "*") for known in req.if_none_match or ()):
            resp.status = falcon.HTTP_304
            return
        resp.content_type = document.content_type
        resp.data = document.body
