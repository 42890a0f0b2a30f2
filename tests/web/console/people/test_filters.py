"""Filters that a team saves by name."""

from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.people.conftest import Gathering
from turnout.core.identity.model import Role
from turnout.core.ids import OrgId
from turnout.core.registrations.saved_filters import MOST, SavedFilter, list_filters


def test_a_filter_is_saved_used_and_removed(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering
) -> None:
    path, here = f"{gathering.path}/filters", f"?ticket={gathering.hall}&sort=name"
    assert "Save this filter" not in desk.read(gathering.path)
    sent = desk.send(f"{path}?q=bob&ticket={gathering.hall}&sort=name", name="In the hall")
    assert sent.status == 303
    kept = node.db.call(list_filters, org_id, gathering.event_id)
    assert kept == [SavedFilter("In the hall", f"ticket={gathering.hall}&sort=name")]
    page = desk.read(gathering.path)
    assert f'href="{gathering.path}?ticket={gathering.hall}&amp;sort=name">In the hall' in page
    used = desk.read(f"{gathering.path}{here}")
    assert 'aria-current="true">In the hall' in used
    assert "Remove “In the hall”" in used
    assert desk.send(f"{path}{here}", do="remove", name="IN the hall").status == 303
    assert node.db.call(list_filters, org_id, gathering.event_id) == []


def test_what_cannot_be_saved_is_said_on_the_list(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering
) -> None:
    path = f"{gathering.path}/filters"
    for query, name in (("?state=in", " "), ("?state=in", "x" * 51), ("?q=ann", "Ann")):
        answer = desk.send(f"{path}{query}", name=name)
        assert answer.status == 422
        assert "There is a problem" in answer.body.decode()
    assert desk.send(f"{path}?state=in", do="remove", name="None").status == 422
    for number in range(MOST):
        assert desk.send(f"{path}?state=in", name=f"Filter {number}").status == 303
    assert desk.send(f"{path}?state=in", name="Filter 0").status == 303
    assert desk.send(f"{path}?state=in", name="One more").status == 422
    assert len(node.db.call(list_filters, org_id, gathering.event_id)) == MOST


def test_only_organizers_save(node: LocalNode, org_id: OrgId, gathering: Gathering) -> None:
    messenger = add_user(node, org_id, f"rail/m{gathering.event_id}", Role.ACCT)
    assert "Save this filter" not in messenger.read(f"{gathering.path}?state=in")
    assert messenger.send(f"{gathering.path}/filters?state=in", name="Mine").status == 403
