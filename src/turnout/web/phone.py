"""The page that shows what a demo's simulated phone heard, to members of the demo."""

import asyncio
import datetime
from collections.abc import Sequence

import falcon
from falcon.asgi import Request, Response

from turnout.core.identity.members import require_member
from turnout.core.identity.model import Principal
from turnout.core.ids import OrgId
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.store import Tx
from turnout.web.catalogue import DemoPhone, HeardCall
from turnout.web.documents import NO_STORE
from turnout.web.policy import set_policy
from turnout.web.sessions import PageSessions
from turnout.web.templates import render

CALLS_LIMIT = 50
_SAID = {
    "ringing": "It rang.",
    "refused": "The call was refused: {}.",
    "answered": "Somebody answered.",
    "said": "The phone had said what it says: {}.",
    "heard": "It heard somebody speak.",
    "quiet": "It was quiet.",
    "pressed": "Key {} was pressed.",
    "hung_up": "The caller hung up.",
    "cancelled": "The caller gave up.",
    "left": "The phone hung up.",
}


class PhoneResource(Resource):
    """`/outbox/phone`."""

    def __init__(self, sessions: PageSessions, phone: DemoPhone) -> None:
        self._sessions = sessions
        self._phone = phone

    async def on_get(self, req: Request, resp: Response) -> None:
        """Calls, the newest first. Raises Unauthenticated, Missing."""
        await self._sessions.read(req, require_member_of, self._phone.org_id, req.path)
        calls = (await asyncio.to_thread(self._phone.list_calls))[:CALLS_LIMIT]
        set_policy(resp, {"media-src": "'self'"})
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "phone.html",
            account=getattr(req.context, "account", None),
            calls=[(call, _moment(call), say_events(call.events)) for call in calls],
        )


class PhoneSoundResource(Resource):
    """`/outbox/phone/0007.wav`."""

    def __init__(self, sessions: PageSessions, phone: DemoPhone) -> None:
        self._sessions = sessions
        self._phone = phone

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        """What was heard in a call. Raises Unauthenticated, Missing."""
        await self._sessions.read(req, require_member_of, self._phone.org_id, req.path)
        sound = await asyncio.to_thread(self._phone.find_sound, name)
        if sound is None:
            raise Missing("path.missing", path=req.path[:60])
        set_policy(resp, {"media-src": "'self'"})
        resp.content_type = "audio/wav"
        resp.set_header("Cache-Control", NO_STORE)
        resp.data = sound


def require_member_of(tx: Tx, principal: Principal, org_id: OrgId, path: str) -> None:
    """Raise Unauthenticated unless somebody is signed in, Missing unless it is a member of that
    organization."""
    require_member(tx, principal)
    if principal.org_id != org_id:
        raise Missing("path.missing", path=path[:60])


def say_events(events: Sequence[tuple[float, str, str]]) -> list[tuple[str, str]]:
    """The timeline in words: when (s), and what happened."""
    return [(f"{at:.1f} s", _SAID[what].format(more)) for at, what, more in events]


def _moment(call: HeardCall) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(call.begun_at // 1000, datetime.UTC)
