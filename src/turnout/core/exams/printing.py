"""Scrap paper: a page for each candidate of an exam, with the code that opens the exam.

Theory. The contract lets anybody ask for the address of the paper, and an event's id is public; so
the address alone must not be enough. A link made for the organization's own developer secret opens
by itself: it cannot be guessed, and ends after a quarter of an hour. A link made for anybody else
opens only for a secret or a signed-in member of that organization. Which of the two a link is
stands in what is signed.
"""

import enum
import hashlib
import io
from typing import NamedTuple

from turnout.core.exams.lists import get_settings
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sql import sql
from turnout.core.identity.link_keys import find_link_key, find_link_keys
from turnout.core.identity.names import find_name
from turnout.core.identity.personal_links import PersonalLinks
from turnout.core.ids import EventId, OrgId
from turnout.errors import Conflict, Gone, Invalid
from turnout.formats.pdf import PaperSize
from turnout.formats.pdf.paper import Box, Font, Paper
from turnout.store import Tx
from turnout.store.windows import has_ended

PATH = "/scrap-paper/"
VALID_MS = 15 * 60_000
RETURN = "This must be returned to the invigilator upon completion of the exam."
MARGIN = 20.0
TITLE, LINE = Font(16, is_bold=True), Font(11)
# A page takes some milliseconds to draw.
PAGE_LIMIT = 1000
LINE_LIMIT = 200
_LINKS = PersonalLinks("scrap-paper", PATH, r"([om])(\d{1,15})-(\d{1,15})-(\d{1,15})", digits=40)


class Opening(enum.StrEnum):
    """Who may open a link: anybody who has it, or members of the organization alone."""

    ANYBODY = "o"
    MEMBERS = "m"


class Link(NamedTuple):
    """What a genuine link names."""

    opening: Opening
    org_id: OrgId
    event_id: EventId


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
    candidates: tuple[Candidate, ...]

    @property
    def digest(self) -> str:
        """A name for exactly this content."""
        return hashlib.sha256(repr(tuple(self)).encode("utf-8", "surrogatepass")).hexdigest()


def make_link(tx: Tx, uuid: str, base_url: str, *, asked_by: int = 0) -> str | None:
    """The address of an exam's scrap paper for the next 15 minutes; empty when there is nothing to
    print: no such exam, or nobody registered for it. None while the server has no key for links
    yet (`ensure_link_key`): it only reads.

    `asked_by` is the organization whose secret was shown, 0 = a stranger's question.
    """
    target = find_name(tx, "guid", uuid)
    if target is None or target.noun != "event":
        return ""
    if not sql.has_candidates(tx, org_id=target.org_id, event_id=EventId(target.target_id)):
        return ""
    key = find_link_key(tx)
    if not key:
        return None
    opening = Opening.ANYBODY if asked_by == target.org_id else Opening.MEMBERS
    whose = f"{opening}{target.org_id}"
    return _LINKS.url(base_url, key, whose, target.target_id, tx.now + VALID_MS)


def read_link(tx: Tx, token: str) -> Link:
    """What a link names. Raises Missing for one that this server did not make, Gone for an old
    one."""
    opening, org_id, event_id, ends_at = _LINKS.read(find_link_keys(tx), token)
    if has_ended(int(ends_at), VALID_MS, tx.now):
        raise Gone("link.expired")
    return Link(Opening(opening), OrgId(int(org_id)), EventId(int(event_id)))


def read_scrap_paper(
    tx: Tx, org_id: OrgId, event_id: EventId, first: int | None = None
) -> ScrapPaper:
    """The paper of an exam, for up to 1,000 candidates from the `first` (from 1) on.

    Raises Missing, Invalid for a `first` beyond them, and Conflict, which says how to get all, when
    there are more and no `first` is named.
    """
    exam = get_exam(tx, org_id, event_id)
    rows = sql.list_candidates(tx, org_id=org_id, event_id=event_id)
    if first is None and len(rows) > PAGE_LIMIT:
        starts = list(range(1, len(rows) + 1, PAGE_LIMIT))
        raise Conflict("paper.long", count=len(rows), limit=PAGE_LIMIT, starts=starts)
    if first is not None and not 1 <= first <= max(1, len(rows)):
        raise Invalid("paper.from", count=len(rows))
    chosen = rows[(first or 1) - 1 :][:PAGE_LIMIT]
    return ScrapPaper(
        exam.title, exam.number, get_settings(tx, org_id).paper_size, tuple(map(_candidate, chosen))
    )


def draw_scrap_paper(paper: ScrapPaper) -> bytes:
    """A page for each candidate, as PDF. Slow, and needs no transaction."""
    out = io.BytesIO()
    title = _clip(paper.title)
    sheets = Paper(out, paper.size.sides, f"Scrap paper: {title}")
    for candidate in paper.candidates:
        _draw_candidate(sheets, title, candidate)
    sheets.finish()
    return out.getvalue()


def _draw_candidate(sheets: Paper, title: str, candidate: Candidate) -> None:
    sheets.new_page()
    at = Box(MARGIN, MARGIN, sheets.sides.width - 2 * MARGIN, 0)
    at = at._replace(y=at.y + sheets.write(at, title, TITLE) + 3)
    lines = (
        candidate.form,
        f"Candidate: {candidate.name}",
        f"Code: {candidate.code}",
        f"Passcode: {candidate.passcode}",
        RETURN,
    )
    for line in filter(None, lines):
        at = at._replace(y=at.y + sheets.write(at, _clip(line), LINE) + 1.5)
    top = at.y + 4
    sheets.draw_line((MARGIN, top), (sheets.sides.width - MARGIN, top))


def _candidate(row: tuple[str, str, str, str, str | None]) -> Candidate:
    first, last, code, passcode, form = row
    return Candidate(" ".join(filter(None, (first, last))), code, passcode, form or "")


def _clip(text: str) -> str:
    """A line that leaves its page to its candidate, whatever somebody imported as a name."""
    return text if len(text) <= LINE_LIMIT else text[: LINE_LIMIT - 1] + "…"
