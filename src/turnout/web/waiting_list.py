"""The personal page of somebody on a waiting list: where they stand, and what is held for them.

Looking changes nothing; a button does, and pressing it again changes nothing more. The link is its
own proof of who answers.
"""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.registrations.joining import find_ticket_address
from turnout.core.registrations.offers import leave_list, take_offer
from turnout.core.registrations.places import is_final
from turnout.core.registrations.pricing import asks_at
from turnout.core.registrations.rules import Door, find_refusal
from turnout.core.tickets.issuing import GrantKind
from turnout.core.tickets.prices import PaymentTerms, get_payment_terms, say_payment_text
from turnout.core.times import local
from turnout.core.waiting_list.entries import Entry, WaitingState, get_position, read_waiting_link
from turnout.errors import Conflict, Failure, Invalid
from turnout.formats.local_dates import DAY, say_wait
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.form_states import FormState, FormStates, failure_of, refusal_of
from turnout.web.forms import go_on, read_form
from turnout.web.hosts import Host, find_host
from turnout.web.languages import language
from turnout.web.local_times import times
from turnout.web.payments import Due, find_due, say_due
from turnout.web.public_frame import frame_of
from turnout.web.refusals import say_to_guest
from turnout.web.templates import render

BODY_LIMIT = 4096
ANSWERS = {"take": take_offer, "leave": leave_list}


class _Shown(NamedTuple):
    event: EventView
    entry: Entry
    position: int
    ticket: str
    host: Host
    due: Due | None
    terms: PaymentTerms


class WaitingResource(Resource):
    """`/waiting/{token}`."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Show where they stand. Raises Missing for a link that this server did not make."""
        state = await self._states.read(req)
        refusal = failure_of(state.refusal) if state else None
        self._answer(resp, await self._db.read(_show, token), refusal)

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Take the place that is held, or leave. Raises Missing, Invalid for another answer."""
        if self._states.try_cookie(req, resp):
            return
        answer = (await read_form(req, BODY_LIMIT)).get("answer", "")
        if answer not in ANSWERS:
            raise Invalid("waiting.answer")
        try:
            await self._db.write(_act, token, answer)
            go_on(req, resp)
        except Conflict as refusal:
            if await self._states.lead_on(req, resp, FormState(refusal=refusal_of(refusal))):
                return
            self._answer(resp, await self._db.read(_show, token), refusal)

    def _answer(self, resp: Response, shown: _Shown, refusal: Failure | None = None) -> None:
        event, entry = shown.event.event, shown.entry
        now = self._db.clock()
        refused = find_refusal(Door.OFFER, event.state, event.ends_at, now)
        state = "lapsed" if _is_late(entry, now) else entry.state.value
        if shown.ticket and entry.state is not WaitingState.TAKEN:
            state = "registered"  # by another door, or as the person whom they were merged into
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        spoken = times(shown.event, entry.language)  # before anything is said
        resp.text = render(
            "waiting.html",
            **frame_of(shown.host.organization, shown.host.profile, shown.event.details.colour),
            event=event,
            place=shown.event.place,
            **spoken,
            state=state,
            deadline=local(entry.deadline_at or 0, event.timezone),
            position=shown.position,
            ticket=shown.ticket,
            wanted=next(
                kind for kind in shown.event.ticket_types if kind.id == entry.ticket_type_id
            ),
            payment=say_due(shown.due),
            asks=asks_at(shown.event.details, GrantKind.OFFER),
            days=say_wait(shown.terms.days * DAY, language.get()),
            payment_text=say_payment_text(shown.terms.text, language.get()),
            host=shown.host,
            contact=shown.event.contact,
            refusal=say_to_guest(refusal) if refusal and not refused else "",
            closed=say_to_guest(refused) if refused else "",
            is_over=refused is not None and is_final(refused),
        )


def _is_late(entry: Entry, now: int) -> bool:
    return entry.state is WaitingState.OFFERED and (entry.deadline_at or 0) <= now


def _show(tx: Tx, token: str) -> _Shown:
    org_id, entry = read_waiting_link(tx, token)
    event = get_shown_event(tx, org_id, entry.event_id)
    is_open = entry.state in (WaitingState.WAITING, WaitingState.OFFERED)
    ticket = "" if is_open else find_ticket_address(tx, org_id, entry.event_id, entry.person_id)
    host = find_host(tx, org_id, event)
    due = find_due(tx, org_id, event, ticket.partition("-")[2])
    terms = get_payment_terms(tx, org_id, event.details)
    return _Shown(event, entry, get_position(tx, org_id, entry), ticket, host, due, terms)


def _act(tx: Tx, token: str, answer: str) -> _Shown:
    org_id, entry = read_waiting_link(tx, token)
    ANSWERS[answer](tx, org_id, entry.id, actor=f"waiting:{entry.id}")
    return _show(tx, token)
