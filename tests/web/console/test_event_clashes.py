"""What two people at one form read of either's version: words, names, and times with their zone."""

import re
from typing import Any

from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.test_event_flows import done_of, fields_of, made
from turnout.core.events.programme import create_venue
from turnout.core.identity.model import Role
from turnout.core.ids import EventId, OrgId

__all__ = ["made"]
ROW = re.compile(r'<a href="#f-(\w+)">([^<]*)</a></th><td>([^<]*)</td><td>([^<]*)</td>')
SAVED = re.compile(r"<p>Saved (by [^<,]+, )?\w{3} \d+ \w{3} 20\d\d, [^<]+\. Nothing of yours")


def clash(desk: Desk, path: str, theirs: dict[str, Any], mine: dict[str, Any]) -> list[Any]:
    """What the page says of each field where somebody saved `theirs` before `mine`."""
    opened = fields_of(desk.read(path))
    assert desk.send(path, path, **(opened | theirs)).status == 303
    return rows(desk.send(path, path, **(opened | mine)))


def rows(answer: Answer) -> list[Any]:
    assert answer.status == 422
    assert SAVED.search(answer.body.decode())
    return [found[1:] for found in ROW.findall(answer.body.decode())]


def test_it_says_whether_somebody_else_saved_or_the_same_user_in_another_window(
    desk: Desk, node: LocalNode, org_id: OrgId, made: EventId
) -> None:
    path = f"/console/{made}/details"
    other = add_user(node, org_id, "org/bea", Role.ADMIN)
    opened = fields_of(desk.read(path))
    for saver, who, titles in (
        (desk, "", ("You saved this in another window", "You saved it in another window")),
        (other, "by Org/Bea, ", ("Somebody else saved this before", "Somebody else saved in the")),
    ):
        seen = fields_of(saver.read(path))
        assert saver.send(path, path, **(seen | {"contact_name": saver.user_code})).status == 303
        page = desk.send(path, path, **(opened | {"contact_name": "Cem"})).body.decode()
        found = SAVED.search(page)
        assert ((found and found[1]) or "") == who
        assert all(title in page for title in titles)
        assert re.findall(r'<a href="#f-contact_name">([^<]*)</a>', page) == ["Contact&#39;s name"]


def test_details(desk: Desk, node: LocalNode, org_id: OrgId, made: EventId) -> None:
    venue = node.db.call(create_venue, org_id, "Hall", timezone="Europe/Berlin", actor="test")
    theirs = {
        "venue": str(venue.id),
        "starts": "2097-05-12T08:00",
        "visibility": "private",
        "payment_doors": ["form", "staff"],
        "waits_when_full": "1",
    }
    mine = {"locale": "es", "companions": "2", "payment_doors": ["form"]}
    day, page = "Sun 12 May 2097", "On the event&#39;s page"
    assert clash(desk, f"/console/{made}/details", theirs, mine) == [
        ("Begins", f"{day}, 8:00 Europe/Berlin", f"{day}, 9:00 Europe/Berlin"),
        ("Place", "Hall", "nothing"),
        ("Language", "nothing", "Spanish"),
        ("Who finds the event", "Who is invited", "Everybody"),
        ("Ask for payment", f"{page}, When your team adds people", page),
        ("People who may come along", "nothing", "2"),
        ("Put them on the waiting list when it is full", "Yes", "No"),
    ]


def test_a_session(desk: Desk, made: EventId) -> None:
    base = f"/console/{made}"
    assert done_of(desk.send(f"{base}/speakers/new", base, name="Ada")) == "speaker"
    given = {"title": "Tour", "starts": "2097-05-12T10:00", "ends": "2097-05-12T11:00"}
    assert done_of(desk.send(f"{base}/programme/new", base, **given)) == "added"
    (number,) = re.findall(r'id="session-(\d+)"', desk.read(f"{base}/programme"))
    path = f"{base}/programme/{number}"
    page = desk.read(path)
    (ada,) = re.findall(r'name="speakers" value="(\d+)"', page)
    (kind,) = re.findall(r'name="types" value="(\d+)"', page)
    theirs = {"speakers": [ada], "types": [kind], "is_closed": "1"}
    day = "Sun 12 May 2097"
    assert clash(desk, path, theirs, {"ends": "2097-05-12T12:00"}) == [
        ("Ends", f"{day}, 11:00 Europe/Berlin", f"{day}, 12:00 Europe/Berlin"),
        ("Who speaks", "Ada", "nothing"),
        ("Which tickets may book it", "General admission", "nothing"),
        ("Nobody can book it now", "Yes", "No"),
    ]


def test_a_question(desk: Desk, made: EventId) -> None:
    base = f"/console/{made}"
    assert done_of(desk.send(f"{base}/questions/new", base, label="Why?", kind="text")) == "added"
    (number,) = re.findall(r'id="question-(\d+)"', desk.read(f"{base}/questions"))
    theirs = {"kind": "agreement", "consents": ["sms"], "text": "All."}
    assert clash(desk, f"{base}/questions/{number}", theirs, {"is_required": "1"}) == [
        ("Kind of answer", "Agreement", "One line"),
        ("It must be answered", "No", "Yes"),
        ("What is agreed to", "All.", "nothing"),
        ("It is consent to marketing by", "Text message", "nothing"),
    ]


def test_a_ticket_type(desk: Desk, made: EventId) -> None:
    base = f"/console/{made}"
    assert done_of(desk.send(f"{base}/tickets/new", base, name="Student")) == "added"
    number = re.findall(r'id="ticket-(\d+)"', desk.read(f"{base}/tickets"))[-1]
    theirs = {"is_hidden": "1", "sale_ends": "2097-05-01T12:00"}
    assert clash(desk, f"{base}/tickets/{number}", theirs, {"price": "10", "currency": "EUR"}) == [
        ("Price", "nothing", "10"),
        ("Currency", "nothing", "EUR"),
        ("until", "Wed 1 May 2097, 12:00 Europe/Berlin", "nothing"),
        ("Hide from the page", "Yes", "No"),
    ]


def test_a_template(desk: Desk) -> None:
    pages = "/console/rail/messages/templates"
    mine = {"channel": "sms", "name": "Soon", "text": "Hello"}
    assert desk.send(f"{pages}/new", f"{pages}/new", purpose="service", **mine).status == 303
    (path,) = re.findall(rf'href="({pages}/\d+)"', desk.read(pages))
    (version,) = re.findall(r'name="version" value="(\w+)"', desk.read(path))
    given = mine | {"version": version}
    assert desk.send(path, path, purpose="marketing", **given).status == 303
    found = rows(desk.send(path, path, purpose="service", **given))
    assert found == [("Purpose", "Marketing", "Service")]


def test_an_organization(desk: Desk) -> None:
    theirs, mine = {"country_code": "DE", "locale": "de"}, {"timezone": "America/New_York"}
    assert clash(desk, "/console/rail/settings", theirs, mine) == [
        ("Time zone", "UTC", "America/New York"),
        ("Language", "German", "English"),
        ("Country", "Germany", "nothing"),
    ]
