"""The paper that says what was paid for a ticket. Pure and slow: not in a transaction."""

import io
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.events.showing import EventView
from turnout.core.mails.facts import say_when, say_where
from turnout.core.tickets.prices import Payment
from turnout.core.times import local
from turnout.formats.local_dates import say_day, say_money
from turnout.formats.pdf import PaperSize
from turnout.formats.pdf.paper import Box, Font, Paper

REFUNDED = "refunded"
MARGIN = 20.0
_LABELS = 45.0
_TITLE, _NAME = Font(22, is_bold=True), Font(13, is_bold=True)
_FACT, _NOTE = Font(11.5), Font(9, colour=(100, 100, 100))


class ReceiptFacts(NamedTuple):
    """What a receipt says; `holder` empty = nobody is named. Its number is the payment's."""

    shown: EventView
    organizer: str
    website: str
    type_name: str
    holder: str
    payment: Payment
    language: str

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What it says, each with the code of its label; what is empty is left out."""
        payment, spoken = self.payment, self.language
        day = say_day(local(payment.settled_at or 0, self.shown.event.timezone), spoken)
        settled = "receipt.refunded" if payment.state == REFUNDED else "receipt.paid"
        ticket = ", ".join(filter(None, (self.type_name, payment.code)))
        lines = [
            ("receipt.number", payment.reference),
            ("receipt.amount", say_money(payment.amount_minor, payment.currency, spoken)),
            (settled, day),
            ("receipt.for", self.shown.event.title),
            ("paper.when", say_when(self.shown, spoken)),
            ("paper.where", say_where(self.shown)),
            ("paper.ticket", ticket),
            ("receipt.holder", self.holder),
        ]
        return [(code, text) for code, text in lines if text]


def receipt_pdf(facts: ReceiptFacts, size: PaperSize = PaperSize.A4) -> bytes:
    """The receipt as one page."""
    out = io.BytesIO()
    title = label(facts.language, "receipt.title", number=facts.payment.reference)
    paper = Paper(out, size.sides, title)
    paper.new_page()
    box = Box(MARGIN, MARGIN, size.sides.width - 2 * MARGIN, size.sides.height - 2 * MARGIN)
    box = _below(box, paper.write(box, facts.organizer, _NAME, limit=2))
    whom = ", ".join(filter(None, (*facts.shown.contact, facts.website)))
    box = _below(box, paper.write(box, whom, _NOTE, limit=3), 12)
    box = _below(box, paper.write(box, title, _TITLE, limit=2), 6)
    for code, text in facts.lines:
        paper.write(box, label(facts.language, code), _NOTE)
        beside = Box(box.x + _LABELS, box.y, box.width - _LABELS, box.height)
        box = _below(box, paper.write(beside, text, _FACT, limit=6), 2)
    paper.write(_below(box, 0, 8), label(facts.language, "receipt.note"), _NOTE)
    paper.finish()
    return out.getvalue()


def _below(box: Box, height: float, gap: float = 1.5) -> Box:
    return Box(box.x, box.y + height + gap, box.width, box.height - height - gap)
