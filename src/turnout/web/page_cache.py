"""Pages that were rendered before, for what they show, in a language, between two dates.

Theory. A page is a pure function of what a read found (`found`), the language, and which of the
dates in it have passed. The read is made for every request (many share it, shared_reads.py); what
is spared is the rendering. So the version of an event is what its rows say: no verb has to raise a
number, none can forget to, and on every node the page is what a fresh rendering would be.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from falcon import HTTP_304
from falcon.asgi import Request, Response

from turnout.web.languages import PARAMETER

LARGEST_PAGES = 400
EVERYBODYS = "public, no-cache"


class Page(NamedTuple):
    """A rendered page; `etag` names its content."""

    body: bytes
    etag: str


class PageCache:
    """The pages that were asked for last."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[bytes, str, int], Page] = OrderedDict()

    def render(
        self,
        found: Any,
        language: str,
        dates: Iterable[int | None],
        now: int,
        make: Callable[[], str],
    ) -> Page:
        """The page of what was found (structs and plain values), which changes at `dates` (epoch
        ms) by itself; `make` renders it."""
        passed = sum(date is not None and date <= now for date in dates)
        digest = hashlib.sha256(msgspec.msgpack.encode(found)).digest()
        key = (digest, language, passed)
        page = self._pages.get(key)
        if page is None:
            body = make().encode()
            page = Page(body, hashlib.sha256(body).hexdigest()[:32])
            self._pages[key] = page
            if len(self._pages) > LARGEST_PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(key)
        return page


def is_for_everybody(req: Request) -> bool:
    """Whether a page may be answered with what everybody gets: not to a browser with a session, nor
    for an address that says more than a language."""
    return not (req.cookies or set(req.params) - {PARAMETER})


def answer_kept(req: Request, resp: Response, page: Page) -> None:
    """Send a kept page, or say that the browser has it already."""
    resp.content_type = "text/html; charset=utf-8"
    resp.set_header("Cache-Control", EVERYBODYS)
    resp.append_header("Vary", "Accept-Language")
    resp.etag = page.etag
    if any(known in (page.etag, "*") for known in req.if_none_match or ()):
        resp.status = HTTP_304
    else:
        resp.data = page.body
