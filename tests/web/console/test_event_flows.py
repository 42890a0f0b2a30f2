"""An organizer makes an event, describes it and fills it with sessions, tickets and questions."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.events.model import EventState, PayingDoor, Visibility
from turnout.core.events.page_names import set_event_name
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.events.sessions import list_session_texts
from turnout.core.events.showing import get_shown_event
from turnout.core.events.speakers import list_speakers
from turnout.core.ids import EventId, OrgId
from turnout.core.questions.model import Kind
from turnout.core.questions.reading import list_questions
from turnout.formats.qr import qr_svg_file

TIMES = {"starts": "2097-05-12T09:00", "ends": "2097-05-12T17:00", "timezone": "Europe/Berlin"}
FORM = re.compile(r'<form class="editor".*?</form>|<form [^>]*class="stack".*?</form>', re.DOTALL)
AREA = re.compile(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)
SELECT = re.compile(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', re.DOTALL)


@pytest.fixture
def made(desk: Desk, node: LocalNode, org_id: OrgId) -> EventId:
    """A draft of its own for a test."""
    answer = desk.send("/console/events/new", title="Rails", **TIMES)
    assert answer.status == 303, answer.body.decode()
    return EventId(int(urlsplit(answer.headers["location"]).path.rpartition("/")[2]))


def fields_of(page: str) -> dict[str, list[str]]:
    """What the editor's form of a page holds."""
    (form,) = re.findall(
        r'<form class="editor".*?</form>|<form [^>]*class="stack".*?</form>', page, re.DOTALL
    )[:1]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and not (is_box and " checked" not in tag):
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL
    ):
        found.setdefault(name, []).append(html.unescape(text))
    for name, options in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        found.setdefault(name, []).append(chosen[0] if chosen else "")
    found.pop("token", None)
    found.pop("once", None)
    return found


def done_of(answer) -> str:
    assert answer.status == 303, answer.body.decode()
    return parse_qs(urlsplit(answer.headers["location"]).query)["done"][0]


def test_a_new_event_is_a_draft(desk: Desk, node: LocalNode, org_id: OrgId, made: EventId) -> None:
    shown = node.db.call(get_shown_event, org_id, made)
    assert (shown.event.title, shown.event.state) == ("Rails", EventState.DRAFT)
    page = desk.read(f"/console/{made}?done=made")
    assert "The draft is made." in page
    assert "Draft: only your team can see this." in page


def test_a_new_event_needs_a_name_and_times(desk: Desk) -> None:
    answer = desk.send("/console/events/new", title="", starts="soon", ends="", timezone="Mars/X")
    page = answer.body.decode()
    assert answer.status == 422
    assert "There is a problem: 4 answers need correcting" in page
    for name in ("title", "starts", "ends", "timezone"):
        assert f'<a href="#f-{name}">' in page
    assert 'value="soon"' in page


def test_an_end_before_the_start_is_said_beside_it(desk: Desk) -> None:
    wrong = TIMES | {"ends": "2097-05-12T08:00"}
    answer = desk.send("/console/events/new", title="Rails", **wrong)
    assert answer.status == 422
    assert '<a href="#f-ends">The end is not after the start.</a>' in answer.body.decode()


def test_details_keep_what_is_typed(
    desk: Desk, node: LocalNode, org_id: OrgId, made: EventId
) -> None:
    path = f"/console/{made}/details"
    given = fields_of(desk.read(path)) | {
        "summary": "Two days on rails",
        "description": "**Trains**",
        "visibility": "unlisted",
        "contact_email": "ask@example.com",
        "capacity": "320",
        "locale": "de",
        "payment_doors": ["form"],
        "waits_when_full": "1",
    }
    assert done_of(desk.send(path, path, **given)) == "saved"
    shown = node.db.call(get_shown_event, org_id, made)
    details = shown.details
    assert (details.summary, details.description) == ("Two days on rails", "**Trains**")
    assert (details.visibility, details.contact_email) == (Visibility.UNLISTED, "ask@example.com")
    assert (details.payment_doors, details.locale) == ((PayingDoor.FORM,), "de")
    assert shown.event.capacity == 320
    again = fields_of(desk.read(path))
    assert again["waits_when_full"] == ["1"]
    assert "mails_tickets" not in again


def test_two_people_at_one_form_lose_nothing(
    desk: Desk, node: LocalNode, org_id: OrgId, made: EventId
) -> None:
    path = f"/console/{made}/details"
    mine = theirs = fields_of(desk.read(path))
    assert done_of(desk.send(path, path, **(theirs | {"summary": "Theirs"}))) == "saved"
    answer = desk.send(path, path, **(mine | {"summary": "Mine", "title": "Railways"}))
    page = answer.body.decode()
    assert answer.status == 422
    assert "You saved this in another window" in page
    rows = re.findall(r'<a href="#f-(\w+)">[^<]*</a></th><td>([^<]*)</td><td>([^<]*)</td>', page)
    assert rows == [("title", "Rails", "Railways"), ("summary", "Theirs", "Mine")]
    assert node.db.call(get_shown_event, org_id, made).details.summary == "Theirs"
    again = fields_of(page)
    assert (again["summary"], again["title"]) == (["Mine"], ["Railways"])
    assert done_of(desk.send(path, path, **again)) == "saved"
    shown = node.db.call(get_shown_event, org_id, made)
    assert (shown.details.summary, shown.event.title) == ("Mine", "Railways")


def test_a_description_can_be_looked_at(desk: Desk, made: EventId) -> None:
    path = f"/console/{made}/details"
    given = fields_of(desk.read(path)) | {"description": "**Trains**", "preview": "1"}
    answer = desk.send(path, path, **given)
    assert answer.status == 200
    assert "<strong>Trains</strong>" in answer.body.decode()


def test_a_place_becomes_the_events(
    desk: Desk, node: LocalNode, org_id: OrgId, made: EventId
) -> None:
    path = f"/console/{made}/place/new"
    given = {"name": "Hall", "city": "Hamburg", "country_code": "de", "directions": "Left."}
    assert done_of(desk.send(path, path, **given)) == "place"
    place = node.db.call(get_shown_event, org_id, made).place
    assert (place.venue, place.city, place.country_code) == ("Hall", "Hamburg", "DE")
    assert place.directions == "Left."


def test_sessions(desk: Desk, node: LocalNode, org_id: OrgId, made: EventId) -> None:
    base = f"/console/{made}"
    new = {"starts": TIMES["starts"], "ends": "2097-05-12T10:00", "room": "Hall"}
    speaker = {"name": "Grace Hopper", "headline": "Admiral"}
    assert done_of(desk.send(f"{base}/speakers/new", base, **speaker)) == "speaker"
    (grace,) = node.db.call(list_speakers, org_id, made)
    for title in ("One", "Two"):
        given = new | {"title": title, "capacity": "12", "speakers": [str(grace.id)]}
        assert done_of(desk.send(f"{base}/programme/new", base, **given)) == "added"
    one, two = node.db.call(list_sessions, org_id, made)
    page = desk.read(f"{base}/programme")
    assert "“One” and “Two” overlap in Hall" in page
    moved = desk.send(f"{base}/programme", f"{base}/programme", id=two.id, place=1)
    assert done_of(moved) == "moved"
    assert [s.title for s in node.db.call(list_sessions, org_id, made)] == ["Two", "One"]
    path = f"{base}/programme/{one.id}"
    given = fields_of(desk.read(path)) | {"title": "First", "room": "Attic", "is_closed": "1"}
    assert done_of(desk.send(path, path, **given)) == "saved"
    texts = {text.id: text for text in node.db.call(list_session_texts, org_id, made)}
    assert (texts[one.id].room, texts[one.id].speaker_ids) == ("Attic", (grace.id,))
    copied = desk.send(f"{base}/programme", f"{base}/programme", id=one.id, copy="1")
    assert done_of(copied) == "copied"
    assert done_of(desk.send(f"{path}/remove", path, remove="1")) == "removed"
    titles = [s.title for s in node.db.call(list_sessions, org_id, made)]
    assert sorted(titles) == ["First", "Two"]
    gone = desk.send(f"{base}/speakers/{grace.id}", base, remove="1")
    assert done_of(gone) == "speaker_removed"


def test_ticket_types(desk: Desk, node: LocalNode, org_id: OrgId, made: EventId) -> None:
    base = f"/console/{made}"
    given = {"name": "Student", "price": "45,00", "currency": "eur", "capacity": "60"}
    assert done_of(desk.send(f"{base}/tickets/new", base, **given)) == "added"
    default, student = node.db.call(list_ticket_types, org_id, made)
    assert (student.price_minor, student.currency, student.capacity) == (4500, "EUR", 60)
    page = desk.read(f"{base}/tickets/{default.id}")
    assert "cannot be removed" in page
    path = f"{base}/tickets/{student.id}"
    wrong = fields_of(desk.read(path)) | {"price": "cheap"}
    answer = desk.send(path, path, **wrong)
    assert answer.status == 422
    assert 'value="cheap"' in answer.body.decode()
    assert "This is not an amount, such as 10.50." in answer.body.decode()
    again = fields_of(desk.read(path)) | {"name": "general ADMISSION"}
    answer = desk.send(path, path, **again)
    assert "Another ticket of this event is called that already." in answer.body.decode()
    moved = desk.send(f"{base}/tickets", f"{base}/tickets", id=student.id, place=1)
    assert done_of(moved) == "moved"
    assert done_of(desk.send(path, path, remove="1")) == "removed"
    assert [kind.name for kind in node.db.call(list_ticket_types, org_id, made)] == [default.name]


def test_questions(desk: Desk, node: LocalNode, org_id: OrgId, made: EventId) -> None:
    base = f"/console/{made}"
    given = {"label": "What do you eat?", "kind": "several", "choices": "Fish\nVegan\n"}
    assert done_of(desk.send(f"{base}/questions/new", base, **given)) == "added"
    other = {"label": "Why?", "kind": "text", "name": "Reason", "is_required": "1"}
    assert done_of(desk.send(f"{base}/questions/new", base, **other)) == "added"
    eat, why = node.db.call(list_questions, org_id, made)
    assert (eat.name, eat.kind, eat.choices) == (eat.label, Kind.SEVERAL, ("Fish", "Vegan"))
    assert (why.name, why.is_required) == ("Reason", True)
    none = desk.send(f"{base}/questions/new", base, label="Pick", kind="choice", choices="")
    assert none.status == 422
    assert '<a href="#f-choices">' in none.body.decode()
    moved = desk.send(f"{base}/questions", f"{base}/questions", id=why.id, place=1)
    assert done_of(moved) == "moved"
    path = f"{base}/questions/{eat.id}"
    kind = node.db.call(list_ticket_types, org_id, made)[0]
    assert done_of(desk.send(f"{base}/tickets/new", base, name="Other")) == "added"
    narrow = fields_of(desk.read(path)) | {"preview": "1", "types": str(kind.id)}
    seen = desk.send(path, path, **narrow)
    assert (seen.status, f"only with {kind.name}" in seen.body.decode()) == (200, True)
    assert done_of(desk.send(path, path, remove="1")) == "removed"
    assert [one.name for one in node.db.call(list_questions, org_id, made)] == ["Reason"]


def test_the_preview_shows_every_question_as_its_form_does(desk: Desk, made: EventId) -> None:
    base = f"/console/{made}"
    more = {
        "several": {"choices": "Fish\nVegan"},
        "choice": {"choices": "Red\nBlue"},
        "agreement": {"text": "**All** of it."},
    }
    for kind in Kind:
        given = {"label": f"As {kind}", "kind": kind.value} | more.get(kind.value, {})
        assert done_of(desk.send(f"{base}/questions/new", base, **given)) == "added"
    (seen,) = re.findall(
        r'<aside class="box".*?</aside>', desk.read(f"{base}/questions"), re.DOTALL
    )
    assert [f"As {kind}" in seen for kind in Kind] == [True] * len(Kind)
    assert re.findall(r'<option value="(Red|Blue|DE)"', seen) == ["Red", "Blue", "DE"]
    assert seen.count('type="checkbox"') == 3  # two of several, and what is agreed to
    assert seen.count('type="radio"') == 2  # yes and no
    assert "<strong>All</strong> of it." in seen
    assert ("<textarea" in seen, 'type="date"' in seen, 'type="tel"' in seen) == (True,) * 3
    typed = {"label": "Typed so far", "kind": "number", "preview": "1"}
    page = desk.send(f"{base}/questions/new", base, **typed).body.decode()
    (seen,) = re.findall(r'<aside class="box".*?</aside>', page, re.DOTALL)
    assert ("As text" in seen, "Typed so far" in seen) == (True, True)
    assert 'inputmode="decimal"' in seen


def test_a_session_outside_of_the_event_is_said(desk: Desk, made: EventId) -> None:
    base = f"/console/{made}"
    inside = {"title": "Inside", "starts": "2097-05-12T09:00", "ends": "2097-05-12T17:00"}
    assert done_of(desk.send(f"{base}/programme/new", base, **inside)) == "added"
    pages = (f"{base}/programme", f"{base}/details", base)
    assert not any("outside of the event" in desk.read(page) for page in pages)
    late = {"title": "Late", "starts": "2097-05-12T16:30", "ends": "2097-05-12T18:00"}
    assert done_of(desk.send(f"{base}/programme/new", base, **late)) == "added"
    said = (
        "The session is from Sun 12 May 2097, 16:30 to Sun 12 May 2097, 18:00, the event from "
        "Sun 12 May 2097, 9:00 to Sun 12 May 2097, 17:00 (Europe/Berlin)."
    )
    for page in pages:
        shown = desk.read(page)
        assert "“Late” is outside of the event&#39;s times" in shown
        assert said in shown
    assert desk.read(f"{base}/programme").count(">Outside of the event<") == 1


def test_a_form_of_another_session_changes_nothing(desk: Desk, made: EventId) -> None:
    answer = desk.send(f"/console/{made}/details", f"/console/{made}", token="x", title="Mine")
    assert answer.status == 403


def test_the_address_as_a_picture(desk: Desk, made: EventId) -> None:
    answer = desk.open(f"/console/{made}/qr.svg?download=1")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert b"<svg" in answer.body


def test_a_named_address_is_shown_everywhere(
    node: LocalNode, desk: Desk, org_id: OrgId, made: EventId
) -> None:
    node.db.call(set_event_name, org_id, made, "bridge-day", actor="test")
    (address,) = re.findall(
        r"https?://[^\s<\"]+/rail/bridge-day", desk.read(f"/console/{made}/publish")
    )
    assert desk.open(f"/console/{made}/qr.svg").body == qr_svg_file(address)
    node.db.call(set_event_name, org_id, made, "", actor="test")
    assert f"/rail/{made}" in desk.read(f"/console/{made}/publish")
