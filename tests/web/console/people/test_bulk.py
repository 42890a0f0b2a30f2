"""The same change for many registrations."""

import html
import re

from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.people.conftest import Gathering
from turnout.core.identity.model import Role
from turnout.core.ids import OrgId
from turnout.core.registrations.counting import StateCounts, read_counts
from turnout.core.registrations.notes import list_tags


def counts_of(node: LocalNode, org_id: OrgId, gathering: Gathering) -> StateCounts:
    return node.db.call(read_counts, org_id, gathering.event_id).states


def read_undo(page: str) -> dict[str, str]:
    """The fields of the button that takes it back."""
    return dict(re.findall(r'<input type="hidden" name="(action|receipt)" value="([^"]*)">', page))


def test_what_is_ticked_is_checked_in_and_undone(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    some = [gathering.ids["ann"], gathering.ids["bob"]]
    done = desk.send(f"{gathering.path}/bulk?q=guest", action="check-in", registration=some)
    assert counts_of(node, org_id, gathering) == StateCounts(5, 2, 0)
    where = done.headers["location"]
    assert where.startswith(f"{gathering.path}?q=guest&receipt=")
    page = desk.read(where)
    assert "2 people are checked in." in page
    assert f'action="{gathering.path}/bulk?q=guest"' in page
    undo = read_undo(page)
    undone = desk.send(f"{gathering.path}/bulk?q=guest", **undo)
    assert counts_of(node, org_id, gathering) == StateCounts(5, 0, 0)
    assert undone.headers["location"].startswith(f"{gathering.path}?q=guest&receipt=")
    assert "2 check-ins are undone." in desk.read(undone.headers["location"])
    assert "2 people are checked in." not in desk.read(where)
    again = desk.send(f"{gathering.path}/bulk", **undo)
    assert "Nothing was undone" in desk.read(again.headers["location"])


def test_undo_leaves_what_was_so_before(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    ann, bob = gathering.ids["ann"], gathering.ids["bob"]
    for first, both, undone in (("check-in", {}, "in"), ("tag", {"tag": "VIP"}, "tag")):
        desk.send(f"{gathering.of('ann')}/{first}", **both)
        done = desk.send(
            f"{gathering.path}/bulk", action=first, registration=[ann, bob], sure="1", **both
        )
        page = desk.read(done.headers["location"])
        assert ("1 person is checked in." in page) is (undone == "in")
        assert "1 was so before and stays as it is." in page
        desk.send(f"{gathering.path}/bulk", **read_undo(page))
    assert counts_of(node, org_id, gathering) == StateCounts(5, 1, 0)
    tags = [node.db.call(list_tags, org_id, one) for one in (ann, bob)]
    assert tags == [["VIP"], []]


def test_nothing_is_said_or_undone_by_an_address(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    ann, bob = gathering.ids["ann"], gathering.ids["bob"]
    made_up = desk.read(f"{gathering.path}?done=bulk-check-in&n=3&of={ann}-{bob}")
    assert "people are checked in" not in made_up
    assert read_undo(made_up) == {}
    done = desk.send(f"{gathering.path}/bulk", action="check-in", registration=[ann, bob])
    undo = read_undo(desk.read(done.headers["location"]))
    other = add_user(node, org_id, f"other{gathering.event_id}", Role.ADMIN)
    assert "are checked in." not in other.read(done.headers["location"])
    refused = other.send(f"{gathering.path}/bulk", **undo)
    assert "Nothing was undone" in other.read(refused.headers["location"])
    assert counts_of(node, org_id, gathering) == StateCounts(5, 2, 0)


def test_one_who_is_in_already_is_not_undone(desk: Desk, gathering: Gathering) -> None:
    desk.send(f"{gathering.of('ann')}/check-in")
    done = desk.send(f"{gathering.of('ann')}/check-in")
    page = desk.read(done.headers["location"])
    assert "Nothing was changed: it was so before." in page
    assert "Checked in." not in page


def test_cancelling_asks_with_the_number_first(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    some = [gathering.ids["ann"], gathering.ids["bob"]]
    asked = desk.send(f"{gathering.path}/bulk", action="cancel", registration=some)
    assert asked.status == 200
    assert "Cancel 2 registrations?" in html.unescape(asked.body.decode())
    assert counts_of(node, org_id, gathering).cancelled == 0
    done = desk.send(f"{gathering.path}/bulk", action="cancel", registration=some, sure="1")
    assert counts_of(node, org_id, gathering) == StateCounts(3, 0, 2)
    assert "2 registrations are cancelled." in desk.read(done.headers["location"])


def test_all_that_the_list_has(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    form = {"action": "tag", "all": "1", "tag": "Early"}
    asked = desk.send(f"{gathering.path}/bulk?ticket={gathering.hall}", **form)
    assert "Tag 1 registration" in asked.body.decode()
    desk.send(f"{gathering.path}/bulk?ticket={gathering.hall}", **form, sure="1")
    tags = {name: node.db.call(list_tags, org_id, id_) for name, id_ in gathering.ids.items()}
    assert tags == {name: ["Early"] if name == "bob" else [] for name in gathering.ids}


def test_those_that_cannot_be_changed_are_named(desk: Desk, gathering: Gathering) -> None:
    desk.send(f"{gathering.of('carl')}/cancel")
    some = [gathering.ids["carl"], gathering.ids["dora"]]
    answer = desk.send(f"{gathering.path}/bulk", action="check-in", registration=some)
    page = answer.body.decode()
    assert answer.status == 200
    assert "1 registration stays as it is" in page
    assert "1 person is checked in." in page
    assert "Carl Guest" in page


def test_nobody_is_selected(desk: Desk, gathering: Gathering) -> None:
    done = desk.send(f"{gathering.path}/bulk", action="check-in")
    assert "Nobody was selected" in desk.read(done.headers["location"])


def test_an_unknown_action_is_refused(desk: Desk, gathering: Gathering) -> None:
    answer = desk.send(f"{gathering.path}/bulk", action="erase", registration=[1])
    assert answer.status == 400


def test_registrations_of_another_event_stay(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    answer = desk.send(f"{gathering.path}/bulk", action="cancel", registration=[999_999], sure="1")
    assert answer.status == 404
    assert counts_of(node, org_id, gathering).cancelled == 0
