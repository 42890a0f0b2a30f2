"""The page that shows what the simulator "sent", to users of the messaging API."""

import datetime

import falcon
from falcon.asgi import Request, Response

from turnout.core.messaging.model import Channel
from turnout.errors import Invalid
from turnout.http.dialect import Resource
from turnout.web.catalogue import OutboxFilter, ReadOutbox, SentMessage
from turnout.web.documents import NO_STORE
from turnout.web.templates import render

LONGEST = 200


class OutboxResource(Resource):
    """`/outbox`: a user sees what was sent for its jobs; an Agent or Admin all of its
    organization's."""

    def __init__(self, read_outbox: ReadOutbox) -> None:
        self._read_outbox = read_outbox

    async def on_get(self, req: Request, resp: Response) -> None:
        """Messages, newest first. Raises Unauthenticated, Limited, Invalid for a filter that
        cannot be read."""
        wanted = _read_filter(req)
        found = await self._read_outbox(req, wanted)
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "outbox.html",
            account=getattr(req.context, "account", None),
            wanted=wanted,
            channels=[channel.value for channel in Channel],
            messages=[(each, _moment(each)) for each in found],
        )


def _read_filter(req: Request) -> OutboxFilter:
    channel = req.get_param("channel", default="").strip()
    destination = req.get_param("to", default="").strip()
    job = req.get_param("job", default="").strip()
    if channel and channel not in list(Channel):
        raise Invalid("outbox.channel", f"There is no channel {channel!r}.")
    if job and not (job.isascii() and job.isdigit() and len(job) < 16):
        raise Invalid("outbox.job", f"{job!r} is not the number of a job.")
    if len(destination) > LONGEST:
        raise Invalid("outbox.to", f"A number or address has up to {LONGEST} characters.")
    return OutboxFilter(channel, destination.lstrip("+"), int(job or 0))


def _moment(each: SentMessage) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(each.at // 1000, datetime.UTC)
