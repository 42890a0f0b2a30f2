"""`/door/api/badge` and `/door/api/print`: a badge as a PDF, and on a printer in the network."""

from falcon.asgi import Request, Response

from turnout.core.door.badges import Badge, read_badge, read_print
from turnout.core.door.model import Standing
from turnout.core.door.printers import Printer
from turnout.core.ids import OrgId, PrinterId, TicketId
from turnout.errors import Conflict
from turnout.http.body import in_thread
from turnout.http.outbound import Outbound, OutboundError
from turnout.store import Tx
from turnout.web.documents import NO_STORE
from turnout.web.door.edge import DoorApi, answer, post_of, read_number
from turnout.web.door.keys import DoorKeys
from turnout.web.door.wire import PrintBody

BODY_LIMIT = 1_024
PRINT_S = 8.0
# Drawing is work for a thread, however small what is drawn.
DRAWN = 1_000_000


class BadgeResource(DoorApi):
    """`/door/api/badge`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """A PDF of one page, for the phone's own printing. Raises Unauthenticated, Denied,
        Missing."""
        async with self.keys.knowing(req):
            event, ticket = read_number(req, "event"), read_number(req, "ticket")
        badge: Badge = await self.keys.write(req, _badge, event, TicketId(ticket))
        resp.set_header("Cache-Control", NO_STORE)
        resp.content_type = "application/pdf"
        resp.data = await in_thread(DRAWN, badge.draw_pdf)


class PrintResource(DoorApi):
    """`/door/api/print`."""

    def __init__(self, keys: DoorKeys, outbound: Outbound) -> None:
        super().__init__(keys)
        self._outbound = outbound

    async def on_post(self, req: Request, resp: Response) -> None:
        """Print a badge. Raises Unauthenticated, Denied, Missing, and Conflict for a printer
        that is not reached."""
        body = await self.read(req, PrintBody, BODY_LIMIT)
        badge, printer, org_id = await self.keys.write(req, _print, body)
        data = await in_thread(DRAWN, badge.draw_for, printer)
        to = (printer.host, printer.port)
        try:
            await self._outbound.send(*to, data, PRINT_S, party=org_id)
        except OutboundError as failure:
            said = str(failure)
            raise Conflict("printer.unreached", name=printer.name, said=said) from failure
        answer(resp, {"done": "printed"})


def _badge(tx: Tx, standing: Standing, event: int, ticket_id: TicketId) -> Badge:
    return read_badge(tx, standing, post_of(standing, event), ticket_id)


def _print(tx: Tx, standing: Standing, body: PrintBody) -> tuple[Badge, Printer, OrgId]:
    post = post_of(standing, body.event)
    asked = (TicketId(body.ticket), PrinterId(body.printer))
    return *read_print(tx, standing, post, *asked), standing.org_id
