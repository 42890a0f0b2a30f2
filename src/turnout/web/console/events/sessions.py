"""`/console/{event}/programme/{session}`: one session; added, changed, cancelled, removed."""

import datetime
from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from turnout.core.events.arranging import find_session
from turnout.core.events.model import Session, SessionState, SessionText, Speaker, TicketType, span
from turnout.core.events.programme import (
    create_session,
    list_sessions,
    list_ticket_types,
    set_session_state,
)
from turnout.core.events.sessions import (
    SessionChange,
    change_session,
    list_session_texts,
    remove_session,
)
from turnout.core.events.speakers import list_speakers
from turnout.core.ids import SessionId, SpeakerId, TicketTypeId
from turnout.core.registrations.announcing import cancel_session
from turnout.core.registrations.places import set_session_capacity
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, plan_times, read_done
from turnout.web.console.events.programme import read_session_id
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

NEW = "new"
MINUTES = len("2027-03-01T09:00")
_HOUR = datetime.timedelta(hours=1)
TEMPLATE = "console/events/session.html"


class Found(NamedTuple):
    """A session, None = a new one, and what can be chosen for it."""

    session: Session | None
    text: SessionText | None
    speakers: list[Speaker]
    types: list[TicketType]
    rooms: list[str]
    tracks: list[str]


class Wanted(NamedTuple):
    """What a form asks for. Local times at the event."""

    version: str
    change: SessionChange
    starts: str
    ends: str
    capacity: int | None
    is_closed: bool


class SessionPage(ConsolePage):
    """`/console/{event}/programme/{session}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """The session's form. Raises Missing."""
        found, values = await self.console.read(req, "event.change", open_session, session)
        self._answer(req, resp, found, fill(values), version_of(values))

    async def on_post(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """Save, unless somebody else saved before."""
        form = await self.console.take(req)
        wanted = read_session(form)
        clash = None
        saved = await attempt_once(self.console, req, form, "event.change", save, session, wanted)
        if isinstance(saved, Clash):
            clash = saved
            form.fault("", saved.fault)
        elif saved:
            done = "added" if session == NEW else "saved"
            lead_to(resp, f"/console/{scope}/programme", done, f"session-{saved}")
            return
        found, values = await self.console.read(req, "event.change", open_session, session)
        if not clash:
            zone = req.context.frame.event.timezone
            plan_times(form, wanted.starts, wanted.ends, zone)
        version = version_of(values) if clash else wanted.version
        differences = list_differences(form, clash) if clash else []
        self._answer(req, resp, found, form, version, differences)

    def _answer(
        self,
        req: Request,
        resp: Response,
        found: Found,
        form: Form,
        version: str,
        differences: object = (),
    ) -> None:
        values = {"found": found, "version": version, "differences": differences}
        done = read_done(req, "console.programme.done.")
        self.console.answer(req, resp, TEMPLATE, form, done=done, **values)


class SessionRemovalPage(ConsolePage):
    """`/console/{event}/programme/{session}/remove`: cancel or remove it."""

    async def on_get(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """What happens then. Raises Missing."""
        number = read_session_id(session)
        found, _ = await self.console.read(req, "event.change", open_session, str(number))
        template = "console/events/session_removal.html"
        self.console.show(req, resp, template, found=found, form=fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """Do it."""
        form = await self.console.take(req)
        number = read_session_id(session)
        message = form.text("message", limit=5000, is_required=False)
        verb = cancel if form.has("cancel") else remove
        done = await attempt(self.console, req, form, "event.change", verb, number, message)
        if done:
            lead_to(resp, f"/console/{scope}/programme", done)
            return
        found, _ = await self.console.read(req, "event.change", open_session, session)
        template = "console/events/session_removal.html"
        self.console.refuse(req, resp, template, form, found=found)


def open_session(visit: Visit, session: str) -> tuple[Found, Values]:
    """A session, and what its form shows. Raises Missing."""
    tx, org_id, event = visit.tx, visit.org_id, visit.at
    texts = {text.id: text for text in list_session_texts(tx, org_id, event.id)}
    known = None
    if session != NEW:
        known = find_session(tx, org_id, event.id, read_session_id(session))
    found = Found(
        known,
        texts[known.id] if known else None,
        list_speakers(tx, org_id, event.id),
        list_ticket_types(tx, org_id, event.id),
        sorted({text.room for text in texts.values() if text.room}),
        sorted({text.track for text in texts.values() if text.track}),
    )
    return found, _values_of(visit, found)


def read_session(form: Form) -> Wanted:
    """What was typed."""
    change = SessionChange(
        title=form.text("title", limit=200),
        description=form.text("description", limit=20_000, is_required=False),
        track=form.text("track", limit=200, is_required=False),
        room=form.text("room", limit=200, is_required=False),
        ticket_type_ids=[TicketTypeId(number) for number in form.numbers("types")],
        speaker_ids=[SpeakerId(number) for number in form.numbers("speakers")],
    )
    return Wanted(
        form.value("version"),
        change,
        form.moment("starts"),
        form.moment("ends"),
        form.whole("capacity"),
        form.has("is_closed"),
    )


def save(visit: Visit, session: str, wanted: Wanted) -> Clash | SessionId:
    """Add a session, or change one unless somebody else did before. Raises Invalid, Conflict."""
    tx, org_id, event, by = visit.tx, visit.org_id, visit.at, visit.user.actor
    found, values = open_session(visit, session)
    known, change = found.session, wanted.change
    when = span(wanted.starts, wanted.ends, event.timezone)
    if known is None:
        title = change.title or ""
        known = create_session(
            tx, org_id, event.id, title, when, capacity=wanted.capacity, actor=by
        )
    elif clash := find_clash(wanted.version, values, visit, known.id, "session"):
        return clash
    elif wanted.capacity != known.capacity:
        set_session_capacity(tx, org_id, known.id, wanted.capacity, actor=by)
    change_session(tx, org_id, event.id, known.id, _with_times(change, known, wanted), actor=by)
    state = SessionState.CLOSED if wanted.is_closed else SessionState.OPEN
    if known.state is not SessionState.CANCELLED and state is not known.state:
        set_session_state(tx, org_id, known.id, state, actor=by)
    return known.id


def cancel(visit: Visit, session_id: SessionId, message: str) -> str:
    """Cancel a session and tell those who booked it."""
    by = visit.user.actor
    where = (visit.tx, visit.org_id, visit.at.id, session_id)
    cancel_session(*where, message=message, actor=by)
    return "cancelled"


def remove(visit: Visit, session_id: SessionId, message: str) -> str:
    """Remove a session that nobody booked."""
    remove_session(visit.tx, visit.org_id, visit.at.id, session_id, actor=visit.user.actor)
    return "removed"


def _with_times(change: SessionChange, known: Session, wanted: Wanted) -> SessionChange:
    """The change with its times, if they are others: those that are stored may have an offset."""
    if (known.starts_local[:MINUTES], known.ends_local[:MINUTES]) == (wanted.starts, wanted.ends):
        return change
    times = {"starts_local": wanted.starts, "ends_local": wanted.ends}
    return msgspec.structs.replace(change, **times)


def _an_hour_after(starts: str) -> str:
    """What a new session ends at: an hour later, or with the last minute of that day."""
    begins = datetime.datetime.fromisoformat(starts)
    last = begins.replace(hour=23, minute=59, second=0)
    return min(begins + _HOUR, max(last, begins + _HOUR / 60)).isoformat()


def _values_of(visit: Visit, found: Found) -> Values:
    session, text = found.session, found.text
    if session is None or text is None:
        last = list_sessions(visit.tx, visit.org_id, visit.at.id)[-1:]
        starts = last[0].ends_local if last else visit.at.starts_local
        return {"starts": starts[:MINUTES], "ends": _an_hour_after(starts)[:MINUTES]}
    return {
        "title": session.title,
        "description": text.description,
        "starts": session.starts_local[:MINUTES],
        "ends": session.ends_local[:MINUTES],
        "room": text.room,
        "track": text.track,
        "capacity": "" if session.capacity is None else str(session.capacity),
        "speakers": [str(number) for number in text.speaker_ids],
        "types": [str(number) for number in text.ticket_type_ids],
        "is_closed": "1" if session.state is SessionState.CLOSED else "",
    }
