"""Scrap paper: who may open which link, what is on it, and how much of it there is."""

import io

import pytest
from pypdf import PdfReader

from tests.core.exams.college import College
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.exams import printing
from turnout.core.exams.lists import ExamSettings, set_settings
from turnout.core.exams.printing import Candidate, Link, Opening, ScrapPaper
from turnout.core.identity.link_keys import ensure_link_key, sign_link
from turnout.errors import Conflict, Gone, Invalid, Missing
from turnout.formats.pdf import PaperSize

BASE = "http://turnout.test"


@pytest.fixture
def college(node) -> College:
    node.clock.now = START
    college = College(node)
    college.db.call(ensure_link_key)
    return college


def make_token(college: College, uuid: str, asked_by: int = 0) -> str:
    link = college.db.call(printing.make_link, uuid, BASE, asked_by=asked_by)
    assert link is not None
    return link.removeprefix(f"{BASE}/scrap-paper/")


def test_scrap_paper_has_a_page_for_each_candidate(college):
    for number, learner in enumerate("abcd"):
        uuid = college.register(number, learner)
    college.cancel(1)
    event_id = college.get_exam(uuid).event_id
    paper = college.db.call(printing.read_scrap_paper, college.org_id, event_id)
    pages = PdfReader(io.BytesIO(printing.draw_scrap_paper(paper))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) == 3
    for text, (number, name, code) in zip(
        texts,
        ((0, "Ada Lovelace", "L-A"), (2, "Chloé O'Neill", "L-C"), (3, "小明 王", "L-D")),
        strict=True,
    ):
        for words in (
            "Trades Hall / Welder Level 1",
            f"Candidate: {name}",
            f"Code: {code}",
            f"Passcode: {college.sitting(number, 's.passcode')[0]}",
            "This must be returned to the invigilator upon completion of the exam.",
        ):
            assert words in text
    assert float(pages[0].mediabox.height) * 25.4 / 72 == pytest.approx(279.4, abs=0.1)
    chosen = ExamSettings(PaperSize.A4, refuses_overlaps=False)
    college.db.call(set_settings, college.org_id, chosen, actor="test")
    again = college.db.call(printing.read_scrap_paper, college.org_id, event_id)
    assert again.size is PaperSize.A4
    assert again.digest != paper.digest


def test_a_link_opens_for_anybody_only_when_the_organization_asked(college):
    uuid = college.register(1)
    event_id = college.get_exam(uuid).event_id
    for asked_by, opening in (
        (college.org_id, Opening.ANYBODY),
        (0, Opening.MEMBERS),
        (college.org_id + 1, Opening.MEMBERS),
    ):
        token = make_token(college, uuid, asked_by)
        found = college.db.call(printing.read_link, token)
        assert found == Link(opening, college.org_id, event_id)


def test_a_link_cannot_be_changed_and_ends(college):
    token = make_token(college, college.register(1))
    kind, facts, sign = token[0], token[1 : token.rindex("-")], token[token.rindex("-") + 1 :]
    org, event, until = facts.split("-")
    assert kind == "m"
    for wrong in (
        f"o{facts}-{sign}",
        f"m{int(org) + 1}-{event}-{until}-{sign}",
        f"m{org}-{int(event) + 1}-{until}-{sign}",
        f"m{org}-{event}-{int(until) + 1}-{sign}",
        f"m{facts}-{sign[:-1]}{'0' if sign[-1] != '0' else '1'}",
        f"m{facts}-",
        "x",
    ):
        with pytest.raises(Missing):
            college.db.call(printing.read_link, wrong)
    college.node.clock.advance(15 * 60 - 1)
    college.db.call(printing.read_link, token)
    college.node.clock.advance(1)
    with pytest.raises(Gone):
        college.db.call(printing.read_link, token)


def test_no_link_is_made_or_read_without_a_key(node):
    college = College(node)
    uuid = college.register(1)
    node.execute("DELETE FROM link_keys")
    assert college.db.call(printing.make_link, uuid, BASE) is None
    empty = sign_link("", f"scrap-paper:o{college.org_id}-1-{START * 2}", 40)
    with pytest.raises(Missing):
        college.db.call(printing.read_link, f"o{college.org_id}-1-{START * 2}-{empty}")


def test_nothing_is_printed_where_nobody_sits(college):
    uuid = college.register(1)
    college.cancel(1)
    assert college.db.call(printing.make_link, uuid, BASE) == ""
    assert college.db.call(printing.make_link, college.guid(9), BASE) == ""


def test_many_candidates_are_printed_in_parts(college, monkeypatch):
    monkeypatch.setattr(printing, "PAGE_LIMIT", 2)
    for number, learner in enumerate("abc"):
        uuid = college.register(number, learner)
    named = (college.org_id, college.get_exam(uuid).event_id)
    with refuses(Conflict, "paper.long", count=3, limit=2, starts=[1, 3]):
        college.db.call(printing.read_scrap_paper, *named)
    parts = [college.db.call(printing.read_scrap_paper, *named, first) for first in (1, 3)]
    assert [[candidate.code for candidate in part.candidates] for part in parts] == [
        ["L-A", "L-B"],
        ["L-C"],
    ]
    for first in (0, 4):
        with pytest.raises(Invalid):
            college.db.call(printing.read_scrap_paper, *named, first)


def test_a_long_name_leaves_its_page_to_the_candidate():
    long = Candidate("n" * 4000, "c" * 4000, "AAAA-BBBB-CCCC", "f" * 4000)
    paper = ScrapPaper("t" * 4000, 1, PaperSize.LETTER, (long, long))
    assert len(PdfReader(io.BytesIO(printing.draw_scrap_paper(paper))).pages) == 2
