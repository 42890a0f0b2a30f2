"""Scrap paper: a page for each candidate of an exam, behind a link that cannot be guessed and ends.

Who asks for the paper is not known (the contract lets anybody ask), so the link is the only thing
that opens it, and it works for a quarter of an hour.
"""

import hashlib
import hmac
import re
from typing import NamedTuple

from turnout.core.exams.lists import get_settings
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sql import sql
from turnout.core.identity.names import find_name
from turnout.core.messaging.opt_outs import ensure_link_key, find_link_key
from turnout.errors import Gone, Missing
from turnout.papers.pdf import FAMILY, PaperSize, finish, new_paper
from turnout.store import Tx

PATH = "/scrap-paper/"
VALID_MS = 15 * 60_000
RETURN = "This must be returned to the invigilator upon completion of the exam."
MARGIN = 20.0
_TOKEN = re.compile(r"(\d{1,15})-(\d{1,15})-(\d{1,15})-([0-9a-f]{40})", re.ASCII)


class Candidate(NamedTuple):
    """Whose page it is."""

    name: str
    code: str
    passcode: str
    form: str


class ScrapPaper(NamedTuple):
    """What is printed for one exam."""

    title: str
    number: int
    size: PaperSize
    candidates: list[Candidate]


def make_link(tx: Tx, uuid: str, base_url: str) -> str:
    """The address of an exam's scrap paper for the next 15 minutes; empty when nothing is to be
    printed: there is no such exam, or nobody is registered for it."""
    target = find_name(tx, "guid", uuid)
    if target is None or target.noun != "event":
        return ""
    if not sql.list_candidates(tx, org_id=target.org_id, event_id=target.target_id):
        return ""
    facts = f"{target.org_id}-{target.target_id}-{tx.now + VALID_MS}"
    return f"{base_url}{PATH}{facts}-{_sign(ensure_link_key(tx), facts)}"


def read_scrap_paper(tx: Tx, token: str) -> ScrapPaper:
    """What a link leads to. Raises Missing for one that is none of ours, Gone for an old one."""
    match = _TOKEN.fullmatch(token)
    key = find_link_key(tx)
    facts = token.rpartition("-")[0]
    if not (match and key and hmac.compare_digest(match[4], _sign(key, facts))):
        raise Missing("link.missing", "This link does not lead anywhere.")
    org_id, event_id, until = (int(match[number]) for number in (1, 2, 3))
    if until <= tx.now:
        raise Gone("link.expired", "This link has ended: ask for the scrap paper again.")
    exam = get_exam(tx, org_id, event_id)
    candidates = [
        Candidate(" ".join(filter(None, (first, last))), code, passcode, form or "")
        for first, last, code, passcode, form in sql.list_candidates(
            tx, org_id=org_id, event_id=event_id
        )
    ]
    return ScrapPaper(exam.title, exam.number, get_settings(tx, org_id).paper_size, candidates)


def draw_scrap_paper(paper: ScrapPaper) -> bytes:
    """A page for each candidate, as PDF. Slow, and needs no transaction."""
    texts = [paper.title, RETURN]
    for each in paper.candidates:
        texts += each
    pdf = new_paper(paper.size, f"Scrap paper: {paper.title}", texts)
    pdf.set_margins(MARGIN, MARGIN)
    for each in paper.candidates:
        pdf.add_page()
        pdf.set_font(FAMILY, "B", 16)
        pdf.multi_cell(0, 8, paper.title, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font(FAMILY, "", 11)
        pdf.ln(2)
        for line in (
            each.form,
            f"Candidate: {each.name}",
            f"Code: {each.code}",
            f"Passcode: {each.passcode}",
            RETURN,
        ):
            if line:
                pdf.multi_cell(0, 6.5, line, new_x="LMARGIN", new_y="NEXT")
        top = pdf.get_y() + 4
        pdf.line(MARGIN, top, pdf.w - MARGIN, top)
    return finish(pdf)


def _sign(key: str, facts: str) -> str:
    return hmac.new(key.encode(), f"scrap-paper:{facts}".encode(), hashlib.sha256).hexdigest()[:40]
