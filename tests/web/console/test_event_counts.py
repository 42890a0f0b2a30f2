"""The pages of an event say the same numbers: home, the list of events, the menu, the overview."""

import re

import pytest

from tests.support.builder import ACTOR, Builder, contact
from tests.support.node import LocalNode
from tests.web.console.conftest import AHEAD
from tests.web.console.desk import Desk
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.offers import join_list
from turnout.store import Tx

TITLE = "Counted"


@pytest.fixture(scope="module")
def counted(node: LocalNode, events: dict[str, EventId]) -> EventId:
    """An event of three places: two are registered, one place is offered, two wait."""

    def make(tx: Tx) -> EventId:
        house = Builder.of(tx, get_organization(tx, "rail"))
        event = house.event(TITLE, when=AHEAD, capacity=3)
        gone = [
            add_by_staff(tx, house.org_id, event.id, contact(name), actor=ACTOR)
            for name in ("ann", "bob", "cid")
        ][-1]
        (kind,) = list_ticket_types(tx, house.org_id, event.id)
        for name in ("dot", "eve", "fay"):
            join_list(tx, house.org_id, event.id, kind.id, contact(name))
        cancel_registration(tx, house.org_id, gone.registration_id, actor=ACTOR)
        return event.id

    return node.db.call(make)


def row_of(page: str) -> str:
    (row,) = [row for row in page.split("<tr>") if f">{TITLE}</a>" in row]
    return row.partition("</tr>")[0]


def test_one_count_has_one_meaning_on_all_pages(desk: Desk, counted: EventId) -> None:
    overview = desk.read(f"/console/{counted}")
    menu = dict(
        re.findall(r'<a href="/console/\d+/(\w+)"[^>]*>[^<]+<span class="count">(\d+)', overview)
    )
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)", overview))
    assert (menu["people"], menu["waiting"]) == ("2", "2")
    assert figures["Registered"] == "2"
    for page in ("/console", "/console/events"):
        assert re.findall(r'<td class="num">(\d+)', row_of(desk.read(page))) == ["2"], page
    assert "2 wait" in overview
    assert "2 people wait" in desk.read("/console")
