"""`/my/{token}/receipts/{code}`: what was paid for a ticket, as a PDF."""

import asyncio

from falcon.asgi import Request, Response

from turnout.core.tickets.receipts import ReceiptFacts, receipt_pdf
from turnout.errors import Denied, Missing
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.web.languages import settle_language
from turnout.web.my.pages import name_of
from turnout.web.my.reading import Mine, read_mine
from turnout.web.my.resources import PRIVATE, access_of


class ReceiptResource(Resource):
    """The receipt of a ticket that was paid, for the guest who paid."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, token: str, code: str) -> None:
        """Raises Missing for a link that was never made or has ended, and where nothing was paid;
        Denied for a browser that must prove the address first."""
        mine = await self._db.read(read_mine, access_of(req, token))
        if not mine.guest.is_known:
            raise Denied("guest.browser")
        facts = _find(mine, code)
        resp.content_type = "application/pdf"
        resp.set_header("Cache-Control", PRIVATE)
        name = f"receipt-{facts.payment.code}.pdf"
        resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
        resp.data = await asyncio.to_thread(receipt_pdf, facts)


def _find(mine: Mine, code: str) -> ReceiptFacts:
    payment = next((one for one in mine.receipts if one.code == code), None)
    if payment is None:
        raise Missing("receipt.missing", code=code)
    kinds = [ticket.type_name for ticket in mine.tickets if ticket.code == code]
    return ReceiptFacts(
        mine.shown,
        mine.host.name,
        mine.host.profile.website,
        next(iter(kinds), ""),
        "" if mine.is_nameless else name_of(mine),
        payment,
        settle_language(mine.shown.locale, own=mine.language),
    )
