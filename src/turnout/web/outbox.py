"""The page that shows what the simulator "sent", to users of the messaging API."""

import datetime
import re
from urllib.parse import urlencode

import falcon
from falcon.asgi import Request, Response

from turnout.core.ids import JobId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.outbox import OutboxFilter, SentMessage
from turnout.errors import Invalid
from turnout.http.dialect import Resource
from turnout.web.catalogue import ListSent
from turnout.web.documents import NO_STORE
from turnout.web.sessions import PageSessions
from turnout.web.templates import render

LONGEST = 200
MESSAGES_LIMIT = 100
"""How many messages are shown at once; one more is read, to know of older ones."""
_BEFORE = re.compile(r"([0-9]{1,15})\.([0-9]{1,18})")


class OutboxResource(Resource):
    """`/outbox`: a user sees what was sent for its jobs; an Agent or Admin all of its
    organization's."""

    def __init__(self, sessions: PageSessions, list_sent: ListSent) -> None:
        self._sessions = sessions
        self._list_sent = list_sent

    async def on_get(self, req: Request, resp: Response) -> None:
        """Messages, newest first. Raises Unauthenticated, Limited, Invalid for a filter that
        cannot be read."""
        wanted = read_filter(req)
        found = await self._sessions.read(req, self._list_sent, wanted, limit=MESSAGES_LIMIT + 1)
        shown, has_older = found[:MESSAGES_LIMIT], len(found) > MESSAGES_LIMIT
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "outbox.html",
            account=getattr(req.context, "account", None),
            wanted=wanted,
            channels=[channel.value for channel in Channel],
            messages=[(message, _moment(message)) for message in shown],
            older=link_older("/outbox", wanted, shown[-1]) if has_older else "",
        )


def read_filter(req: Request) -> OutboxFilter:
    """What the address asks for. Raises Invalid for what cannot be read."""
    channel = req.get_param("channel", default="").strip()
    destination = req.get_param("to", default="").strip()
    job = req.get_param("job", default="").strip()
    if channel and channel not in list(Channel):
        raise Invalid("outbox.channel", channel=channel)
    if job and not (job.isascii() and job.isdigit() and len(job) < 16):
        raise Invalid("outbox.job", job=job)
    if len(destination) > LONGEST:
        raise Invalid("outbox.to", limit=LONGEST)
    before = req.get_param("before", default="").strip()
    found = _BEFORE.fullmatch(before)
    if before and not found:
        raise Invalid("outbox.before", before=before[:50])
    place = (int(found[1]), int(found[2])) if found else (0, 0)
    return OutboxFilter(channel, destination, JobId(int(job or 0)), place)


def link_older(path: str, wanted: OutboxFilter, last: SentMessage) -> str:
    """The page with what is older than `last`, under the same filter."""
    given = {"channel": wanted.channel, "to": wanted.destination, "job": wanted.job_id or ""}
    query = {name: value for name, value in given.items() if value}
    return f"{path}?{urlencode(query | {'before': f'{last.at}.{last.id}'})}"


def _moment(message: SentMessage) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(message.at // 1000, datetime.UTC)
