"""One person beside the list."""

import re

from tests.support.builder import contact
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.people.conftest import Gathering
from tests.web.reading import Page
from tests.web.saying import said as said_of
from turnout.core.ids import OrgId
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.people.model import Contact
from turnout.core.registrations.parties import Guest, grant_party
from turnout.core.registrations.rules import Door


def test_the_panel_has_everything_in_order(desk: Desk, gathering: Gathering) -> None:
    answer = desk.open(f"{gathering.of('ann')}?sort=name")
    text = Page(answer.body).text
    assert answer.status == 200
    assert answer.body.count(b"<h1") == 1
    for said in (
        "Ann Guest",
        gathering.codes["ann"],
        "Diet",
        "vegan",
        "Registered through the team",
    ):
        assert said in text
    assert 'aria-selected="true"' in answer.body.decode()
    assert f'href="{gathering.path}?sort=name" data-close-panel' in answer.body.decode()


def test_only_messages(desk: Desk, gathering: Gathering) -> None:
    page = desk.read(f"{gathering.of('ann')}?only=messages")
    assert "Registered through the team" not in page
    assert "Show everything" in page


def test_what_was_done_is_said_with_its_way_back(
    node: LocalNode, desk: Desk, gathering: Gathering
) -> None:
    own = gathering.of("ann")
    assert "The registration is cancelled." not in desk.read(f"{own}?done=cancel")
    page = desk.read(f"{own}?done={said_of(node.db, own, 'cancel')}")
    assert "The registration is cancelled." in page
    assert re.findall(r'<form method="post" action="([^"]+)">', page.partition("</div>")[2])
    assert f'action="{gathering.of("ann")}/restore?"' in page
    assert 'role="status" tabindex' not in desk.read(
        f"{own}?done={said_of(node.db, own, 'nonsense')}"
    )


def test_somebody_of_another_event_is_missing(desk: Desk, gathering: Gathering) -> None:
    assert desk.open(f"{gathering.path}/999999").status == 404
    assert desk.open(f"{gathering.path}/none").status == 404


def test_what_is_to_be_paid_is_said(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    code, due = gathering.codes["ann"], node.db.clock() + 86_400_000
    node.db.call(ask_for_payment, org_id, code, 4950, "EUR", due_at=due, actor="test")
    page = desk.read(gathering.of("ann"))
    assert "49.50 is to be paid by " in page
    assert f"reference T-{code}" in page
    node.db.call(settle, org_id, code, PaymentState.PAID, actor="test")
    assert "49.50 is paid, reference" in desk.read(gathering.of("ann"))


def test_those_who_come_along_are_named(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    assert "Comes with" not in desk.read(gathering.of("ann"))
    ann, zoe = contact(f"{gathering.event_id}ann"), Contact(email="", first_name="Zoe")
    party = node.db.call(
        grant_party,
        org_id,
        gathering.event_id,
        ann,
        [Guest(zoe, gathering.hall)],
        door=Door.STAFF,
        source="test",
        actor="test",
    )
    own = party.tickets[0].registration_id
    page = desk.read(gathering.of("ann"))
    assert f'<dt>Comes with</dt><dd><a href="{gathering.path}/{own}?">Zoe</a></dd>' in page
    assert "<dt>Comes with</dt>" in desk.read(f"{gathering.path}/{own}")
