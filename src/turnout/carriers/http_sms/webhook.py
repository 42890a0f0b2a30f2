"""What the provider calls: reports and replies, signed; and the pictures of MMS, by signed links.

Mounted in `turnout serve` on any node; it hands what comes in to the inbox, and answers 200 only
when that is on disk, so that a provider tries again until it is.
"""

from urllib.parse import parse_qsl, urlencode

import falcon
import falcon.asgi
from falcon.asgi import Request, Response

from turnout.carriers import Attachment, DeliveryReport, Inbox, Message, Reply
from turnout.carriers.http_sms.answers import FATES
from turnout.carriers.http_sms.calls import read_event
from turnout.carriers.http_sms.documents import FaxResource, fax_path_of
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.refusals import refusing
from turnout.carriers.signing import (
    is_file_signed,
    is_signed,
    is_signed_like_twilio,
    sign_file,
)
from turnout.core.counterparts import clean, tidy
from turnout.core.ids import OrgId
from turnout.core.messaging.files import digest_of, read_file
from turnout.errors import Invalid, Missing, Unauthenticated
from turnout.http.dialect import DialectApp, Resource, new_app
from turnout.store import Database
from turnout.store.windows import has_ended

NAME = "http_sms"
CHALLENGE = 'Signature realm="Turnout"'
BODY_BYTES = 65_536
LINK_S = 24 * 3600
_MOST_FIELDS = 100
_IDS = ("MessageSid", "SmsSid", "sid", "id", "message_id")
_STATUSES = ("MessageStatus", "SmsStatus", "status")


def path_of(account: str) -> str:
    """Where an account calls."""
    return f"/carriers/{account}"


def events_of(account: str) -> str:
    """Where an account tells what happened."""
    return f"{path_of(account)}/events"


def calls_of(account: str) -> str:
    """Where an account tells the outcomes of calls and faxes."""
    return f"{path_of(account)}/calls"


def build_webhook(
    settings: HttpSmsSettings, db: Database, inbox: Inbox, base_url: str, account: str = NAME
) -> DialectApp:
    """The app to mount at `path_of(account)`. Without a webhook secret everything is refused."""
    app = new_app(refusing(CHALLENGE))
    app.add_route(events_of(account), EventResource(settings, db, inbox, base_url, account))
    app.add_route(calls_of(account), CallResource(settings, db, inbox, account))
    media = f"{path_of(account)}/media/{{org_id:int}}/{{digest}}"
    app.add_route(media, MediaResource(settings, db))
    app.add_route(fax_path_of(path_of(account)), FaxResource(settings, db))
    return app


class EventResource(Resource):
    """A form about one message: its status, or a reply (`From`, `To`, `Body`). A provider may leave
    out what a message without a sender of ours was answered to: a stop word counts all the same."""

    def __init__(
        self, settings: HttpSmsSettings, db: Database, inbox: Inbox, base_url: str, account: str
    ) -> None:
        self._settings = settings
        self._db = db
        self._inbox = inbox
        self._account = account
        self._url = base_url + events_of(account)

    async def on_post(self, req: Request, resp: Response) -> None:
        """Store what it tells, once however often it comes, without what no database keeps (NUL):
        a provider would send a refused one again and again. Raises Unauthenticated for a wrong
        signature, Invalid for a body that is no such form, Unavailable when it could not be
        stored."""
        body = await req.stream.read(BODY_BYTES + 1)
        if len(body) > BODY_BYTES:
            raise Invalid("webhook.large", limit=BODY_BYTES)
        fields = _read_form(body)
        if not self._is_signed(req, body, fields):
            raise Unauthenticated("webhook.signature")
        given = dict(fields)
        status = clean(_first(given, _STATUSES)).casefold()
        network_id = _first(given, _IDS)
        if "Body" in given and status in ("", "received", "receiving"):
            key = self._key_of(req, body, given, network_id)
            await self._inbox.replies([self._read_reply(given, key)])
        elif not network_id:
            raise Invalid("webhook.id")
        elif status in FATES:
            report = self._read_report(given, network_id, status)
            await self._inbox.reports([report])
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "ok\n"

    def _is_signed(self, req: Request, body: bytes, fields: list[tuple[str, str]]) -> bool:
        secret = self._settings.webhook_secret
        if not secret:
            return False
        if self._settings.signature == "twilio":
            signature = req.get_header("X-Twilio-Signature") or ""
            return is_signed_like_twilio(secret, self._url, fields, signature)
        timestamp = req.get_header("X-Timestamp") or ""
        signature = req.get_header("X-Signature") or ""
        return is_signed(secret, timestamp, signature, body, self._db.clock())

    def _read_report(self, given: dict[str, str], network_id: str, status: str) -> DeliveryReport:
        code = given.get("ErrorCode", "")
        return DeliveryReport(
            carrier=self._account,
            status=FATES[status],
            at=self._db.clock(),
            network_id=network_id,
            notes=f"{status}, error {code[:50]}" if code and status != "delivered" else "",
        )

    def _key_of(self, req: Request, body: bytes, given: dict[str, str], network_id: str) -> str:
        """What tells a reply from every other: the provider's name for it with what it says, or
        what was signed with its time. A signed form without either may be a second "yes"."""
        if network_id:
            said = "\0".join(
                (network_id, *(given.get(name, "") for name in ("From", "To", "Body")))
            )
            return digest_of(said.encode())
        if self._settings.signature == "twilio":
            return ""
        timestamp = req.get_header("X-Timestamp") or ""
        return digest_of(timestamp.encode() + b"." + body)

    def _read_reply(self, given: dict[str, str], key: str) -> Reply:
        sender, recipient = (tidy(given.get(name, "")).lstrip("+") for name in ("From", "To"))
        if not sender:
            raise Invalid("webhook.reply")
        return Reply(
            carrier=self._account,
            sender=sender,
            recipient=recipient,
            text=given["Body"],
            at=self._db.clock(),
            key=key,
        )


class CallResource(Resource):
    """A JSON object about one call or fax: how far it is, or how it ended."""

    def __init__(self, settings: HttpSmsSettings, db: Database, inbox: Inbox, account: str) -> None:
        self._settings = settings
        self._db = db
        self._inbox = inbox
        self._account = account

    async def on_post(self, req: Request, resp: Response) -> None:
        """Store how it ended, once however often it comes. Raises Unauthenticated for a wrong
        signature, Invalid for a body that names no call or says nothing of it, Unavailable when it
        could not be stored."""
        body = await req.stream.read(BODY_BYTES + 1)
        if len(body) > BODY_BYTES:
            raise Invalid("webhook.large", limit=BODY_BYTES)
        secret, now = self._settings.webhook_secret, self._db.clock()
        timestamp, signature = (
            req.get_header(name) or "" for name in ("X-Timestamp", "X-Signature")
        )
        if not secret or not is_signed(secret, timestamp, signature, body, now):
            raise Unauthenticated("webhook.signature")
        event = read_event(body)
        if event is None:
            raise Invalid("webhook.call")
        if event.status is not None:
            report = DeliveryReport(
                carrier=self._account,
                status=event.status,
                at=now,
                network_id=event.network_id,
                reference=event.reference,
                notes=event.notes,
                duration_s=event.duration_s,
                keypress=event.key,
                is_voicemail=event.is_voicemail,
            )
            await self._inbox.reports([report])
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "ok\n"


class MediaResource(Resource):
    """The picture of an MMS, for anyone who has a link that we made."""

    def __init__(self, settings: HttpSmsSettings, db: Database) -> None:
        self._settings = settings
        self._db = db

    async def on_get(self, req: Request, resp: Response, org_id: OrgId, digest: str) -> None:
        """The file. Raises Missing for a link that we did not make, or whose time is over."""
        until = req.get_param("until", default="")
        content_type = req.get_param("type", default="")
        signature = req.get_param("signature", default="")
        secret = self._settings.webhook_secret
        is_number = until.isascii() and until.isdigit() and len(until) < 16
        is_ours = (
            bool(secret)
            and is_number
            and is_file_signed(secret, org_id, digest, content_type, int(until), signature)
            and not has_ended(int(until) * 1000, LINK_S * 1000, self._db.clock())
        )
        if not is_ours:
            raise Missing("file.no_link")
        resp.data = await self._db.read(read_file, org_id, digest)
        resp.content_type = content_type
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.set_header("Content-Disposition", "attachment")
        resp.set_header("Cache-Control", "private, no-store")


def media_url(
    settings: HttpSmsSettings,
    base_url: str,
    message: Message,
    now_ms: int,
    account: str = NAME,
    file: Attachment | None = None,
) -> str:
    """A link to a file of a message, without `file` to the picture of an MMS; good for a day.
    Raises ValueError without a secret."""
    if not settings.webhook_secret:
        setting = f"TURNOUT_{account.upper()}_WEBHOOK_SECRET"
        raise ValueError(f"MMS needs {setting}, which signs links to pictures")
    picture = file or message.attachments[0]
    digest, until = digest_of(picture.content), now_ms // 1000 + LINK_S
    signature = sign_file(
        settings.webhook_secret, message.org_id, digest, picture.content_type, until
    )
    query = urlencode({"until": until, "type": picture.content_type, "signature": signature})
    return f"{base_url}{path_of(account)}/media/{message.org_id}/{digest}?{query}"


def _read_form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise Invalid("webhook.charset") from error


def _first(given: dict[str, str], names: tuple[str, ...]) -> str:
    return next((given[name].strip() for name in names if given.get(name)), "")
