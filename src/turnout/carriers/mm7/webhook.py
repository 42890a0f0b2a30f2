"""What the MMSC calls: delivery reports, read replies, and messages that come in.

Mounted in `turnout serve` on any node; it hands what comes in to the inbox, and answers Success
only when that is on disk, so that an MMSC tries again until it is.
"""

import base64
import hmac

from falcon.asgi import Request, Response

from turnout.carriers import DeliveryReport, Inbox, Reply
from turnout.carriers.mm7 import multipart, soap
from turnout.carriers.mm7.answers import FATES
from turnout.carriers.mm7.carrier import NAME
from turnout.carriers.mm7.settings import Mm7Settings
from turnout.carriers.refusals import refusing
from turnout.carriers.signing import is_signed
from turnout.core.counterparts import tidy
from turnout.core.messaging.files import digest_of
from turnout.core.messaging.model import Status
from turnout.errors import Invalid, Unauthenticated
from turnout.http.dialect import DialectApp, Resource, new_app
from turnout.store import Database

CHALLENGE = 'Basic realm="Turnout"'
BODY_BYTES = 4_194_304
PICTURE = "[picture]"
_SUCCESS: soap.Members = [("StatusCode", "1000"), ("StatusText", "Success")]
_TEXT = "text/plain"
_LAYOUT = "application/smil"


def path_of(account: str) -> str:
    """Where an account calls."""
    return f"/carriers/{account}"


def build_webhook(
    settings: Mm7Settings, db: Database, inbox: Inbox, account: str = NAME
) -> DialectApp:
    """The app to mount at `path_of(account)`. Without a webhook secret everything is refused."""
    app = new_app(refusing(CHALLENGE))
    app.add_route(path_of(account), Mm7Resource(settings, db, inbox, account))
    return app


class Mm7Resource(Resource):
    """One request of the MMSC: what it is, its envelope says."""

    def __init__(self, settings: Mm7Settings, db: Database, inbox: Inbox, account: str) -> None:
        self._settings = settings
        self._db = db
        self._inbox = inbox
        self._account = account

    async def on_post(self, req: Request, resp: Response) -> None:
        """Store what it tells, once however often it comes. Raises Unauthenticated for wrong
        credentials, Invalid for a body that is no such request, Unavailable when it could not be
        stored."""
        if not self._may_be_theirs(req):
            raise Unauthenticated("webhook.signature")
        body = await req.stream.read(BODY_BYTES + 1)
        if len(body) > BODY_BYTES:
            raise Invalid("webhook.large", limit=BODY_BYTES)
        if not self._is_theirs(req, body):
            raise Unauthenticated("webhook.signature")
        try:
            parts = multipart.split(req.content_type or "", body)
            said = soap.read(parts[0].content if parts else b"")
        except ValueError as error:
            raise Invalid("webhook.mm7", said=tidy(str(error))) from error
        await self._store(said, parts[1:])
        kind = said.kind.removesuffix("Req") + "Rsp"
        answer: soap.Members = [("MM7Version", self._settings.version), ("Status", _SUCCESS)]
        resp.content_type = "text/xml; charset=utf-8"
        resp.data = soap.write(self._settings.schema, said.transaction, kind, answer)

    def _may_be_theirs(self, req: Request) -> bool:
        """Whether its head proves where it comes from, as far as a head can: large bodies of
        strangers are not read."""
        settings = self._settings
        if not settings.webhook_secret:
            return False
        if settings.signature == "sha256":
            return bool(req.get_header("X-Signature"))
        pair = f"{settings.webhook_name}:{settings.webhook_secret}".encode()
        scheme, _, given = (req.get_header("Authorization") or "").partition(" ")
        expected = base64.b64encode(pair)
        is_same = hmac.compare_digest(expected, given.strip().encode(errors="replace"))
        return scheme.lower() == "basic" and is_same

    def _is_theirs(self, req: Request, body: bytes) -> bool:
        if self._settings.signature == "basic":
            return True
        timestamp, signature = (
            req.get_header(name) or "" for name in ("X-Timestamp", "X-Signature")
        )
        secret, now = self._settings.webhook_secret, self._db.clock()
        return is_signed(secret, timestamp, signature, body, now)

    async def _store(self, said: soap.Envelope, parts: list[multipart.Part]) -> None:
        if said.kind == "DeliverReq":
            await self._inbox.replies([self._read_reply(said, parts)])
        elif said.kind in ("DeliveryReportReq", "ReadReplyReq"):
            if report := self._read_report(said):
                await self._inbox.reports([report])
        else:
            raise Invalid("webhook.mm7_kind", kind=tidy(said.kind, 50))

    def _read_report(self, said: soap.Envelope) -> DeliveryReport | None:
        """None while it goes on. Somebody who has read a message, or thrown it away unread, has got
        it."""
        name, word = said.find("MessageID"), said.find("MMStatus")
        if not name:
            raise Invalid("webhook.id")
        is_read = said.kind == "ReadReplyReq"
        status = Status.SENT if is_read else FATES.get(word.lower())
        if status is None:
            return None
        texts = [word if is_read or status is not Status.SENT else "", said.find("StatusText")]
        return DeliveryReport(
            carrier=self._account,
            status=status,
            at=self._db.clock(),
            network_id=name,
            address=_read_number(said),
            notes=": ".join(text for text in texts if text),
        )

    def _read_reply(self, said: soap.Envelope, parts: list[multipart.Part]) -> Reply:
        sender, recipient = said.find_address("Sender"), said.find_address("Recipients")
        if not sender:
            raise Invalid("webhook.reply")
        texts = [part.read_text().strip() for part in parts if part.kind == _TEXT]
        has_more = any(part.kind not in (_TEXT, _LAYOUT) for part in parts)
        said_texts = [text for text in (said.find("Subject"), *texts) if text]
        text = "\n".join(said_texts) or (PICTURE if has_more else "")
        own = said.find("LinkedID") or said.find("MessageID") or said.transaction
        named = f"{own}\0{sender}\0{recipient}\0{text}".encode("utf-8", "replace")
        return Reply(
            carrier=self._account,
            sender=sender,
            recipient=recipient,
            text=text,
            at=self._db.clock(),
            key=digest_of(named) if own else "",
        )


def _read_number(said: soap.Envelope) -> str:
    """Whose report it is, in digits; empty where it does not say."""
    number = said.find("Number", "Recipient").partition("/TYPE=")[0].strip().lstrip("+")
    return number if number.isascii() and number.isdecimal() else ""
