"""`/console/{event}/webcast`: which sessions can be watched, and what each of them shows."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audience.chapters import (
    Chapter,
    list_chapters,
    read_chapters,
    set_chapters,
    write_chapters,
)
from turnout.core.audience.media import find_media, list_shows, remove_media, set_media
from turnout.core.audience.model import Media, MediaKind
from turnout.core.audience.presenting import count_to_answer, count_watching
from turnout.core.events.arranging import find_session
from turnout.core.events.model import Session, SessionState
from turnout.core.events.programme import list_sessions
from turnout.core.ids import SessionId
from turnout.core.times import instant, local
from turnout.errors import Invalid, Missing
from turnout.web.console.events.going import attempt, lead_to, read_done, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

LONGEST_URL = 2000
FIELDS = ("kind", "url", "how", "live_from", "live_until", "on_demand")


class Line(NamedTuple):
    """A session: what it shows (None = nothing), how that stands now, who watches it, and how many
    questions are open."""

    session: Session
    media: Media | None
    stage: str
    watching: int
    to_answer: int


class Webcast(NamedTuple):
    """The sessions of an event in the order of the programme."""

    lines: list[Line]

    @property
    def watching(self) -> int:
        return sum(line.watching for line in self.lines)

    @property
    def to_answer(self) -> int:
        return sum(line.to_answer for line in self.lines)

    @property
    def shown(self) -> int:
        """How many sessions show something."""
        return sum(line.media is not None for line in self.lines)


class Wanted(NamedTuple):
    """What the form of a session asks for; empty times = as the session is planned."""

    kind: MediaKind
    url: str
    is_simulated: bool
    is_on_demand: bool
    live_from: str
    live_until: str
    chapters: list[Chapter]


class WebcastPage(ConsolePage):
    """`/console/{event}/webcast`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The sessions. Raises Missing."""
        webcast = await self.console.read(req, "webcast.see", see_webcast)
        done = read_done(req, "console.webcast.done.")
        self.console.show(req, resp, "console/webcast/sessions.html", webcast=webcast, done=done)


class MediaPage(ConsolePage):
    """`/console/{event}/webcast/{session}`: what a session shows."""

    async def on_get(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """The form; with `?ask=remove` the question before it shows nothing any more."""
        number = SessionId(read_number(session))
        found, media = await self.console.read(req, "webcast.change", open_session, number)
        chapters = await self.console.read(req, "webcast.change", _open_chapters, number)
        known = _values(media, found, self._zone(req)) | {"chapters": write_chapters(chapters)}
        self._answer(req, resp, found, media, fill(known))

    async def on_post(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """Keep it, or let the session show nothing; *Upload captions* keeps what was typed and
        leads on. Raises Missing."""
        form = await self.console.take(req)
        number = SessionId(read_number(session))
        there = f"/console/{scope}/webcast/{number}/captions"
        if form.has("captions") and await self._is_kept(req, form, number):
            lead_to(resp, there)
            return
        if form.has("remove"):
            await self.console.write(req, form, "webcast.change", _remove, number)
            lead_to(resp, f"/console/{scope}/webcast", "removed")
            return
        wanted = read_media(form)
        if await attempt(self.console, req, form, "webcast.change", _keep, number, wanted):
            lead_to(resp, there if form.has("captions") else f"/console/{scope}/webcast", "saved")
            return
        found, media = await self.console.read(req, "webcast.change", open_session, number)
        self._answer(req, resp, found, media, form)

    async def _is_kept(self, req: Request, form: Form, number: SessionId) -> bool:
        """Whether the form says what is kept already."""
        found, media = await self.console.read(req, "webcast.change", open_session, number)
        kept = fill(_values(media, found, self._zone(req)))
        return all(form.value(name) == kept.value(name) for name in FIELDS)

    def _answer(
        self, req: Request, resp: Response, session: Session, media: Media | None, form: Form
    ) -> None:
        self.console.answer(
            req,
            resp,
            "console/webcast/media.html",
            form,
            session=session,
            media=media,
            kinds=MediaKind,
            asks_to_remove=media and req.get_param("ask", default="") == "remove",
        )

    @staticmethod
    def _zone(req: Request) -> str:
        event = req.context.frame.event
        zone: str = event.timezone
        return zone


def see_webcast(visit: Visit) -> Webcast:
    """The sessions of the visit's event, without those that are cancelled."""
    tx, org_id, event = visit.tx, visit.org_id, visit.at
    shows = {show.session_id: show.media for show in list_shows(tx, org_id, event.id)}
    watching = count_watching(tx, org_id, event.id)
    to_answer = count_to_answer(tx, org_id, event.id)
    return Webcast(
        [
            Line(
                session,
                shows.get(session.id),
                stage_of(shows.get(session.id), tx.now),
                watching.get(session.id, 0),
                to_answer.get(session.id, 0),
            )
            for session in list_sessions(tx, org_id, event.id)
            if session.state is not SessionState.CANCELLED
        ]
    )


def stage_of(media: Media | None, now: int) -> str:
    """How a session stands for viewers: none, ahead, live, simlive, od, over."""
    if media is None:
        return "none"
    if now < media.live_from:
        return "ahead"
    mode = media.mode_at(now)
    return mode.value if mode else "over"


def open_session(visit: Visit, number: SessionId) -> tuple[Session, Media | None]:
    """The session of that number, and what it shows. Raises Missing."""
    session = find_session(visit.tx, visit.org_id, visit.at.id, number)
    return session, find_media(visit.tx, visit.org_id, number)


def _open_chapters(visit: Visit, number: SessionId) -> list[Chapter]:
    return list_chapters(visit.tx, visit.org_id, number)


def read_media(form: Form) -> Wanted:
    """What was typed."""
    url = form.text("url", limit=LONGEST_URL)
    kind = form.choice("kind", [kind.value for kind in MediaKind], is_required=False)
    starts = form.moment("live_from", is_required=False)
    ends = form.moment("live_until", is_required=False)
    return Wanted(
        MediaKind(kind) if kind else kind_of(url),
        url,
        form.value("how") == "simulated",
        form.has("on_demand"),
        starts,
        ends,
        _read_chapters(form),
    )


def _read_chapters(form: Form) -> list[Chapter]:
    try:
        return read_chapters(form.value("chapters").splitlines())
    except Invalid as refusal:
        form.refuse(refusal, "chapters")
        return []


def kind_of(url: str) -> MediaKind:
    """What an address is of, as it ends."""
    path = url.partition("?")[0].lower()
    if path.endswith(".m3u8"):
        return MediaKind.HLS
    return MediaKind.MP4 if path.endswith(".mp4") else MediaKind.EMBED


def _values(media: Media | None, session: Session, zone: str) -> dict[str, str]:
    if media is None:
        return {"how": "live", "on_demand": "1"}
    is_planned = (media.live_from, media.live_until) == (session.starts_at, session.ends_at)
    return {
        "kind": media.kind.value,
        "url": media.url,
        "how": "simulated" if media.is_simulated else "live",
        "live_from": "" if is_planned else _local(media.live_from, zone),
        "live_until": "" if is_planned else _local(media.live_until, zone),
    } | ({"on_demand": "1"} if media.is_on_demand else {})


def _local(at: int, zone: str) -> str:
    return local(at, zone).replace(tzinfo=None).isoformat(timespec="minutes")


def _keep(visit: Visit, number: SessionId, wanted: Wanted) -> bool:
    find_session(visit.tx, visit.org_id, visit.at.id, number)
    zone = visit.at.timezone
    set_media(
        visit.tx,
        visit.org_id,
        number,
        wanted.kind,
        wanted.url,
        is_simulated=wanted.is_simulated,
        is_on_demand=wanted.is_on_demand,
        live_from=instant(wanted.live_from, zone) if wanted.live_from else None,
        live_until=instant(wanted.live_until, zone) if wanted.live_until else None,
        actor=visit.user.actor,
    )
    set_chapters(visit.tx, visit.org_id, number, wanted.chapters, actor=visit.user.actor)
    return True


def _remove(visit: Visit, number: SessionId) -> None:
    if find_media(visit.tx, visit.org_id, number) is None:
        raise Missing("session.missing", session_id=number)
    find_session(visit.tx, visit.org_id, visit.at.id, number)
    remove_media(visit.tx, visit.org_id, number, actor=visit.user.actor)
