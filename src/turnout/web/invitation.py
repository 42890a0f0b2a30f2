"""The personal page of an invitation: accept or decline, without signing in and without scripts.

Looking changes nothing; a button does, and pressing it again changes nothing more. The link is its
own proof of who answers.
"""

import datetime
from typing import NamedTuple
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from falcon.asgi import Request, Response

from turnout.core.events.model import EventState
from turnout.core.events.showing import ShownEvent, get_shown_event
from turnout.core.journeys.inviting import CONFIRMED, Invitee, confirm, decline, read_link
from turnout.errors import Conflict, Invalid
from turnout.http.body import read_body
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.templates import render

BODY_LIMIT = 4096
ANSWERS = {"confirm": confirm, "decline": decline}


class Shown(NamedTuple):
    """What the page says."""

    event: ShownEvent
    invitee: Invitee


class InvitationResource(Resource):
    """`/invitation/{token}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, _req: Request, resp: Response, token: str) -> None:
        """Show the invitation. Raises Missing for a link that is none of ours."""
        shown = await self._db.read(_show, token)
        self._answer(resp, shown)

    on_head = on_get

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Confirm or decline. Raises Missing, Invalid for another answer."""
        given = parse_qs((await read_body(req, BODY_LIMIT)).decode("utf-8", "replace"))
        answer = given.get("answer", [""])[0]
        if answer not in ANSWERS:
            raise Invalid("invitation.answer", "Press one of the buttons of the page.")
        try:
            shown = await self._db.write(_answer, token, answer)
        except Conflict as refusal:
            self._answer(resp, await self._db.read(_show, token), refusal.message)
            return
        self._answer(resp, shown, is_new=True)

    def _answer(
        self, resp: Response, shown: Shown, refusal: str = "", *, is_new: bool = False
    ) -> None:
        event = shown.event.event
        zone = ZoneInfo(event.timezone)
        starts, ends = (
            datetime.datetime.fromtimestamp(at // 1000, zone)
            for at in (event.starts_at, event.ends_at)
        )
        is_over = event.ends_at <= self._db.clock() or event.state is EventState.CANCELLED
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "invitation.html",
            event=event,
            place=shown.event.place,
            description=shown.event.details.description,
            name=" ".join(filter(None, (shown.invitee.first_name, shown.invitee.last_name))),
            starts=starts,
            ends=ends,
            state=shown.invitee.state,
            code=shown.invitee.ticket_code if shown.invitee.state == CONFIRMED else None,
            is_over=is_over,
            is_cancelled=event.state is EventState.CANCELLED,
            refusal=refusal,
            is_new=is_new,
        )


def _show(tx: Tx, token: str) -> Shown:
    org_id, event_id, invitee = read_link(tx, token)
    return Shown(get_shown_event(tx, org_id, event_id), invitee)


def _answer(tx: Tx, token: str, answer: str) -> Shown:
    org_id, _, invitee = read_link(tx, token)
    ANSWERS[answer](tx, org_id, invitee.id, actor=f"invitee:{invitee.id}")
    return _show(tx, token)
