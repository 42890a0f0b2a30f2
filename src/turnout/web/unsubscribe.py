"""The page behind the unsubscribe link of every broadcast mail.

Looking at it changes nothing: programs that check mails open every link. Pressing its button does,
and so does a mail program's one-click request (RFC 8058); any other POST gets the page. The link is
its own proof of who asks; there is nothing to sign in to, and no other site gains by sending the
form. Mail programs follow no redirects (RFC 8058), so theirs is answered 200.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.messaging.model import Channel, Medium
from turnout.core.messaging.opt_outs import HASH, opt_out_by_link
from turnout.core.messaging.preferences import (
    Preference,
    choose_preferences,
    list_preferences,
)
from turnout.errors import Invalid
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.web.documents import NO_STORE
from turnout.web.forms import read_form
from turnout.web.said import go_on_saying, read_said
from turnout.web.templates import render

BODY_LIMIT = 16_384
# The name of the page's own button, and what was done by it.
BUTTON = "unsubscribe"
# What a mail program posts for its user.
ONE_CLICK = ("List-Unsubscribe", "One-Click")
DONE, AGAIN = "unsubscribed", "again"
# The button of the form that has a box for each way, and what was done by that.
CHOOSE, CHOSEN = "choose", "chosen"
WAYS = {
    Medium.EMAIL: "unsubscribe_page.by_email",
    Medium.SMS: "unsubscribe_page.by_sms",
    Medium.CALL: "unsubscribe_page.by_call",
    Medium.FAX: "unsubscribe_page.by_fax",
}


class UnsubscribeResource(Resource):
    """`/unsubscribe/{token}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Ask what is meant, or say what was done. Raises Missing for a link that this server did
        not make."""
        sender, ways = await self._db.read(list_preferences, token)
        done = await read_said(self._db, req, (DONE, AGAIN, CHOSEN))
        is_done = done in (DONE, AGAIN)
        self._answer(
            resp, sender, ways, is_done=is_done, was_done=done == AGAIN, is_chosen=done == CHOSEN
        )

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Opt out, or keep what was chosen; idempotent. Raises Missing."""
        given: dict[str, str] = {}
        with suppress(Invalid):  # no form: nobody asked for anything
            given = await read_form(req, BODY_LIMIT)
        if CHOOSE in given:
            wanted = [medium for medium in Medium if medium.value in given]
            await self._db.write(choose_preferences, token, wanted)
            await go_on_saying(self._db, req, resp, CHOSEN)
            return
        if BUTTON not in given and ONE_CLICK not in given.items():
            await self.on_get(req, resp, token)
            return
        sender, is_new = await self._db.write(opt_out_by_link, token)
        if BUTTON in given:
            await go_on_saying(self._db, req, resp, DONE if is_new else AGAIN)
        else:
            self._answer(resp, sender, is_done=True, was_done=not is_new)

    def _answer(
        self,
        resp: Response,
        sender: str,
        preferences: Sequence[Preference] = (),
        *,
        is_done: bool = False,
        was_done: bool = False,
        is_chosen: bool = False,
    ) -> None:
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "unsubscribe.html",
            sender=sender,
            ways=[_Way.of(preference) for preference in preferences],
            is_done=is_done,
            was_done=was_done,
            is_chosen=is_chosen,
        )


class _Way(NamedTuple):
    """A box of the form."""

    name: str
    label: str
    address: str
    is_allowed: bool
    can_be_allowed: bool

    @classmethod
    def of(cls, preference: Preference) -> "_Way":
        medium = preference.medium
        return cls(
            medium.value,
            WAYS[medium],
            _mask(preference.channel, preference.address),
            preference.is_allowed,
            preference.is_own,
        )


def _mask(channel: Channel, address: str) -> str:
    """Enough of an address for its owner to know it, and for nobody else; none of one that is kept
    as a hash alone."""
    if address.startswith(HASH):
        return "…"
    if channel is not Channel.EMAIL:
        return f"…{address[-3:]}"
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
