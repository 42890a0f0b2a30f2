"""The organizer's colour as a style sheet, at an address that says the colour: so it is served to
everybody, and kept for good. Behind the values stands what only public pages need."""

import hashlib
import re
from functools import lru_cache

from falcon.asgi import Request, Response

from turnout.errors import Missing
from turnout.formats.brand import OWN, make_brand
from turnout.http.dialect import Resource
from turnout.web.assets import read_asset
from turnout.web.documents import FOREVER

_NAME = re.compile(r"([0-9a-f]{6})\.([0-9a-f]{12})\.css")
FOLDER = "/static/brand"


class BrandSheetResource(Resource):
    """`/static/brand/{name}`."""

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        """Send the sheet of a colour. Raises Missing."""
        named = _NAME.fullmatch(name)
        if named is None or not name.isascii():
            raise Missing("path.missing", path=req.path)
        sheet = make_sheet(f"#{named[1]}")
        resp.content_type = "text/css; charset=utf-8"
        # An older page may name an older sheet: it gets this one, for a while.
        resp.set_header("Cache-Control", FOREVER if _digest(sheet) == named[2] else "no-cache")
        resp.data = sheet


def brand_path(colour: str) -> str:
    """The address of the sheet of a colour `#rrggbb`; empty = the product's own."""
    chosen = (colour or OWN).lower()
    return f"{FOLDER}/{chosen[1:]}.{_digest(make_sheet(chosen))}.css"


@lru_cache(maxsize=256)
def make_sheet(colour: str) -> bytes:
    """The values of the colour, and what only public pages need."""
    values = make_brand(colour)._asdict().items()
    lines = "".join(f"--{name.replace('_', '-')}:{value};" for name, value in values)
    return f":root{{{lines}}}\n".encode() + read_asset("public.css")


@lru_cache(maxsize=256)
def _digest(sheet: bytes) -> str:
    return hashlib.sha256(sheet).hexdigest()[:12]
