"""The personal page of an invitation: accept or decline, without signing in and without scripts.

Looking changes nothing; a button does, and pressing it again changes nothing more. The link is its
own proof of who answers.
"""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import OrgId
from turnout.core.invitations.campaigns import CONFIRMED, get_campaign
from turnout.core.invitations.invitees import Invitee, confirm, decline, read_link
from turnout.core.registrations.booking import get_contact
from turnout.core.registrations.offers import join_list
from turnout.errors import Conflict, Invalid
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.forms import go_on, read_done, read_form
from turnout.web.local_times import times
from turnout.web.refusals import say_refusal
from turnout.web.templates import render

BODY_LIMIT = 4096
ANSWERS = {"confirm": confirm, "decline": decline}
WAIT = "wait"
# What a page says was done: an answer, or joining the list (WAIT).
ANSWERED = "answered"
FULL = ("tickets.sold_out", "event.full")


class Shown(NamedTuple):
    """What the page says."""

    org_id: OrgId
    event: EventView
    invitee: Invitee


class InvitationResource(Resource):
    """`/invitation/{token}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Show the invitation. Raises Missing for a link that this server did not make."""
        done = read_done(req, (ANSWERED, WAIT))
        shown = await self._db.read(_show, token)
        self._answer(resp, shown, is_new=done == ANSWERED, is_waiting=done == WAIT)

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Confirm or decline. Raises Missing, Invalid for another answer."""
        answer = (await read_form(req, BODY_LIMIT)).get("answer", "")
        if answer not in (*ANSWERS, WAIT):
            raise Invalid("invitation.answer")
        try:
            await self._db.write(_answer, token, answer)
        except Conflict as refusal:
            self._answer(resp, await self._db.read(_show, token), refusal)
            return
        go_on(req, resp, WAIT if answer == WAIT else ANSWERED)

    def _answer(
        self,
        resp: Response,
        shown: Shown,
        refusal: Conflict | None = None,
        *,
        is_new: bool = False,
        is_waiting: bool = False,
    ) -> None:
        event = shown.event.event
        is_over = event.ends_at <= self._db.clock() or event.state is EventState.CANCELLED
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "invitation.html",
            event=event,
            place=shown.event.place,
            description=shown.event.details.description,
            name=" ".join(filter(None, (shown.invitee.first_name, shown.invitee.last_name))),
            **times(shown.event),
            state=shown.invitee.state,
            code=shown.invitee.ticket_code if shown.invitee.state == CONFIRMED else None,
            is_over=is_over,
            is_cancelled=event.state is EventState.CANCELLED,
            ticket=f"{shown.org_id}-{shown.invitee.ticket_code}",
            refusal=say_refusal(refusal) if refusal else "",
            is_full=refusal is not None and refusal.code in FULL,
            is_new=is_new,
            is_waiting=is_waiting,
        )


def _show(tx: Tx, token: str) -> Shown:
    org_id, event_id, invitee = read_link(tx, token)
    return Shown(org_id, get_shown_event(tx, org_id, event_id), invitee)


def _answer(tx: Tx, token: str, answer: str) -> None:
    org_id, event_id, invitee = read_link(tx, token)
    if answer == WAIT:
        campaign = get_campaign(tx, org_id, invitee.campaign_id)
        contact = get_contact(tx, org_id, invitee.person_id)
        join_list(tx, org_id, event_id, campaign.ticket_type_id, contact, sti=campaign.sti)
    else:
        ANSWERS[answer](tx, org_id, invitee.id, actor=f"invitee:{invitee.id}")
