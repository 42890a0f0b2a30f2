"""`/console/{event}/webcast/{session}/captions`: a WebVTT file for each language."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audience.captions import (
    Captions,
    captions_path,
    list_captions,
    remove_captions,
    set_captions,
)
from turnout.core.events.arranging import find_session
from turnout.core.events.model import Session
from turnout.core.ids import SessionId
from turnout.formats.webvtt import LARGEST
from turnout.web.console.events.going import attempt, lead_to, read_done, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

CHANGE = "webcast.change"
TEMPLATE = "console/webcast/captions.html"


class Kept(NamedTuple):
    """Captions of a session, and where they are."""

    captions: Captions
    path: str


class CaptionsPage(ConsolePage):
    """`/console/{event}/webcast/{session}/captions`."""

    async def on_get(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """What there is, and the form. Raises Missing."""
        await self._show(req, resp, session, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str, session: str) -> None:
        """Keep a file, or forget a language. Raises Missing."""
        form, files = await self.console.take_files(req, 2 * LARGEST)
        number = SessionId(read_number(session))
        if form.has("remove"):
            what = (number, form.value("remove"))
            if await attempt(self.console, req, form, CHANGE, remove, *what):
                lead_to(resp, req.path, "captions_removed")
                return
        else:
            language, content = form.text("language", limit=35), files.get("file", b"")
            if not content:
                form.fault("file", "console.webcast.captions.fault.file")
            kept = (number, language, content, self.console.file_quota)
            if await attempt(self.console, req, form, CHANGE, keep, *kept):
                lead_to(resp, req.path, "captions_saved")
                return
        await self._show(req, resp, session, form)

    async def _show(self, req: Request, resp: Response, session: str, form: Form) -> None:
        number = SessionId(read_number(session))
        found, rows = await self.console.read(req, CHANGE, open_captions, number)
        values = {
            "session": found,
            "rows": rows,
            "done": read_done(req, "console.webcast.done."),
        }
        self.console.answer(req, resp, TEMPLATE, form, **values)


def open_captions(visit: Visit, number: SessionId) -> tuple[Session, list[Kept]]:
    """The session of that number with its captions. Raises Missing."""
    session = find_session(visit.tx, visit.org_id, visit.at.id, number)
    rows = list_captions(visit.tx, visit.org_id, number)
    return session, [Kept(one, captions_path(visit.org_id, one.digest)) for one in rows]


def keep(visit: Visit, number: SessionId, language: str, content: bytes, quota: int) -> bool:
    """Keep a file as captions in a language. Raises Missing, Invalid, Conflict."""
    find_session(visit.tx, visit.org_id, visit.at.id, number)
    what = (visit.tx, visit.org_id, number, language, content)
    set_captions(*what, default_quota=quota, actor=visit.user.actor)
    return True


def remove(visit: Visit, number: SessionId, language: str) -> bool:
    """Forget the captions in a language. Raises Missing."""
    find_session(visit.tx, visit.org_id, visit.at.id, number)
    remove_captions(visit.tx, visit.org_id, number, language, actor=visit.user.actor)
    return True
