"""The watch page of a session, behind a personal link.

The page works without JavaScript as far as a page can: it says what is shown and when, plays a film
where the browser does, and takes questions and answers. With it, watch.js plays streams, shows a
recording as if it were live, and sends heartbeats (heartbeats.py).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from falcon.asgi import Request, Response

from turnout.core.audience.asking import OwnQuestion, ask_question, list_own_questions
from turnout.core.audience.captions import captions_path, list_captions
from turnout.core.audience.chapters import Chapter, list_chapters
from turnout.core.audience.links import Viewer, find_viewer, sign_opening
from turnout.core.audience.media import find_media, get_session, list_shows
from turnout.core.audience.model import Media, MediaKind
from turnout.core.audience.presenting import PublishedQuestion, list_published
from turnout.core.audience.summary import SurveyResult, list_results
from turnout.core.audience.surveys import Survey, answer_survey, list_own_answers, list_surveys
from turnout.core.audience.voting import list_own_votes, vote_for_question
from turnout.core.events.model import Event, EventState, Session
from turnout.core.events.programmes import Programme, get_programme
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.names import find_name
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId, QuestionId, SessionId, SurveyId
from turnout.core.times import local
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.form_states import FormState, FormStates, failure_of, refusal_of
from turnout.web.forms import read_form
from turnout.web.heartbeats import PATH as HEARTBEATS
from turnout.web.hosts import Host, find_host
from turnout.web.local_times import speak
from turnout.web.policy import set_policy
from turnout.web.programmes import show_days
from turnout.web.public_frame import frame_of
from turnout.web.refusals import answer_limited, say_refusal
from turnout.web.said import go_on_saying, read_said
from turnout.web.templates import render
from turnout.web.watch_forms import (
    ASK,
    LIVE,
    QUESTION,
    SURVEY,
    SWITCH,
    VOTE,
    VOTES,
    Sent,
    is_more_typed,
    read_sent,
)

BODY_LIMIT = 65_536
# The step at which a code was sent; and the part of the page that was refused.
SENT = "sent"


class WatchableSession(NamedTuple):
    """A session that can be watched, and its event; `is_date_open`: that is postponed without a new
    date."""

    org_id: OrgId
    event: Event
    session: Session
    media: Media
    locale: str
    tracks: list[tuple[str, str]]
    """Captions by their languages, with where they are."""
    host: Host
    colour: str
    chapters: list[Chapter]
    is_date_open: bool = False


class ViewerAccess(NamedTuple):
    """What one viewer sees of it."""

    place: WatchableSession
    viewer: Viewer
    questions: list[OwnQuestion]
    surveys: list[Survey]
    answers: dict[tuple[SurveyId, int], str]
    opening: str
    published: list[PublishedQuestion]
    own_votes: set[QuestionId]
    results: list[SurveyResult]
    programme: Programme
    shows: dict[SessionId, str]


class WatchResource(Resource):
    """`/watch/{session pak}/{token}`."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))

    async def on_get(self, req: Request, resp: Response, pak: str, token: str) -> None:
        """Show the session, or with `?part=live` what changes while people watch. Raises Missing,
        Gone for a cancelled registration."""
        seat = await self._db.read(_take_seat, pak, token)
        if req.get_param("part", default="") == LIVE:
            speak(seat.place.locale)
            answer_page(resp, "watch_live.html", **_live(seat))
            return
        done = await read_said(self._db, req, _forms(seat))
        state = await self._states.read(req)
        self._answer(resp, seat, token, state if state and not done else FormState(step=done))

    async def on_post(self, req: Request, resp: Response, pak: str, token: str) -> None:
        """Ask, or answer a poll or survey. Raises Missing, Gone; what can be put right is said on
        the page, beside what was typed."""
        if self._states.try_cookie(req, resp):
            return
        given = await read_form(req, BODY_LIMIT)
        if SWITCH in given:
            seat = await self._db.read(_take_seat, pak, token)
            typed = {name: given[name] for name in given if name != SWITCH}
            await self._turn(req, resp, seat, token, FormState(typed))
            return
        sent = read_sent(given)
        try:
            await self._db.write(_act, pak, token, sent)
        except (Conflict, Invalid, Limited) as refusal:
            seat = await self._db.read(_take_seat, pak, token)
            state = FormState(dict(sent.given), refusal=refusal_of(refusal), more={SENT: sent.part})
            await self._turn(req, resp, seat, token, state, refusal)
            return
        seat = await self._db.read(_take_seat, pak, token)
        if is_more_typed(seat.surveys, seat.answers, sent.rest):
            state = FormState(dict(sent.rest), sent.part)
            await self._turn(req, resp, seat, token, state)
        else:
            await go_on_saying(self._db, req, resp, sent.part, part=sent.part)
            self._states.forget(req, resp)

    async def _turn(
        self,
        req: Request,
        resp: Response,
        seat: ViewerAccess,
        token: str,
        state: FormState,
        refusal: Failure | None = None,
    ) -> None:
        """Lead a browser on to the page as its form stands now; others are answered with it."""
        part = state.more.get(SENT, state.step)
        if not await self._states.lead_on(req, resp, state, part):
            self._answer(resp, seat, token, state)
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)

    def _answer(self, resp: Response, seat: ViewerAccess, token: str, state: FormState) -> None:
        refusal, sent = failure_of(state.refusal), state.more.get(SENT, "")
        place, now = seat.place, self._db.clock()
        media = place.media
        is_cancelled = place.event.state is EventState.CANCELLED
        mode = None if is_cancelled else media.mode_at(now)
        times = list_times(place)
        if mode:
            set_policy(resp, _policy(media))
        answer_page(
            resp,
            "watch.html",
            **frame(place),
            event=place.event,
            session=place.session,
            media=media,
            tracks=place.tracks,
            mode=mode,
            is_lobby=now < media.live_from,
            chapters=place.chapters,
            programme=show_days(seat.programme, place.event, {}),
            shows=seat.shows,
            **_live(seat),
            is_cancelled=is_cancelled,
            now=now,
            token=token,
            opening=seat.opening,
            heartbeats=HEARTBEATS,
            viewer=seat.viewer,
            questions=seat.questions,
            surveys=seat.surveys,
            answers=seat.answers,
            given=state.given,
            refusal=say_refusal(refusal) if refusal else "",
            sent=sent if sent in _forms(seat) else "",
            done=state.step,
            switch_form="asking-form",
            is_enter_off=True,
            **times,
        )


def find_place(tx: Tx, pak: str) -> WatchableSession:
    """What that session shows. Raises Missing."""
    target = find_name(tx, "pak", pak)
    if target and target.noun == "session":
        session = get_session(tx, target.org_id, SessionId(target.target_id))
        media = find_media(tx, target.org_id, session.id)
        shown = get_shown_event(tx, target.org_id, session.event_id)
        if media and shown.event.state is not EventState.DRAFT:
            own = shown.details.locale or get_organization_of(tx, target.org_id).locale
            tracks = [
                (one.language, captions_path(target.org_id, one.digest))
                for one in list_captions(tx, target.org_id, session.id)
            ]
            return WatchableSession(
                *(target.org_id, shown.event, session, media, own, tracks),
                find_host(tx, target.org_id, shown),
                shown.details.colour,
                list_chapters(tx, target.org_id, session.id),
                is_date_open=shown.is_date_open,
            )
    raise Missing("page.missing")


def _take_seat(tx: Tx, pak: str, token: str) -> ViewerAccess:
    place, viewer = find_place(tx, pak), find_viewer(tx, token)
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
    answers = list_own_answers(tx, *whose)
    return ViewerAccess(
        *(place, viewer, questions, surveys, answers, opening),
        list_published(tx, place.org_id, place.session.id),
        list_own_votes(tx, place.org_id, viewer.registration_id),
        _list_results(tx, place, surveys, answers),
        get_programme(tx, place.org_id, place.event.id),
        {show.session_id: show.pak for show in list_shows(tx, place.org_id, place.event.id)},
    )


def _list_results(
    tx: Tx,
    place: WatchableSession,
    surveys: list[Survey],
    answers: Mapping[tuple[SurveyId, int], str],
) -> list[SurveyResult]:
    """How the polls stand in which the viewer has voted: before, nobody sees what others think."""
    answered = {survey_id for survey_id, _ in answers}
    polls = {survey.id for survey in surveys if survey.is_poll and survey.id in answered}
    if not polls:
        return []
    return [one for one in list_results(tx, place.org_id, place.event.id) if one.id in polls]


def _act(tx: Tx, pak: str, token: str, sent: Sent) -> None:
    place, viewer, *_ = _take_seat(tx, pak, token)
    where = (place.org_id, viewer.registration_id, place.session.id)
    try:
        if sent.act == ASK:
            ask_question(tx, *where, sent.given.get(QUESTION, ""))
        elif sent.act in VOTES:
            number = QuestionId(sent.read_number())
            vote_for_question(tx, *where, number, is_on=sent.act == VOTE)
        else:
            answer_survey(tx, *where, SurveyId(sent.read_number()), sent.answers)
    except Missing as missing:
        # No button of the page names such a number; what was typed stays on it.
        raise Invalid("watch.act") from missing


def _forms(seat: ViewerAccess) -> list[str]:
    """The forms that the page has."""
    live = [LIVE] if seat.published else []
    return [ASK, *live, *(f"{SURVEY}{survey.id}" for survey in seat.surveys)]


def _policy(media: Media) -> dict[str, str]:
    """What the page may load apart from our own: the media, from where they are. A playlist may
    name pieces at any other place."""
    parts = urlsplit(media.url)
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    policy = {"connect-src": "'self'"}
    if media.kind is MediaKind.EMBED:
        return policy | {"frame-src": origin}
    policy["media-src"] = f"'self' blob: {origin}"
    if media.kind is MediaKind.HLS:
        policy["media-src"] += " https:"
        policy["connect-src"] += f" {origin} https:"
        policy["worker-src"] = "blob:"
    return policy


def _live(seat: ViewerAccess) -> dict[str, Any]:
    return {
        "published": seat.published,
        "own_votes": seat.own_votes,
        "results": seat.results,
    }


def frame(place: WatchableSession) -> dict[str, Any]:
    """What a page has around it that shows something of the session."""
    return frame_of(place.host.organization, place.host.profile, place.colour)


def list_times(place: WatchableSession) -> dict[str, Any]:
    """When it is shown, by the event's clock; the page is in its language from here on."""
    zone, media = place.event.timezone, place.media
    return {
        "starts": local(media.live_from, zone),
        "ends": local(media.live_until, zone),
        "own_lang": speak(place.locale),
        "is_date_open": place.is_date_open,
    }


def answer_page(resp: Response, template: str, **values: Any) -> None:
    """Answer with a page, for nobody else."""
    resp.content_type = "text/html; charset=utf-8"
    resp.set_header("Cache-Control", NO_STORE)
    resp.text = render(template, **values)
