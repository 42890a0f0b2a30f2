"""The page behind the unsubscribe link of every broadcast mail.

Looking at it changes nothing: programs that check mails open every link. Pressing its button does,
and so does a mail program's one-click request (RFC 8058), which is the same POST. The link is its
own proof of who asks; there is nothing to sign in to, and no other site gains by sending the form.
Mail programs follow no redirects (RFC 8058), so theirs is answered 200.
"""

from contextlib import suppress

from falcon.asgi import Request, Response

from turnout.core.messaging.model import Channel
from turnout.core.messaging.opt_outs import opt_out_by_link, read_link
from turnout.errors import Invalid
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.web.documents import NO_STORE
from turnout.web.forms import go_on, read_done, read_form
from turnout.web.templates import render

BODY_LIMIT = 16_384
# The name of the page's own button, and what was done by it.
BUTTON = "unsubscribe"
DONE, AGAIN = "unsubscribed", "again"


class UnsubscribeResource(Resource):
    """`/unsubscribe/{token}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Ask whether it is meant, or say that it is done. Raises Missing for a link that this
        server did not make."""
        _, sender, channel, address = await self._db.read(read_link, token)
        done = read_done(req, (DONE, AGAIN))
        address = _mask(channel, address)
        self._answer(resp, sender, address=address, is_done=bool(done), was_done=done == AGAIN)

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Opt out; idempotent. Raises Missing."""
        given: dict[str, str] = {}
        with suppress(Invalid):  # whatever a mail program sends, it means this
            given = await read_form(req, BODY_LIMIT)
        sender, is_new = await self._db.write(opt_out_by_link, token)
        if BUTTON in given:
            go_on(req, resp, DONE if is_new else AGAIN)
        else:
            self._answer(resp, sender, is_done=True, was_done=not is_new)

    def _answer(
        self,
        resp: Response,
        sender: str,
        *,
        address: str = "",
        is_done: bool = False,
        was_done: bool = False,
    ) -> None:
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "unsubscribe.html",
            sender=sender,
            address=address,
            is_done=is_done,
            was_done=was_done,
        )


def _mask(channel: Channel, address: str) -> str:
    """Enough of an address for its owner to know it, and for nobody else."""
    if channel is not Channel.EMAIL:
        return f"…{address[-3:]}"
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
