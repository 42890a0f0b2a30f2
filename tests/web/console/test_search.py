"""The search of the bar."""

import re

import pytest

from tests.core.identity.staff import add_user as add_colleague
from tests.support.builder import ACTOR, Builder, contact
from tests.support.node import LocalNode
from tests.web.console.desk import PASSWORD, Desk
from tests.web.console.messages.test_jobs import post
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.roles import StaffRole
from turnout.core.ids import EventId, OrgId
from turnout.core.payments.settling import ask_for_payment
from turnout.core.people.searching import index_due
from turnout.core.registrations.browsing import find_by_code
from turnout.core.registrations.changing import add_by_staff
from turnout.store import Tx, trigrams

LINK = re.compile(r'<a href="/console/([0-9]+(?:/people)?(?:/[0-9]+)?)">([^<]+)</a>')


@pytest.fixture(scope="module")
def code(node: LocalNode, org_id: OrgId, events: dict[str, EventId]) -> str:
    """The code of a ticket for the summit."""

    def add(tx: Tx) -> str:
        house = Builder.of(tx, get_organization(tx, "rail"))
        zoe = contact("zoe", last_name="Quartz")
        summit = events["Summit"]
        return add_by_staff(tx, house.org_id, summit, zoe, actor=ACTOR).ticket.code

    return node.db.call(add)


def found(desk: Desk, text: str) -> list[str]:
    page = desk.read(f"/console/search?q={text}").partition("<main")[2]
    return [words for _, words in LINK.findall(page)]


def test_events_people_and_codes_are_found(
    desk: Desk, code: str, events: dict[str, EventId]
) -> None:
    assert found(desk, "sUMM") == ["Summit"]
    assert found(desk, str(events["Draft"])) == ["Draft"]
    assert found(desk, "quartz") == ["Summit"]
    assert found(desk, "zoe@example") == ["Summit"]
    assert found(desk, code.lower()) == ["Zoe Quartz"]


def test_a_reference_that_a_mail_asks_to_quote_is_found(
    node: LocalNode, desk: Desk, org_id: OrgId, code: str
) -> None:
    due = node.db.clock() + 86_400_000
    node.db.call(ask_for_payment, org_id, code, 4950, "EUR", due_at=due, actor="test")
    for written in (f"T-{code}", f"t-{code.lower()}", f"T{code}"):
        assert found(desk, written) == ["Zoe Quartz"]


def test_a_code_leads_to_its_person(
    node: LocalNode, desk: Desk, org_id: OrgId, code: str, events: dict[str, EventId]
) -> None:
    registration = node.db.call(find_by_code, org_id, code)
    assert registration is not None
    page = desk.read(f"/console/search?q={code}")
    assert f'href="/console/{events["Summit"]}/people/{registration.id}"' in page
    assert node.db.call(find_by_code, org_id, "NONE") is None


def test_who_is_called_just_that_comes_first(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    def add(tx: Tx) -> None:
        for name in ("Marisol", "Mari", "Marit"):
            made = contact(name.lower(), first_name=name, last_name="Ko\xe7")
            add_by_staff(tx, org_id, events["Summit"], made, actor=ACTOR)

    node.db.call(add)
    node.db.call(index_due, 1_000)
    page = desk.read("/console/search?q=mari+koc")
    assert re.findall(r"<b>(\w+) Ko\xe7</b>", page) == ["Mari", "Marisol", "Marit"]
    assert "how their names and addresses begin" not in page


def test_a_search_by_beginnings_alone_says_so(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    if node.db.backend == "sqlite":
        return
    node.db.call(lambda tx: tx.connection.execute("DROP INDEX people_search_trigrams") and None)
    assert "how their names and addresses begin" in desk.read("/console/search?q=mari")
    make = trigrams.MAKE_INDEX.replace("CONCURRENTLY ", "")
    node.db.call(lambda tx: tx.connection.execute(make) and None)


def test_the_door_finds_people_by_name_and_code_alone(
    node: LocalNode, org_id: OrgId, code: str, events: dict[str, EventId]
) -> None:
    user = add_colleague(node.db, org_id, "searcher", {StaffRole.DOOR}, hash_password(PASSWORD))
    door = Desk(node.client, user.user_code)
    node.db.call(index_due, 1_000)
    page = door.read("/console/search?q=quartz+zoe")
    assert "<b>Zoe Quartz</b>" in page
    assert "zoe@example" not in page
    assert found(door, "quartz") == ["Summit"]
    assert found(door, code.lower()) == ["Zoe Quartz"]
    for text in ("zoe@example", "example.com"):
        assert "Nothing has" in door.read(f"/console/search?q={text}")


def test_nothing_is_found(desk: Desk, events: dict[str, EventId]) -> None:
    assert "Nothing has \u201czebra\u201d" in desk.read("/console/search?q=zebra")
    assert "Type what you look for" in desk.read("/console/search")


def test_every_page_leads_to_the_search(desk: Desk) -> None:
    assert '<form role="search" action="/console/search">' in desk.read("/console")


def test_messages_are_found_by_name_and_number(node: LocalNode, desk: Desk) -> None:
    number = post(node, name="Doors open early")
    for text in ("OPEN%20EARLY", str(number)):
        page = desk.read(f"/console/search?q={text}").partition("<main")[2]
        assert f'<a href="/console/rail/messages/{number}">Doors open early</a>' in page
