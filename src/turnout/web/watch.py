"""The watch page of a session, behind a personal link, and the way in without one.

The page works without JavaScript as far as a page can: it says what is shown and when, plays a film
where the browser does, and takes questions and answers. With it, watch.js plays streams, shows a
recording as if it were live, and sends heartbeats (heartbeats.py).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import falcon
from falcon.asgi import Request, Response

from turnout.core.audience.asking import OwnQuestion, ask_question, list_own_questions
from turnout.core.audience.entering import enter, has_entry_code, send_entry_code
from turnout.core.audience.links import PATH, Viewer, find_viewer, sign_opening
from turnout.core.audience.media import find_media, get_session
from turnout.core.audience.model import Media, MediaKind
from turnout.core.audience.surveys import Survey, answer_survey, list_own_answers, list_surveys
from turnout.core.events.model import Event, EventState, Session
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.addresses import place_of
from turnout.core.identity.names import find_name
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId, SessionId, SurveyId
from turnout.core.registrations.form_limits import (
    FormLimits,
    Sender,
    admit_code,
    clear_codes,
    refuse_code,
)
from turnout.core.times import local
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing, Unauthenticated
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.forms import NO_FAULTS, go_on, read_done, read_form
from turnout.web.heartbeats import PATH as HEARTBEATS
from turnout.web.languages import language
from turnout.web.local_times import speak
from turnout.web.policy import set_policy
from turnout.web.refusals import answer_limited, say_refusal
from turnout.web.templates import render

BODY_LIMIT = 65_536
# The forms of a page by their ids, which also say what was done.
ASK, SURVEY = "ask", "survey-"
Given = dict[str, str]


class WatchableSession(NamedTuple):
    """A session that can be watched, and its event."""

    org_id: OrgId
    event: Event
    session: Session
    media: Media
    locale: str


class ViewerAccess(NamedTuple):
    """What one viewer sees of it."""

    place: WatchableSession
    viewer: Viewer
    questions: list[OwnQuestion]
    surveys: list[Survey]
    answers: dict[tuple[SurveyId, int], str]
    opening: str


class EntryResource(Resource):
    """`/watch/{session pak}`: an e-mail address and a code lead to the watch page."""

    def __init__(self, db: Database, limits: FormLimits) -> None:
        self._db = db
        self._limits = limits

    async def on_get(self, _req: Request, resp: Response, pak: str) -> None:
        """Ask for the address. Raises Missing."""
        self._answer(resp, await self._db.read(_find_place, pak))

    async def on_post(self, req: Request, resp: Response, pak: str) -> None:
        """Send a code, or take the one that was entered. Raises Missing; what can be put right is
        said on the page."""
        given = await read_form(req, BODY_LIMIT)
        place = await self._db.read(_find_place, pak)
        speak(place.locale)
        email, code = given.get("email", ""), given.get("code", "")
        source = place_of(address_of(req.scope))
        sender = Sender(place.org_id, place.event.id, source, email)
        try:
            if "code" in given:
                token = await self._db.write_first(_enter, sender, code)
                if not isinstance(token, str):
                    raise token
                resp.status = falcon.HTTP_303
                resp.set_header("Cache-Control", NO_STORE)
                resp.location = f"{PATH}{pak}/{token}"
                return
            await self._db.write_first(_send_code, sender, self._limits, language.get())
            self._answer(resp, place, email, is_sent=True)
        except (Invalid, Limited, Unauthenticated) as refusal:
            said = say_refusal(refusal)
            name = "code" if "code" in given else "email"
            faults = {} if isinstance(refusal, Limited) else {name: said}
            self._answer(resp, place, email, said, is_sent="code" in given, faults=faults)
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)

    def _answer(
        self,
        resp: Response,
        place: WatchableSession,
        email: str = "",
        refusal: str = "",
        *,
        is_sent: bool = False,
        faults: Mapping[str, str] = NO_FAULTS,
    ) -> None:
        _answer_page(
            resp,
            "watch_entry.html",
            event=place.event,
            session=place.session,
            email=email,
            refusal=refusal,
            is_sent=is_sent,
            faults=faults,
            **_times(place),
        )


class WatchResource(Resource):
    """`/watch/{session pak}/{token}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, pak: str, token: str) -> None:
        """Show the session. Raises Missing, Gone for a cancelled registration."""
        seat = await self._db.read(_take_seat, pak, token)
        self._answer(resp, seat, token, done=read_done(req, _forms(seat)))

    async def on_post(self, req: Request, resp: Response, pak: str, token: str) -> None:
        """Ask, or answer a poll or survey. Raises Missing, Gone; what can be put right is said on
        the page, beside what was typed."""
        given = await read_form(req, BODY_LIMIT)
        try:
            await self._db.write(_act, pak, token, given)
        except (Conflict, Invalid, Limited) as refusal:
            seat = await self._db.read(_take_seat, pak, token)
            self._answer(resp, seat, token, given, refusal)
            return
        sent = _form_of(given)
        go_on(req, resp, sent, part=sent)

    def _answer(
        self,
        resp: Response,
        seat: ViewerAccess,
        token: str,
        given: Given | None = None,
        refusal: Failure | None = None,
        done: str = "",
    ) -> None:
        place, now = seat.place, self._db.clock()
        media = place.media
        is_cancelled = place.event.state is EventState.CANCELLED
        mode = None if is_cancelled else media.mode_at(now)
        times, sent = _times(place), _form_of(given or {})
        if mode:
            set_policy(resp, _policy(media))
        _answer_page(
            resp,
            "watch.html",
            event=place.event,
            session=place.session,
            media=media,
            mode=mode,
            is_early=now < media.live_from,
            is_cancelled=is_cancelled,
            now=now,
            token=token,
            opening=seat.opening,
            heartbeats=HEARTBEATS,
            viewer=seat.viewer,
            questions=seat.questions,
            surveys=seat.surveys,
            answers=seat.answers,
            given=given or {},
            refusal=say_refusal(refusal) if refusal else "",
            sent=sent if sent in _forms(seat) else "",
            done=done,
            **times,
        )


def _send_code(tx: Tx, sender: Sender, limits: FormLimits, spoken: str) -> None:
    """Mail a code, or leave it at the one that was mailed. Raises Invalid, Limited."""
    where = (sender.org_id, sender.event_id, sender.email)
    if admit_code(tx, sender, limits):
        send_entry_code(tx, *where, language=spoken)
    elif not has_entry_code(tx, *where):
        raise refuse_code(tx, sender)


def _enter(tx: Tx, sender: Sender, code: str) -> str | Unauthenticated | Limited:
    entered = enter(tx, sender.org_id, sender.event_id, sender.email, code, sender.place)
    if isinstance(entered, str):
        clear_codes(tx, sender)
    return entered


def _find_place(tx: Tx, pak: str) -> WatchableSession:
    target = find_name(tx, "pak", pak)
    if target and target.noun == "session":
        session = get_session(tx, target.org_id, SessionId(target.target_id))
        media = find_media(tx, target.org_id, session.id)
        shown = get_shown_event(tx, target.org_id, session.event_id)
        if media and shown.event.state is not EventState.DRAFT:
            own = shown.details.locale or get_organization_of(tx, target.org_id).locale
            return WatchableSession(target.org_id, shown.event, session, media, own)
    raise Missing("page.missing")


def _take_seat(tx: Tx, pak: str, token: str) -> ViewerAccess:
    place, viewer = _find_place(tx, pak), find_viewer(tx, token)
    if (viewer.org_id, viewer.event_id) != (place.org_id, place.event.id):
        raise Missing("link.other_event")
    whose = (place.org_id, place.event.id, viewer.registration_id)
    surveys = [
        survey
        for survey in list_surveys(tx, place.org_id, place.event.id)
        if survey.is_open and survey.session_id in (None, place.session.id)
    ]
    questions = list_own_questions(tx, *whose, place.session.id)
    opening = sign_opening(tx, viewer.org_id, viewer.registration_id, tx.now)
    return ViewerAccess(place, viewer, questions, surveys, list_own_answers(tx, *whose), opening)


def _act(tx: Tx, pak: str, token: str, given: Given) -> None:
    place, viewer, *_ = _take_seat(tx, pak, token)
    where = (place.org_id, viewer.registration_id, place.session.id)
    if given.get("act") == "ask":
        ask_question(tx, *where, given.get("question", ""))
        return
    survey = given.get("survey", "")
    if not (survey.isascii() and survey.isdigit() and len(survey) < 16):
        raise Invalid("watch.act")
    answers = {
        int(name.removeprefix("item-")): value
        for name, value in given.items()
        if name.startswith("item-") and name.removeprefix("item-").isdecimal() and len(name) < 9
    }
    answer_survey(tx, *where, SurveyId(int(survey)), answers)


def _forms(seat: ViewerAccess) -> list[str]:
    """The forms that the page has."""
    return [ASK, *(f"{SURVEY}{survey.id}" for survey in seat.surveys)]


def _form_of(given: Given) -> str:
    """The form that was sent."""
    return ASK if given.get("act") == ASK else f"{SURVEY}{given.get('survey', '')}"


def _policy(media: Media) -> dict[str, str]:
    """What the page may load apart from our own: the media, from where they are. A playlist may
    name pieces at any other place."""
    parts = urlsplit(media.url)
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    policy = {"script-src": "'self'", "connect-src": "'self'"}
    if media.kind is MediaKind.EMBED:
        return policy | {"frame-src": origin}
    policy["media-src"] = f"'self' blob: {origin}"
    if media.kind is MediaKind.HLS:
        policy["media-src"] += " https:"
        policy["connect-src"] += f" {origin} https:"
        policy["worker-src"] = "blob:"
    return policy


def _times(place: WatchableSession) -> dict[str, Any]:
    """When it is shown, by the event's clock; the page is in its language from here on."""
    zone, media = place.event.timezone, place.media
    return {
        "starts": local(media.live_from, zone),
        "ends": local(media.live_until, zone),
        "own_lang": speak(place.locale),
    }


def _answer_page(resp: Response, template: str, **values: Any) -> None:
    resp.content_type = "text/html; charset=utf-8"
    resp.set_header("Cache-Control", NO_STORE)
    resp.text = render(template, **values)
