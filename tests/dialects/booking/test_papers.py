"""Scrap paper as an attacker sees it, and the desk that draws it."""

import asyncio
import base64
import io
import json
import re
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from tests.dialects.booking.school import Request, School
from tests.support.client import Answer
from tests.support.node import Clock, LocalNode
from turnout.core.events.model import EventState
from turnout.core.exams import planning
from turnout.core.exams.model import ExamKind
from turnout.core.exams.printing import Candidate, ScrapPaper
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.members import find_password
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.page_sessions import begin_page_session
from turnout.core.identity.users import create_user, hash_password
from turnout.core.ids import OrgId
from turnout.dialects.booking import papers
from turnout.dialects.booking.papers import PaperDesk
from turnout.errors import Limited, Unavailable
from turnout.formats.pdf import PaperSize

PASSWORD = "correct horse battery"


def ask_link(school: School, secret: str | None = None) -> str:
    answer = school.ask("GET", "/api/events/scrap-paper?id={event}", None, secret).send(school.node)
    assert answer.status == 200
    link = answer.body.decode()
    assert "/scrap-paper/" in link
    return link[link.index("/scrap-paper/") :]


def open_link(node: LocalNode, link: str, **headers: str) -> Answer:
    return Request("GET", link, headers, b"").send(node)


def basic(user: str, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def add_stranger(node: LocalNode) -> str:
    """Another organization's developer secret."""
    other = node.db.call(create_organization, "other", "Other", actor="test")
    kind = CredentialKind.DEVELOPER_SECRET
    return node.db.call(issue_credential, other.org_id, kind, "x", actor="test")[1]


def add_user(node: LocalNode, org_id: OrgId, code: str) -> None:
    node.db.call(
        create_user,
        org_id,
        code,
        name="Ida Invigilator",
        email=f"{code}@example.com",
        password_hash=hash_password(PASSWORD),
        actor="test",
    )


def private_words(school: School) -> list[str]:
    rows = school.db.call(
        lambda tx: tx.connection.execute(
            "SELECT p.first_name, p.last_name, p.email, l.code, s.passcode "
            "FROM exam_registrations s JOIN people p ON p.id = s.person_id "
            "JOIN learners l ON l.person_id = p.id"
        ).fetchall()
    )
    return [word for row in rows for word in row if word]


def test_a_link_for_the_organization_opens_by_itself(school):
    answer = open_link(school.node, ask_link(school, ""))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert "Ada Lovelace" in PdfReader(io.BytesIO(answer.body)).pages[0].extract_text()


def test_a_strangers_link_opens_for_a_secret_or_a_member(school):
    link = ask_link(school)
    answer = open_link(school.node, link)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Turnout"'
    assert "sign in" in answer.json()["error"]
    for header in ("Bearer wrong", "Bearer", basic("nobody"), f"Bearer {school.made['revoked']}"):
        assert open_link(school.node, link, Authorization=header).status == 401
    add_user(school.node, school.org_id, "ida")
    assert open_link(school.node, link, Authorization=basic("ida", "wrong password")).status == 401
    for header in (f"Bearer {school.made['secret']}", basic("ida")):
        answer = open_link(school.node, link, Authorization=header)
        assert (answer.status, answer.body[:5]) == (200, b"%PDF-")


def test_a_browser_is_sent_to_sign_in_and_then_has_the_paper(school):
    link = ask_link(school)
    answer = open_link(school.node, link, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (answer.status, answer.headers["location"]) == (
        303,
        f"/console/sign-in?next={quote(link, safe='')}",
    )
    assert answer.headers["cache-control"] == "no-store"
    add_user(school.node, school.org_id, "ida")
    login = school.db.call(find_password, "ida").principal
    token = school.db.call(begin_page_session, login)
    for accept in ("text/html", "*/*"):
        answer = open_link(school.node, link, Accept=accept, Cookie=f"turnout-session={token}")
        assert (answer.status, answer.body[:5]) == (200, b"%PDF-")
    other = school.db.call(create_organization, "third", "Third", actor="test")
    add_user(school.node, other.org_id, "eve")
    foreign = school.db.call(begin_page_session, school.db.call(find_password, "eve").principal)
    answer = open_link(school.node, link, Accept="text/html", Cookie=f"turnout-session={foreign}")
    assert answer.status == 404


def test_another_organization_never_opens_it(school):
    foreign = add_stranger(school.node)
    other = school.db.call(create_organization, "third", "Third", actor="test")
    add_user(school.node, other.org_id, "eve")
    link = ask_link(school, foreign)
    assert open_link(school.node, link).status == 401
    for header in (f"Bearer {foreign}", basic("eve")):
        answer = open_link(school.node, link, Authorization=header)
        assert (answer.status, answer.json()) == (404, "This link does not lead anywhere.")


def test_a_calendar_key_is_a_stranger_to_the_paper(school):
    key = school.made["calendar"]
    link = ask_link(school, key)
    assert open_link(school.node, link, Authorization=f"Bearer {key}", user=key).status == 401


def test_from_anonymous_no_way_leads_to_names(school):
    """Every anonymous call, everything that its answers name, and every link turned over."""
    exam = school.get_exam(school.event)
    school.db.call(
        planning.set_exam_state, school.org_id, exam.event_id, EventState.OPEN, actor="test"
    )
    school.node.execute(
        f"UPDATE exams SET kind = '{ExamKind.CLASS.value}' WHERE event_id = {exam.event_id}"
    )
    seen: list[bytes] = []

    def ask(target: str, method: str = "GET", **headers: str) -> Answer:
        answer = Request(method, target, headers, b"").send(school.node)
        seen.append(answer.body + repr(sorted(answer.headers.items())).encode())
        return answer

    classes = ask(f"/api/events/classes?organization={school.uuid}").json()
    assert school.event in {exam_class["Identifier"] for exam_class in classes}
    assert {name for exam_class in classes for name in exam_class} <= {
        *("Identifier", "Title", "IsFull", "IsClosed")
    }
    guids = {exam_class["Identifier"] for exam_class in classes} | {school.uuid, school.guid(1)}
    links = set()
    for guid in guids:
        text = ask(f"/api/events/scrap-paper?id={guid}").body.decode()
        if text != "OK":
            links.add(text[text.index("/scrap-paper/") :])
        for target in (f"/api/registrations/{guid}", f"/api/events/{guid}"):
            for method in ("GET", "POST", "HEAD"):
                ask(target, method)
    assert len(links) == 2  # of the class that is full, too
    for turned in (answer for link in links for answer in turn(link)):
        for method in ("GET", "POST", "HEAD"):
            assert ask(turned, method).status in (401, 404, 405)
    for target in ("/api/registrations/search", "/api/registrations/count"):
        assert ask(target, "POST").status == 403
    for number in (exam.event_id, 1):
        ask(f"/college/{number}")
    said = b"\n".join(seen).decode("utf-8", "replace")
    told = [word for word in private_words(school) if word in said]
    assert told == []
    assert not re.search(r"%PDF", said)


def turn(link: str) -> list[str]:
    """A link, and what somebody might make of it."""
    return [
        link,
        link.replace("/scrap-paper/m", "/scrap-paper/o"),
        link.replace("/scrap-paper/m", "/SCRAP-PAPER/M"),
        link + "/",
        link + "?from=1",
        link.replace("/scrap-paper/", "//scrap-paper/"),
        link.replace("-", "%2D"),
    ]


# -- the desk ------------------------------------------------------------------------------


def paper(number: int) -> ScrapPaper:
    return ScrapPaper(f"Exam {number}", number, PaperSize.A4, (Candidate("A", "B", "C", "D"),))


def test_one_content_is_drawn_once(monkeypatch):
    drawn: list[ScrapPaper] = []

    def draw(paper: ScrapPaper) -> bytes:
        drawn.append(paper)
        return json.dumps(paper.title).encode()

    monkeypatch.setattr(papers, "draw_scrap_paper", draw)

    async def work() -> list[bytes]:
        desk = PaperDesk(Clock())
        first = await asyncio.gather(*(desk.get_pdf(OrgId(1), paper(7)) for _ in range(50)))
        return [
            *first,
            await desk.get_pdf(OrgId(1), paper(7)),
            await desk.get_pdf(OrgId(2), paper(7)),
        ]

    assert asyncio.run(work()) == [b'"Exam 7"'] * 52
    assert len(drawn) == 2  # once for each organization


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(papers, "KEPT_BYTES", 100)
    monkeypatch.setattr(papers, "draw_scrap_paper", lambda _: bytes(40))

    async def work() -> int:
        desk = PaperDesk(Clock())
        for number in range(10):
            await desk.get_pdf(OrgId(1), paper(number))
        assert desk._size == sum(map(len, desk._kept.values()))
        return desk._size

    assert asyncio.run(work()) == 80


def test_an_organization_has_so_many_drawings_a_minute(monkeypatch):
    monkeypatch.setattr(papers, "draw_scrap_paper", lambda _: b"")

    async def work() -> None:
        clock = Clock()
        desk = PaperDesk(clock)
        for number in range(30):
            await desk.get_pdf(OrgId(1), paper(number))
        with pytest.raises(Limited) as refusal:
            await desk.get_pdf(OrgId(1), paper(30))
        assert refusal.value.retry_after == 60
        await desk.get_pdf(OrgId(1), paper(29))
        await desk.get_pdf(OrgId(2), paper(30))
        clock.advance(60)
        await desk.get_pdf(OrgId(1), paper(30))

    asyncio.run(work())


def test_few_wait_for_a_drawing(monkeypatch):
    monkeypatch.setattr(papers, "draw_scrap_paper", lambda _: b"")

    async def work() -> list[object]:
        desk = PaperDesk(Clock())
        return await asyncio.gather(
            *(desk.get_pdf(OrgId(number), paper(number)) for number in range(12)),
            return_exceptions=True,
        )

    found = asyncio.run(work())
    assert found[:10] == [b""] * 10
    assert all(isinstance(answer, Unavailable) for answer in found[10:])
