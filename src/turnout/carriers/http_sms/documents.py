"""Documents of faxes as pages: TIFFs that a gateway fetches by signed links, drawn when it does."""

from urllib.parse import urlencode

import msgspec
from falcon.asgi import Request, Response

from turnout.carriers import Attachment, Message
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.signing import is_file_signed, sign_file
from turnout.core.ids import OrgId
from turnout.core.messaging.files import digest_of, read_file
from turnout.errors import Missing
from turnout.formats.fax import Document, make_fax
from turnout.http.compiled import CompiledCache
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.store.windows import has_ended

LINK_S = 24 * 3600
TIFF = "image/tiff"
FINE, STANDARD = "fine", "standard"


class _Order(msgspec.Struct, frozen=True):
    """What is drawn; `id` is what it is kept under."""

    id: int
    document: Document
    is_fine: bool
    header: str


class FaxResource(Resource):
    """A document of a fax as a TIFF, for anyone who has a link that we made. Those that were drawn
    last are kept, since each call of a job has them."""

    def __init__(self, settings: HttpSmsSettings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._drawn: CompiledCache[_Order, bytes] = CompiledCache(_draw, len)

    async def on_get(self, req: Request, resp: Response, org_id: OrgId, digest: str) -> None:
        """The file. Raises Missing for a link that we did not make, or whose time is over, Invalid
        for a document that cannot be drawn."""
        given = {name: req.get_param(name, default="") for name in ("name", "form", "header")}
        until = req.get_param("until", default="")
        signature = req.get_param("signature", default="")
        secret = self._settings.webhook_secret
        is_ours = (
            bool(secret)
            and until.isascii()
            and until.isdigit()
            and len(until) < 16
            and is_file_signed(secret, org_id, digest, _signed(**given), int(until), signature)
            and not has_ended(int(until) * 1000, LINK_S * 1000, self._db.clock())
        )
        if not is_ours:
            raise Missing("file.no_link")
        content = await self._db.read(read_file, org_id, digest)
        order = _Order(
            int(digest[:15], 16),
            Document(given["name"], content),
            given["form"] == FINE,
            given["header"],
        )
        resp.data = await self._drawn.get(order)
        resp.content_type = TIFF
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.set_header("Content-Disposition", "attachment")
        resp.set_header("Cache-Control", "private, no-store")


def fax_path_of(account_path: str) -> str:
    """Where documents are fetched, as a route."""
    return f"{account_path}/faxes/{{org_id:int}}/{{digest}}"


def fax_url(
    settings: HttpSmsSettings, prefix: str, message: Message, now_ms: int, file: Attachment
) -> str:
    """A link to a document as a TIFF, good for a day; `prefix` is the account's own address."""
    digest, until = digest_of(file.content), now_ms // 1000 + LINK_S
    given = {
        "name": file.name,
        "form": FINE if message.is_high_resolution else STANDARD,
        "header": message.header,
    }
    signature = sign_file(settings.webhook_secret, message.org_id, digest, _signed(**given), until)
    query = urlencode({**given, "until": until, "signature": signature})
    return f"{prefix}/faxes/{message.org_id}/{digest}?{query}"


def as_tiff(file: Attachment) -> Attachment:
    """How a document is called once it is drawn."""
    return Attachment(f"{file.name.rpartition('.')[0] or file.name}.tif", TIFF, file.content)


def _signed(name: str, form: str, header: str) -> str:
    return f"{TIFF}\0{form}\0{name}\0{header}"


def _draw(order: _Order) -> bytes:
    return make_fax([order.document], is_fine=order.is_fine, header=order.header).content
