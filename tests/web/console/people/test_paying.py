"""What is said of payments in a person's panel."""

import re

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.people.conftest import Gathering
from tests.web.console.people.test_listing import names_of
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import Role
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import list_colleagues, set_roles
from turnout.core.ids import OrgId
from turnout.core.payments.settling import (
    PaymentState,
    ask_for_payment,
    list_of_registration,
    settle,
)
from turnout.core.registrations import walking

WEEK_MS = 7 * 86_400_000


@pytest.fixture
def code(node: LocalNode, org_id: OrgId, gathering: Gathering) -> str:
    """Ann's ticket, for which 49.50 are to be paid."""
    code, due = gathering.codes["ann"], node.db.clock() + WEEK_MS
    node.db.call(ask_for_payment, org_id, code, 4950, "EUR", due_at=due, actor="test")
    return code


def find_state(node: LocalNode, org_id: OrgId, gathering: Gathering) -> str:
    (one,) = node.db.call(list_of_registration, org_id, gathering.ids["ann"])
    return one.state


def test_it_is_paid_then_refunded_also_when_the_ticket_is_cancelled(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering, code: str
) -> None:
    ann = gathering.of("ann")
    done = desk.send(f"{ann}/pay?sort=name", ticket=code)
    assert done.headers["location"] == f"{ann}?sort=name&done=pay"
    assert "The payment is marked as paid." in desk.read(done.headers["location"])
    assert find_state(node, org_id, gathering) == "paid"
    again = desk.send(f"{ann}/waive", ticket=code)
    assert (again.status, "cannot be waived" in again.body.decode()) == (422, True)
    desk.send(f"{ann}/cancel")
    assert f'action="{ann}/refund?"' in desk.read(ann)
    desk.send(f"{ann}/refund", ticket=code)
    assert find_state(node, org_id, gathering) == "refunded"
    assert "/refund" not in desk.read(ann)
    entries = node.db.call(list_entries, org_id, "registration", gathering.ids["ann"])
    by = [(one.action, one.actor.partition(":")[0]) for one in entries if one.actor != "test"]
    assert [by[0], by[-1]] == [("paid", "user"), ("refunded", "user")]


def test_it_is_waived_once_by_a_form_that_is_sent_twice(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering, code: str
) -> None:
    ann = gathering.of("ann")
    page = desk.read(ann)
    (form,) = re.findall(rf'<form method="post" action="{ann}/waive\?">(.*?)</form>', page)
    fields = dict(re.findall(r'name="(once|ticket)" value="([^"]+)"', form))
    assert fields["ticket"] == code
    for _ in range(2):
        assert desk.send(f"{ann}/waive", **fields).status == 303
    assert find_state(node, org_id, gathering) == "waived"
    assert "Settle\u2026" not in desk.read(ann)


def test_it_is_extended_and_a_day_that_is_over_is_said_beside_the_field(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering, code: str
) -> None:
    ann = gathering.of("ann")
    for day, said in (("2020-01-01", "lies in the past"), ("soon", "is not a day")):
        refused = desk.send(f"{ann}/extend", ticket=code, day=day)
        body = refused.body.decode()
        assert (refused.status, said in body) == (422, True)
        assert '<a href="#f-day">' in body
        assert 'aria-invalid="true" aria-describedby="e-day"' in body
    assert desk.send(f"{ann}/extend", ticket=code, day="2096-02-01").status == 303
    (one,) = node.db.call(list_of_registration, org_id, gathering.ids["ann"])
    assert one.due_at > node.db.clock() + WEEK_MS
    assert "2096" in desk.read(ann)


@pytest.mark.parametrize("action", ["pay", "waive", "refund", "extend"])
def test_a_ticket_of_somebody_else_is_missing(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering, code: str, action: str
) -> None:
    answer = desk.send(f"{gathering.of('bob')}/{action}", ticket=code, day="2096-02-01")
    assert answer.status == 404
    assert find_state(node, org_id, gathering) == "open"


def test_finance_may_and_a_reader_may_not(
    node: LocalNode, org_id: OrgId, gathering: Gathering, code: str
) -> None:
    ann = gathering.of("ann")
    for role, status in ((StaffRole.READER, 403), (StaffRole.FINANCE, 303)):
        somebody = _add(node, org_id, f"rail/{role.value}{gathering.event_id}", role)
        assert ("Mark as paid" in somebody.read(ann)) is (status == 303)
        assert somebody.send(f"{ann}/pay", ticket=code).status == status
    assert find_state(node, org_id, gathering) == "paid"


def _add(node: LocalNode, org_id: OrgId, user_code: str, role: StaffRole) -> Desk:
    somebody = add_user(node, org_id, user_code, Role.ACCT)
    colleagues = node.db.call(list_colleagues, org_id)
    user = next(one.user for one in colleagues if one.user.user_code == user_code)
    node.db.call(set_roles, org_id, user, [role], actor="test")
    return somebody


@pytest.mark.parametrize("looked_up", [walking.PAYING, 0])
def test_the_list_keeps_those_whose_payment_stands_so(
    node: LocalNode,
    desk: Desk,
    org_id: OrgId,
    gathering: Gathering,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    looked_up: int,
) -> None:
    monkeypatch.setattr(walking, "PAYING", looked_up)
    path = gathering.path
    overview = desk.read(path.removesuffix("/people"))
    assert f'<a href="{path}?payment=open">To be paid</a>' in overview
    page = desk.read(f"{path}?payment=open&sort=name")
    assert (names_of(page), "1 match<" in page) == (["Ann"], True)
    assert f'<a class="chip" href="{path}?sort=name" aria-current="true">To be paid ' in page
    assert "Ann" in desk.read(f"{path}.csv?payment=open")
    assert names_of(desk.read(f"{path}?payment=paid")) == []
    for was, state in (("open", PaymentState.PAID), ("paid", PaymentState.REFUNDED)):
        node.db.call(settle, org_id, code, state, actor="test")
        assert names_of(desk.read(f"{path}?payment={was}")) == []
        page = desk.read(f"{path}?payment={state.value}")
        assert names_of(page) == ["Ann"]
    assert "Ann" not in desk.read(f"{path}.csv?payment=paid")
    assert len(names_of(desk.read(f"{path}?payment=nonsense"))) == len(gathering.ids)
