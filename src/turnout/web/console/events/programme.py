"""`/console/{event}/programme`: sessions by day, in the order of the page, and who speaks."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.arranging import copy_session, move_session
from turnout.core.events.model import Session, SessionText, Speaker, TicketType
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.events.sessions import list_session_texts
from turnout.core.events.speakers import list_speakers
from turnout.core.ids import SessionId
from turnout.web.console.events.attention import (
    Need,
    Overlap,
    list_overlaps,
    list_strays,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done, read_number
from turnout.web.console.forms import Form
from turnout.web.console.page import ConsolePage, Visit


class Entry(NamedTuple):
    """A session as the programme shows it; `place` counts from 1."""

    session: Session
    text: SessionText
    place: int
    speakers: list[str]
    types: list[str]


class Day(NamedTuple):
    """The sessions that begin on a day (ISO), in the order of the page."""

    date: str
    entries: list[Entry]


class Programme(NamedTuple):
    """The programme of an event."""

    days: list[Day]
    total: int
    speakers: list[Speaker]
    overlaps: list[Overlap]
    strays: list[Need]
    types: list[TicketType]


class ProgrammePage(ConsolePage):
    """`/console/{event}/programme`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The programme. Raises Missing, Denied."""
        await self._answer(req, resp)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Move a session to another place, or copy one."""
        form = await self.console.take(req)
        session_id, place = form.whole("id", least=1), form.whole("place", least=1)
        path = f"/console/{scope}/programme"
        if form.has("copy") and session_id:
            code = SessionId(session_id)
            made = await attempt_once(self.console, req, form, "event.change", copy, code)
            if made:
                lead_to(resp, f"{path}/{made.id}", "copied")
                return
        elif session_id and place:
            moved = (SessionId(session_id), place)
            if await attempt(self.console, req, form, "event.change", move, *moved):
                lead_to(resp, path, "moved", f"session-{session_id}")
                return
        await self._answer(req, resp, form)

    async def _answer(self, req: Request, resp: Response, form: Form | None = None) -> None:
        programme = await self.console.read(req, "event.change", find_programme)
        done = read_done(req, "console.programme.done.")
        template = "console/events/programme.html"
        self.console.answer(req, resp, template, form, programme=programme, done=done)


def find_programme(visit: Visit) -> Programme:
    """The sessions with all that they say."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    sessions = list_sessions(tx, org_id, event_id)
    texts = {text.id: text for text in list_session_texts(tx, org_id, event_id)}
    speakers = list_speakers(tx, org_id, event_id)
    types = list_ticket_types(tx, org_id, event_id)
    names = {speaker.id: speaker.name for speaker in speakers}
    type_names = {kind.id: kind.name for kind in types}
    days: list[Day] = []
    for place, session in enumerate(sessions, 1):
        text = texts[session.id]
        entry = Entry(
            session,
            text,
            place,
            [names[id_] for id_ in text.speaker_ids if id_ in names],
            [type_names[id_] for id_ in text.ticket_type_ids if id_ in type_names],
        )
        date = session.starts_local[:10]
        if not days or days[-1].date != date:
            days.append(Day(date, []))
        days[-1].entries.append(entry)
    overlaps, strays = list_overlaps(visit), list_strays(visit)
    return Programme(days, len(sessions), speakers, overlaps, strays, types)


def move(visit: Visit, session_id: SessionId, place: int) -> bool:
    """Move a session."""
    by = visit.user.actor
    move_session(visit.tx, visit.org_id, visit.at.id, session_id, place, actor=by)
    return True


def copy(visit: Visit, session_id: SessionId) -> Session:
    """Copy a session."""
    by = visit.user.actor
    return copy_session(visit.tx, visit.org_id, visit.at.id, session_id, actor=by)


def read_session_id(text: str) -> SessionId:
    """The number of a session in an address. Raises Missing."""
    return SessionId(read_number(text))
