"""How receivers know that a call is ours: the headers, a few lines that check them, and the key."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.callbacks.outbox import find_callback_key, get_secret, rotate_callback_key
from turnout.web.console.page import ConsolePage, Visit

SEE, CHANGE = "callbacks.see", "credentials.change"
TEMPLATE = "console/callback_key.html"
GRACE_DAYS = 7
DAY_MS = 86_400_000
HEADERS = ("Delivery", "Signature-V2", "Signature", "Signature-Next", "Carrier")
CHECK = """\
import hashlib
import hmac
import time


def is_genuine(headers, body, key):
    sent_at, *signatures = headers.get("x-turnout-signature-v2", "").split(",")
    sent_at = sent_at.removeprefix("t=")
    if not (sent_at.isdecimal() and len(sent_at) < 13):
        return False
    if abs(time.time() - int(sent_at)) > 300:
        return False
    signed = f"{sent_at}.{headers.get('x-turnout-delivery', '')}.".encode() + body
    expected = "v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(each.encode(), expected.encode()) for each in signatures)
"""


class Shown(NamedTuple):
    """The key; `former` is the one that signs beside it until then (epoch ms)."""

    secret: str
    former: str
    until: int | None


class CallbackKeyPage(ConsolePage):
    """`/console/{scope}/callbacks/signatures`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """How calls are signed; nothing of the key. Raises Denied, Missing."""
        await self.console.read(req, SEE, _nothing)
        self._show(req, resp, None)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Show the key, or a new one. Raises Denied, Missing."""
        form = await self.console.take(req)
        verb = replace_key if form.has("replace") else show_key
        shown = await self.console.write_secret(req, form, CHANGE, verb)
        self._show(req, resp, shown)

    def _show(self, req: Request, resp: Response, shown: Shown | None) -> None:
        values = {"headers": HEADERS, "check": CHECK, "days": GRACE_DAYS, "shown": shown}
        values["is_asked"] = req.get_param("ask", default="") == "replace"
        self.console.show(req, resp, TEMPLATE, **values)


def show_key(visit: Visit) -> Shown:
    """The organization's key; made when first needed. That it was shown is in the audit."""
    record(visit.tx, visit.org_id, visit.user.actor, "showed", "callback_key", visit.org_id)
    return _find(visit)


def replace_key(visit: Visit) -> Shown:
    """A new key, beside which the former signs for GRACE_DAYS."""
    grace_ms = GRACE_DAYS * DAY_MS
    rotate_callback_key(visit.tx, visit.org_id, grace_ms, actor=visit.user.actor)
    return _find(visit)


def _find(visit: Visit) -> Shown:
    secret = get_secret(visit.tx, visit.org_id)
    key = find_callback_key(visit.tx, visit.org_id)
    return Shown(secret, key.former_secret if key else "", key.former_until if key else None)


def _nothing(_visit: Visit) -> None:
    """Who asks is looked up."""
