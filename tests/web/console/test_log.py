"""Who changed what: by whom, before and after, and of one thing."""

import csv
import html
import re

import pytest

from tests.core.identity.staff import add_user
from tests.support.builder import Builder, make_organization
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.audit.recording import record
from turnout.core.events.model import Session, TicketType
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import set_roles
from turnout.core.ids import EventId, OrgId
from turnout.store import Tx
from turnout.web.console import log_file
from turnout.web.console.log import LINES_LIMIT, Change, Words, list_changes

LOG = "/console/rail/log"


def add_line(node: LocalNode, org_id: OrgId, actor: str, noun: str, number: int) -> None:
    node.db.call(lambda tx: record(tx, org_id, actor, "tried", noun, number))


def test_pairs_are_before_and_after() -> None:
    facts = {"roles": [["door"], []], "is_limited": True, "fields": ["a", "b_c"], "name": ""}
    assert list_changes(facts) == [
        Change("roles", "door", "\u2013"),
        Change("only for some", None, "yes"),
        Change("what", None, "a, b c"),
        Change("name", None, "\u2013"),
    ]


def test_a_change_is_shown_with_who_did_it(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    boss = add_user(node.db, org_id, "boss", {StaffRole.OWNER})
    user = add_user(node.db, org_id, "logged", {StaffRole.READER})
    node.db.call(set_roles, org_id, user, {StaffRole.DOOR}, actor=f"user:{boss.id}")
    page = desk.read(f"{LOG}?noun=user&id={user.id}")
    assert "<td>Boss</td>" in page
    assert "roles: <del>reader</del> → <ins>door</ins>" in page
    assert "<td>Boss</td>" not in desk.read(f"{LOG}?noun=user&id={user.id}&actor=user:0")


def test_older_lines_are_behind_a_link(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    for number in range(LINES_LIMIT + 1):
        add_line(node, org_id, "jo", "lamp", number)
    page = desk.read(f"{LOG}?noun=lamp")
    assert page.count("Tried: lamp") == LINES_LIMIT
    [older] = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = desk.read(LOG + older.replace("&amp;", "&"))
    assert rest.count("Tried: lamp") == 1


def test_an_event_has_its_own_changes(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    page = desk.read(f"/console/{events['Called off']}/log")
    assert f'<a href="/console/{events["Called off"]}/log" aria-current="page">' in page
    assert "Changed the event" in page
    assert "cancelled" in page
    assert "lamp" not in page


def test_the_parts_of_an_event_are_in_its_log_by_their_names(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    def make(tx: Tx) -> TicketType:
        house = Builder.of(tx, get_organization(tx, "rail"))
        house.session(get_event(tx, org_id, events["Reunion"]), "Speech")
        house.session(get_event(tx, org_id, events["Draft"]), "Not here")
        return house.ticket_type(get_event(tx, org_id, events["Reunion"]), "Dinner")

    kind = node.db.call(make)
    log = f"/console/{events['Reunion']}/log"
    page = desk.read(log)
    assert "session \u201cSpeech\u201d</a>" in page
    assert "Not here" not in page
    of_dinner = f"?noun=ticket_type&id={kind.id}"
    link = f'href="{html.escape(of_dinner)}">ticket type \u201cDinner\u201d</a>'
    assert link in page
    assert '<option value="user">' not in page
    narrow = desk.read(log + of_dinner)
    assert "Dinner" in narrow
    assert "Speech" not in narrow


def test_the_log_is_a_file_too(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    for number in range(3):
        add_line(node, org_id, "jo", "torch", number)
    found = desk.open(f"{LOG}.csv?noun=torch")
    assert found.headers["content-disposition"] == 'attachment; filename="log-rail.csv"'
    heading, *rows = csv.reader(found.body.decode("utf-8-sig").splitlines())
    assert heading[:4] == ["Time (UTC)", "Who", "What", "Of"]
    assert [row[1:5] for row in rows] == [
        ["jo", "Tried: torch", "torch", "2"],
        ["jo", "Tried: torch", "torch", "1"],
        ["jo", "Tried: torch", "torch", ""],
    ]
    own = desk.open(f"/console/{events['Called off']}/log.csv").body.decode()
    assert "cancelled" in own
    assert "torch" not in own
    assert f'href="{LOG}.csv?noun=torch"' in desk.read(f"{LOG}?noun=torch")


def test_a_long_log_is_whole_in_the_file(
    node: LocalNode, desk: Desk, org_id: OrgId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "STRETCH", 2)
    for number in range(5):
        add_line(node, org_id, "jo", "candle", number)
    assert desk.open(f"{LOG}.csv?noun=candle").body.count(b"Tried: candle") == 5


def test_changes_of_others_are_not_shown(node: LocalNode, desk: Desk) -> None:
    other = node.db.call(make_organization, f"log-{node.db.backend}", "Log")
    add_line(node, other, "zq-private", "secret_lamp", 1)
    assert "zq-private" not in desk.read(LOG)
    assert "zq-private" not in desk.read(f"{LOG}?noun=secret_lamp")
    assert desk.open(f"/console/log-{node.db.backend}/log").status == 404


def test_a_filter_that_cannot_be_read_is_none(desk: Desk) -> None:
    for query in ("?id=x", "?before=-1", "?noun=A%27--", "?actor=" + "x" * 500):
        assert desk.open(LOG + query).status == 200


def test_a_change_is_a_sentence_with_the_thing_beside_it(desk: Desk) -> None:
    page = desk.read(f"{LOG}?noun=event")
    assert "Made the event \u201c" in page
    assert '<option value="event" selected>event</option>' in page
    assert '<option value="certificate template">certificate of event</option>' in page


def test_instants_amounts_and_names_are_said_as_such() -> None:
    facts = {"at": 1_800_000_000_000, "amount_minor": 1250, "currency": "EUR", "user_id": 7}
    assert list_changes(facts, Words({"user:7": "Jo"}, "Europe/Berlin", bool)) == [
        Change("at", None, "Fri 15 Jan 2027, 9:00"),
        Change("amount", None, "12.50 EUR"),
        Change("user", None, "Jo"),
    ]
    hidden = Words({}, "UTC", lambda event_id: event_id != 2)
    assert list_changes({"events": [1, 2]}, hidden) == [Change("events", None, "1")]


def test_the_page_of_a_thing_leads_to_its_changes(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    def make(tx: Tx) -> tuple[Session, TicketType]:
        house = Builder.of(tx, get_organization(tx, "rail"))
        event = get_event(tx, org_id, events["Summit"])
        return house.session(event, "Talk"), house.ticket_type(event, "Hall")

    session, kind = node.db.call(make)
    base = f"/console/{events['Summit']}"
    for path, noun, number in (
        (f"{base}/programme/{session.id}", "session", session.id),
        (f"{base}/tickets/{kind.id}", "ticket_type", kind.id),
    ):
        (link,) = re.findall(rf'href="({LOG}\?noun={noun}&amp;id={number})"', desk.read(path))
        assert "Nothing was changed" not in desk.read(html.unescape(link))
    assert "log?noun" not in desk.read(f"{base}/programme/new")
