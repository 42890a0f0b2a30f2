"""People over all events: found, corrected, merged, exported and erased."""

import json
import re
from typing import NamedTuple

import pytest

from tests.support.builder import contact, make_organization
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user, read_shown
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import Role
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.people.finding import get_named_person, get_person
from turnout.core.registrations.changing import add_by_staff
from turnout.errors import Missing
from turnout.store import Tx
from turnout.web.console.everyone import listing

PEOPLE = "/console/rail/people"
NAMES = ("ada", "adele", "grace", "mary", "joan")


class House(NamedTuple):
    """Who is known, by the local part of their address."""

    people: dict[str, PersonId]

    def path(self, name: str, tail: str = "") -> str:
        return f"{PEOPLE}/{self.people[name]}{tail}"


@pytest.fixture(scope="module")
def house(node: LocalNode, org_id: OrgId, events: dict[str, EventId]) -> House:
    def add(tx: Tx) -> dict[str, PersonId]:
        found = {}
        for name in NAMES:
            who = contact(name, last_name="Lee", company="Locks")
            add_by_staff(tx, org_id, events["Summit"], who, is_mailed=False, actor="test")
            found[name] = get_named_person(tx, org_id, who.email).id
        return found

    return House(node.db.call(add))


def test_the_newest_come_first_and_a_text_finds_some(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    page = desk.read(PEOPLE)
    assert page.index("Joan Lee") < page.index("Mary Lee") < page.index("Grace Lee")
    assert "Ada Lee" not in page
    [following] = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = desk.read(PEOPLE + following.replace("&amp;", "&"))
    assert rest.index("Adele Lee") < rest.index("Ada Lee")
    assert "Joan Lee" not in rest
    found = desk.read(f"{PEOPLE}?q=LOCKS+grace")
    assert "Grace Lee" in found
    assert "Ada Lee" not in found
    assert "Nobody has “zzz”" in desk.read(f"{PEOPLE}?q=zzz")
    assert desk.open(f"{PEOPLE}?after=x").status == 200


def test_a_person_is_corrected_and_moves(
    node: LocalNode, org_id: OrgId, desk: Desk, house: House
) -> None:
    own = house.path("ada")
    assert "Summit" in desk.read(own)
    given = {"email": "ada@new.example", "first_name": "Ada", "last_name": "King"}
    answer = desk.send(f"{own}/edit", f"{own}/edit", **given)
    assert answer.headers["location"] == f"{own}?done=edit"
    page = desk.read(f"{own}?done=edit")
    assert "ada@example.com" in page
    assert "Ada Lee" in page
    assert node.db.call(get_person, org_id, house.people["ada"]).contact.name == "Ada King"
    taken = desk.send(f"{own}/edit", f"{own}/edit", email="grace@example.com", first_name="Ada")
    assert taken.status == 422
    assert '<a href="#f-email">' in taken.body.decode()
    assert "merge?other=grace%40example.com" in taken.body.decode()
    assert desk.send(f"{own}/edit", f"{own}/edit", email="nobody").status == 422


def test_both_are_shown_before_they_are_merged(
    node: LocalNode, org_id: OrgId, desk: Desk, house: House
) -> None:
    merge = house.path("grace", "/merge")
    assert (
        "Nobody has the address or number “nobody”"
        in desk.open(f"{merge}?other=nobody").body.decode()
    )
    page = desk.read(f"{merge}?other=mary@example.com")
    assert "Merge Mary Lee into Grace Lee" in page
    for wrong in ("nobody", "9" * 30, str(house.people["grace"])):
        assert desk.send(merge, merge, other=wrong).status == 422
    mary = str(house.people["mary"])
    unseen = desk.send(merge, merge, other=mary)
    assert (unseen.status, "Look at both first" in unseen.body.decode()) == (422, True)
    seen = read_shown(page)
    desk.send(house.path("mary", "/edit"), merge, first_name="Maria")
    assert desk.send(merge, merge, other=mary, shown=seen).status == 422
    shown = read_shown(desk.read(f"{merge}?other={mary}"))
    assert desk.send(merge, merge, other=mary, shown=shown).status == 303
    with pytest.raises(Missing):
        node.db.call(get_person, org_id, house.people["mary"])
    assert "mary@example.com" in desk.read(house.path("grace"))


def test_everything_about_somebody_is_exported_and_noted(
    node: LocalNode, org_id: OrgId, desk: Desk, house: House
) -> None:
    answer = desk.open(house.path("adele", "/export.json"))
    known = json.loads(answer.body)
    assert [row["email"] for row in known["people"]] == ["adele@example.com"]
    entry = node.db.call(list_entries, org_id, "person", house.people["adele"])[-1]
    assert entry.facts == {"what": "records", "count": sum(map(len, known.values()))}
    page = desk.open(house.path("adele", "/export.html"))
    assert "attachment" in page.headers["content-disposition"]
    assert "Everything about Adele Lee" in page.body.decode()
    rows = desk.open(f"{PEOPLE}.csv").body.decode("utf-8-sig").splitlines()
    assert any("adele@example.com" in row for row in rows)
    noted = node.db.call(list_entries, org_id, "people", 0)[-1]
    assert noted.facts == {"what": "people", "count": len(rows) - 1}


def test_an_erased_person_is_nowhere(desk: Desk, house: House) -> None:
    erase = house.path("joan", "/erase")
    asked = desk.read(erase)
    assert "Erase Joan Lee" in asked
    assert "Seats, totals and check-ins stay" in asked
    answer = desk.send(erase, erase)
    assert answer.headers["location"] == f"{PEOPLE}?done=erase"
    page = desk.read(f"{PEOPLE}?done=erase")
    assert "The person is erased." in page
    assert "Joan Lee" not in page
    page = desk.read(house.path("joan"))
    assert "Joan Lee" not in page
    assert "<h1>Erased person</h1>" in page
    assert "Erased on " in page
    for action in ("edit", "merge", "erase"):
        assert house.path("joan", f"/{action}") not in page
        gone = desk.open(house.path("joan", f"/{action}"))
        assert (gone.status, "This person is erased." in gone.body.decode()) == (410, True)
        assert desk.send(house.path("joan", f"/{action}")).status == 410


def test_of_others_nobody_is_found(node: LocalNode, desk: Desk, house: House) -> None:
    slug = f"people-{node.db.backend}"
    other = node.db.call(make_organization, slug, "Other")
    stranger = add_user(node, other, f"{slug}/owner", Role.ADMIN)
    there = f"/console/{slug}/people"
    assert "adele@example.com" not in stranger.read(f"{there}?q=adele")
    for tail in ("", "/edit", "/merge", "/erase", "/export.json"):
        assert stranger.open(f"{there}/{house.people['adele']}{tail}").status == 404
    own = stranger.read(there)
    assert "Nobody yet" in own
    for wrong in ("x", "0", "9" * 30):
        assert desk.open(f"{PEOPLE}/{wrong}").status == 404
    assert desk.open(house.path("adele", "/promote")).status == 404
