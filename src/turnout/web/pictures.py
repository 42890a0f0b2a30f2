"""Pictures and captions that organizers show, each at an address of its own for good."""

import re

from falcon.asgi import Request, Response

from turnout.core.audience.captions import read_captions
from turnout.core.ids import OrgId
from turnout.core.messaging.pictures import read_picture
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.store import Database

_NAME = re.compile(r"(\d{1,15})-([0-9a-f]{64})-(800|1600)\.webp")
_CAPTIONS = re.compile(r"(\d{1,15})-([0-9a-f]{64})\.vtt")
FOREVER = "public, max-age=31536000, immutable"


class PictureResource(Resource):
    """`/media/{name}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        """Send the picture, or the captions. Raises Missing."""
        if (captions := _CAPTIONS.fullmatch(name)) and name.isascii():
            await self._send_captions(req, resp, OrgId(int(captions[1])), captions[2])
            return
        named = _NAME.fullmatch(name)
        if named is None or not name.isascii():
            raise Missing("path.missing", path=req.path)
        org_id, digest, side = OrgId(int(named[1])), named[2], named[3]
        try:
            content = await self._db.read(read_picture, org_id, digest, is_small=side == "800")
        except Missing as error:
            raise Missing("path.missing", path=req.path) from error
        resp.content_type = "image/webp"
        resp.set_header("Cache-Control", FOREVER)
        resp.data = content

    async def _send_captions(
        self, req: Request, resp: Response, org_id: OrgId, digest: str
    ) -> None:
        try:
            text = await self._db.read(read_captions, org_id, digest)
        except Missing as error:
            raise Missing("path.missing", path=req.path) from error
        resp.content_type = "text/vtt; charset=utf-8"
        resp.set_header("Cache-Control", FOREVER)
        resp.text = text
