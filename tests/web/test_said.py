"""A page for staff says that something was done only where its whole address was signed so."""

from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.saying import said
from tests.web.test_events import Fair
from turnout.core.identity.model import Role
from turnout.web.said import SAID_MS


def test_a_page_for_staff_believes_signed_addresses_alone(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    desk = add_user(node, fair.org_id, f"{fair.slug}/owner", Role.ADMIN)
    path = f"/console/{fair.slug}/account"
    word = said(node.db, path, "password")
    assert says(desk, f"{path}?done={word}")
    for made_up in ("password", f"password.9999999999999.{'0' * 32}", ".", "..", word[:-1]):
        assert not says(desk, f"{path}?done={made_up}")
    # It was signed for an address that says nothing else, and for this page.
    assert not says(desk, f"{path}?done={word}&n=3")
    assert not says(desk, f"{path}?done={said(node.db, f'/console/{fair.slug}/users', 'password')}")
    node.clock.advance(SAID_MS // 1000 + 1)
    assert not says(desk, f"{path}?done={word}")


def says(desk: Desk, address: str) -> bool:
    return "Your password is set." in desk.read(address)
