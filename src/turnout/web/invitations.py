"""The personal page of an invitation: accept or decline, without signing in and without scripts.

Looking changes nothing; a button does, and pressing it again changes nothing more. The link is its
own proof of who answers.
"""

from collections.abc import Mapping
from typing import NamedTuple

from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.catalogue.translations import label
from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventQuestionId, OrgId, TicketTypeId
from turnout.core.invitations.campaigns import CONFIRMED, get_campaign
from turnout.core.invitations.invitees import Invitee, confirm, decline, list_given, read_link
from turnout.core.messaging.consents import INVITATION, note_consents
from turnout.core.questions.model import Answer, Question
from turnout.core.questions.reading import accept_answers, list_questions
from turnout.core.registrations.booking import find_language, get_contact
from turnout.core.registrations.extras import with_answers
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.pricing import asks_at
from turnout.core.tickets.issuing import Grant, GrantKind, Ticket, list_valid_tickets_of_person
from turnout.core.waiting_list.steering import is_closed
from turnout.errors import Conflict, Failure, Invalid
from turnout.formats.markdown import to_html
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.event_facts import cover_of, sign_of
from turnout.web.form_states import LOST, FormState, FormStates, failure_of, refusal_of
from turnout.web.forms import FIELDS, read_form
from turnout.web.hosts import Host, find_host
from turnout.web.languages import language
from turnout.web.local_times import times
from turnout.web.payments import Due, find_due, say_due
from turnout.web.public_frame import frame_of
from turnout.web.questions import (
    Entered,
    Field,
    enter,
    names_of,
    read_answers,
    show_fields,
    size_of,
)
from turnout.web.refusals import say_refusal
from turnout.web.said import go_on_saying, read_said
from turnout.web.templates import render

BODY_LIMIT = 4096
CONFIRM, DECLINE = "confirm", "decline"
WAIT = "wait"
# What a page says was done: an answer, or joining the list (WAIT).
ANSWERED = "answered"
# The section that says so, and has the form.
PART = "answer"
NOTHING_WRONG: Mapping[EventQuestionId, Invalid] = {}
FULL = ("tickets.sold_out", "event.full")


class Shown(NamedTuple):
    """What the page says."""

    org_id: OrgId
    event: EventView
    invitee: Invitee
    questions: list[Question]
    ticket_type_id: TicketTypeId
    answers: list[Answer]
    is_list_closed: bool
    due: Due | None
    tickets: list[Ticket]
    host: Host
    language: str


class InvitationResource(Resource):
    """`/invitation/{token}`."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Show the invitation. Raises Missing for a link that this server did not make."""
        done = await read_said(self._db, req, (ANSWERED, WAIT))
        shown = await self._db.read(_show, token)
        state = await self._states.read(req)
        if state and not done:
            self._show_again(resp, shown, state)
            return
        self._answer(resp, shown, is_new=done == ANSWERED, is_waiting=done == WAIT)

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Confirm or decline. Raises Missing, Invalid for another answer."""
        if self._states.try_cookie(req, resp):
            return
        shown = await self._db.read(_show, token)
        asked = shown.questions
        size, fields = BODY_LIMIT + size_of(asked), FIELDS + len(names_of(asked))
        given = await read_form(req, size, fields=fields)
        answer = given.get("answer", "")
        if answer not in (CONFIRM, DECLINE, WAIT):
            raise Invalid("invitation.answer")
        entered = Entered([], {})
        if answer != DECLINE:
            entered = read_answers(asked, given, shown.ticket_type_id, self._db.clock())
        try:
            if entered.wrong:
                raise Invalid("form.answers")
            await self._db.write(_answer, token, answer, entered.answers)
        except (Conflict, Invalid) as refusal:
            state = FormState(given, refusal=refusal_of(refusal))
            if not await self._states.lead_on(req, resp, state, PART):
                self._show_again(resp, await self._db.read(_show, token), state)
            return
        done = WAIT if answer == WAIT else ANSWERED
        await go_on_saying(self._db, req, resp, done, part=PART)
        self._states.forget(req, resp)

    def _show_again(self, resp: Response, shown: Shown, state: FormState) -> None:
        """The page with an answer that was refused."""
        refusal, now = failure_of(state.refusal), self._db.clock()
        wrong = NOTHING_WRONG
        if refusal and refusal.code == "form.answers":
            wrong = read_answers(shown.questions, state.given, shown.ticket_type_id, now).wrong
        given = None if state is LOST else state.given
        self._answer(resp, shown, refusal, given=given, wrong=wrong)

    def _answer(
        self,
        resp: Response,
        shown: Shown,
        refusal: Failure | None = None,
        *,
        given: dict[str, str] | None = None,
        wrong: Mapping[EventQuestionId, Invalid] = NOTHING_WRONG,
        is_new: bool = False,
        is_waiting: bool = False,
    ) -> None:
        event = shown.event.event
        is_over = shown.event.is_over(self._db.clock())
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        own = times(shown.event, shown.language)
        kept = label(language.get(), "invitation_page.kept")
        kind = next(one for one in shown.event.ticket_types if one.id == shown.ticket_type_id)
        resp.text = render(
            "invitation.html",
            **frame_of(shown.host.organization, shown.host.profile, shown.event.details.colour),
            **cover_of(shown.org_id, shown.event),
            event=event,
            place=shown.event.place,
            host=shown.host,
            sign=sign_of(own["starts"], own["ends"]),
            contact=shown.event.contact,
            description=Markup(to_html(shown.event.details.description)),  # noqa: S704 (cleaned)
            kind=kind,
            price=kind.price_minor if asks_at(shown.event.details, GrantKind.INVITATION) else 0,
            name=" ".join(filter(None, (shown.invitee.first_name, shown.invitee.last_name))),
            **own,
            state=shown.invitee.state,
            code=shown.invitee.ticket_code if shown.invitee.state == CONFIRMED else None,
            is_own=_is_own(shown),
            kept_tickets=[
                (ticket.code, f"{shown.org_id}-{ticket.code}") for ticket in shown.tickets
            ],
            payment=say_due(shown.due),
            is_over=is_over,
            is_cancelled=event.state is EventState.CANCELLED,
            ticket=f"{shown.org_id}-{shown.invitee.ticket_code}",
            refusal=f"{say_refusal(refusal)} {kept}" if refusal else "",
            questions=_fields(shown, given, wrong),
            is_full=refusal is not None and refusal.code in FULL and not shown.is_list_closed,
            is_new=is_new,
            is_waiting=is_waiting,
        )


def _fields(
    shown: Shown, given: dict[str, str] | None, wrong: Mapping[EventQuestionId, Invalid]
) -> list[Field]:
    """The questions of the invitation's ticket type, with what was entered or is known; none for
    somebody who has confirmed."""
    if shown.invitee.state == CONFIRMED:
        return []
    types = [kind for kind in shown.event.ticket_types if kind.id == shown.ticket_type_id]
    entered = enter(shown.questions, shown.answers) if given is None else given
    return show_fields(shown.questions, types, entered, wrong)


def _show(tx: Tx, token: str) -> Shown:
    org_id, event_id, invitee = read_link(tx, token)
    event = get_shown_event(tx, org_id, event_id)
    code = invitee.ticket_code if invitee.state == CONFIRMED else None
    return Shown(
        org_id,
        event,
        invitee,
        list_questions(tx, org_id, event_id),
        get_campaign(tx, org_id, invitee.campaign_id).ticket_type_id,
        list_given(tx, org_id, event_id, invitee.person_id),
        is_closed(tx, org_id, event_id),
        find_due(tx, org_id, event, code or ""),
        list_valid_tickets_of_person(tx, org_id, event_id, invitee.person_id),
        find_host(tx, org_id, event),
        find_language(tx, org_id, event_id, invitee.person_id),
    )


def _is_own(shown: Shown) -> bool:
    """Whether the ticket came by the invitation, and so was mailed."""
    own = Grant(GrantKind.INVITATION, shown.invitee.id)
    code = shown.invitee.ticket_code
    return any(
        ticket.code == code and (ticket.granted_by, ticket.grant_id) == own
        for ticket in shown.tickets
    )


def _answer(tx: Tx, token: str, answer: str, answers: list[Answer]) -> None:
    org_id, event_id, invitee = read_link(tx, token)
    by = f"invitee:{invitee.id}"
    if answer == WAIT:
        campaign = get_campaign(tx, org_id, invitee.campaign_id)
        contact = get_contact(tx, org_id, invitee.person_id)
        type_id = campaign.ticket_type_id
        kept = accept_answers(tx, org_id, event_id, answers, must_meet=type_id)
        extras = with_answers(contact, kept)
        join_list(tx, org_id, event_id, type_id, contact, sti=campaign.sti, extras=extras)
        note_consents(tx, org_id, event_id, contact, kept, source=INVITATION)
    elif answer == DECLINE:
        decline(tx, org_id, invitee.id, actor=by)
    else:
        confirm(tx, org_id, invitee.id, answers=answers, actor=by)
