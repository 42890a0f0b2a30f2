"""`/console/{org}/outbox`: what the simulator "sent", as mails and on a phone. Who sees what is as
at `/outbox`: a messaging account its own messages, other users all of their own organization."""

from falcon.asgi import Request, Response

from turnout.core.messaging.model import Channel
from turnout.core.messaging.outbox import OutboxFilter, SentMessage
from turnout.web.catalogue import ListSent
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.outbox import link_older, read_filter

TEMPLATE = "console/outbox.html"
PERMISSION = "messages.see"
PAGE = 25
PHONES = frozenset({Channel.SMS, Channel.MMS})


class OutboxPage(ConsolePage):
    """`/console/{scope}/outbox`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """Messages, newest first. Raises Denied, Missing, Invalid for an unreadable filter."""
        wanted = read_filter(req)
        list_sent = self.console.served.list_sent
        found = await self.console.read(req, PERMISSION, find_sent, list_sent, wanted)
        shown = found[:PAGE]
        older = link_older(req.path, wanted, shown[-1]) if len(found) > PAGE else ""
        self.console.show(
            req,
            resp,
            TEMPLATE,
            wanted=wanted,
            channels=list(Channel),
            phones=PHONES,
            is_phone=bool(wanted.destination and shown)
            and all(message.channel in PHONES for message in shown),
            messages=shown,
            older=older,
            is_simulated=any(one.is_simulated for one in self.console.served.networks),
        )


def find_sent(visit: Visit, list_sent: ListSent | None, wanted: OutboxFilter) -> list[SentMessage]:
    """What the user may see, and one more than a page; nothing at an organization that is not the
    user's own."""
    if list_sent is None or visit.principal.org_id != visit.org_id:
        return []
    return list_sent(visit.tx, visit.principal, wanted, limit=PAGE + 1)
