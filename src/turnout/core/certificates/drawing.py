"""The paper of a certificate. Pure and slow: not in a transaction."""

from collections.abc import Iterable
from itertools import pairwise
from typing import BinaryIO

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.certificates.issuing import (
    Certificate,
    Template,
    fill_in,
    proof_url,
    show_code,
    speak,
)
from turnout.core.events.model import Event
from turnout.core.events.showing import EventView
from turnout.core.ids import OrgId
from turnout.core.mails.facts import say_where
from turnout.core.times import local
from turnout.formats.local_dates import say_days
from turnout.formats.pdf import PaperSize, Sides
from turnout.formats.pdf.paper import Align, Box, Font, Paper

MARGIN = 22.0
QR_SIDE = 30.0
_GREY = (100, 100, 100)
_TITLE, _NAME = Font(30, is_bold=True), Font(34, is_bold=True)
_TEXT, _NOTE = Font(15), Font(9, colour=_GREY)


def draw_certificates(
    out: BinaryIO,
    org_id: OrgId,
    shown: EventView,
    organizer: str,
    template: Template,
    certificates: Iterable[Certificate],
    base_url: str,
    size: PaperSize = PaperSize.A4,
    language: str = ENGLISH,
) -> int:
    """Write a page for each certificate, on paper that lies on its side; the usual
    texts and dates are in the language in which each person registered, else in that of the event.
    Returns how many."""
    sides = Sides(max(size.sides), min(size.sides))
    paper = Paper(out, sides, f"{template.title}: {shown.event.title}")
    for certificate in certificates:
        paper.new_page()
        said, spoken = speak(template, language, certificate.language)
        facts = _facts(shown, organizer, certificate, spoken)
        url = proof_url(base_url, org_id, certificate.code)
        asked = label(spoken, "paper.certificate_genuine")
        _draw_page(paper, said, facts, certificate, (asked, url))
    paper.finish()
    return paper.page_count


def say_event_days(event: Event, language: str) -> str:
    """The days of an event by its own clock: `11 May 2027`, `11 May 2027 to 12 May 2027`."""
    starts, ends = (local(at, event.timezone) for at in (event.starts_at, event.ends_at))
    return say_days(starts, ends, language)


def _facts(
    shown: EventView, organizer: str, certificate: Certificate, language: str
) -> dict[str, str]:
    return {
        "name": certificate.name,
        "event": shown.event.title,
        "date": say_event_days(shown.event, language),
        "minutes": str(certificate.minutes),
        "organizer": organizer,
        "place": say_where(shown),
    }


def _draw_page(
    paper: Paper,
    template: Template,
    facts: dict[str, str],
    certificate: Certificate,
    proof_lines: tuple[str, str],
) -> None:
    width, height = paper.sides.width - 2 * MARGIN, paper.sides.height - 2 * MARGIN
    _draw_frame(paper)
    at = Box(MARGIN, MARGIN + 14, width, 28)
    title, text = fill_in(template.title, facts), fill_in(template.text, facts)
    at = _down(at, paper.write_big(at, title, _TITLE, Align.CENTER) + 12, 36)
    at = _down(
        at, paper.write_big(at, certificate.name, _NAME, Align.CENTER, keeps_words=True) + 8, 38
    )
    paper.write_big(at, text, _TEXT, Align.CENTER)
    foot = MARGIN + height - QR_SIDE
    paper.draw_qr(MARGIN, foot, QR_SIDE, proof_lines[1])
    proof = Box(MARGIN + QR_SIDE + 6, foot + 10, width * 0.5, 0)
    for line in (*proof_lines, show_code(certificate.code)):
        paper.write_cut(proof, line, _NOTE)
        proof = _down(proof, _NOTE.line_height + 1, 0)
    signature = Box(MARGIN + width - 80, MARGIN + height - 12, 80, 12)
    paper.draw_line((signature.x, signature.y), (signature.x + signature.width, signature.y), 120)
    signer = fill_in(template.signer, facts) or facts["organizer"]
    paper.write_big(_down(signature, 1.5, 10), signer, Font(11), Align.CENTER)


def _draw_frame(paper: Paper) -> None:
    edge = 9.0
    right, bottom = paper.sides.width - edge, paper.sides.height - edge
    corners = [(edge, edge), (right, edge), (right, bottom), (edge, bottom), (edge, edge)]
    for start, end in pairwise(corners):
        paper.draw_line(start, end, 150)


def _down(box: Box, by: float, height: float) -> Box:
    return box._replace(y=box.y + by, height=height)
