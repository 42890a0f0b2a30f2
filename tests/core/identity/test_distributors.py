"""Distributors: one for each organization, split where history made them share one."""

from collections.abc import Iterator

import pytest

from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.core.audit.recording import list_entries
from turnout.core.identity.companies import get_company
from turnout.core.identity.distributors import (
    AccessLoss,
    Distributor,
    Overseer,
    get_distributor,
    list_distributors,
    list_overseers,
    list_placed,
    move_organization,
    plan_split,
    split_distributor,
)
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database, Tx


@pytest.fixture(params=BACKENDS)
def node(request, tmp_path) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url, open_node(url) as node:
        yield node


@pytest.fixture
def db(node: LocalNode) -> Database:
    return node.db


@pytest.fixture
def shared(node: LocalNode) -> Distributor:
    """What the time before left: four organizations under one distributor, two of one agent."""
    node.db.call(_make_shared)
    node.execute("UPDATE distributors SET name = 'Turnout', is_shared = 1")
    return node.db.call(get_distributor, "Turnout")


def _make_shared(tx: Tx) -> None:
    create(tx, "hq", Role.ADMIN)
    for slug, role, agent in (
        ("agency", Role.AGENT, "Smith"),
        ("client", Role.ADMIN, "Smith"),
        ("acme", Role.ACCT, None),
    ):
        create(tx, slug, role, distributor="hq", agent=agent)


def create(tx: Tx, slug: str, role: Role, **options) -> OrgId:
    made = create_organization(tx, slug, slug.title(), actor="test", **options)
    create_user(
        tx, made.org_id, f"{slug}/user", name="X", email="x@example.com", role=role, actor="test"
    )
    return made.org_id


def placed(tx: Tx, name: str) -> list[tuple[str, str]]:
    return [
        (organization.slug, organization.agent)
        for organization in list_placed(tx, get_distributor(tx, name).id)
    ]


LOSSES = [
    AccessLoss("hq/user", Role.ADMIN, "hq", ("agency", "client", "acme")),
    AccessLoss("agency/user", Role.AGENT, "agency", ("client",)),
    AccessLoss("client/user", Role.ADMIN, "client", ("hq", "agency", "acme")),
]
KEPT_LOSSES = [LOSSES[0], AccessLoss("client/user", Role.ADMIN, "client", ("hq", "acme"))]


def test_an_organization_has_a_distributor_of_its_own_named_like_it(db):
    for slug in ("acme", "beta"):
        db.call(create, slug, Role.ADMIN)
    found = db.call(list_distributors)
    assert [
        (distributor.name, distributor.is_shared, distributor.organizations)
        for distributor in found
    ] == [
        ("acme", False, 1),
        ("beta", False, 1),
    ]


def test_an_organization_is_put_under_another_by_name_or_number(db):
    db.call(create, "acme", Role.ADMIN)
    under = db.call(get_distributor, "acme")
    db.call(create, "beta", Role.ACCT, distributor="acme")
    db.call(create, "gamma", Role.ACCT, distributor=str(under.id))
    assert db.call(placed, "acme") == [("acme", ""), ("beta", ""), ("gamma", "")]
    assert db.call(list_overseers, under.id) == [
        Overseer("acme/user", Role.ADMIN, "acme", ("acme", "beta", "gamma"))
    ]


def test_an_unknown_distributor_is_refused_and_nothing_made(db):
    with pytest.raises(Missing, match="no distributor 'nobody'"):
        db.call(create, "acme", Role.ACCT, distributor="nobody")
    assert db.call(list_distributors) == []


def test_an_agent_of_another_distributor_is_not_taken_for_a_new_one(db):
    db.call(create, "acme", Role.ACCT, agent="Smith")
    with pytest.raises(Conflict) as refusal:
        db.call(create, "beta", Role.ACCT, agent="Smith")
    assert refusal.value.code == "agent.elsewhere"
    assert [distributor.name for distributor in db.call(list_distributors)] == ["acme"]


def test_a_split_gives_each_its_own_and_says_who_loses_what(db, shared):
    planned = db.call(plan_split, "Turnout", keep_agents=False)
    assert planned.groups == [("hq",), ("agency",), ("client",), ("acme",)]
    assert planned.losses == LOSSES
    assert db.call(list_distributors) == [shared]
    assert db.call(split_distributor, "Turnout", keep_agents=False, actor="test") == planned
    found = db.call(list_distributors)
    assert [
        (distributor.name, distributor.is_shared, distributor.organizations)
        for distributor in found
    ] == [(slug, False, 1) for slug in ("hq", "agency", "client", "acme")]
    assert found[0].id == shared.id
    assert [db.call(placed, slug) for slug in ("agency", "client")] == [
        [("agency", "Smith")],
        [("client", "Smith")],
    ]
    assert [
        len(overseer.sees) for one in found for overseer in db.call(list_overseers, one.id)
    ] == [1] * 3


def test_a_split_may_keep_the_organizations_of_an_agent_together(db, shared):
    split = db.call(split_distributor, "Turnout", keep_agents=True, actor="test")
    assert split.groups == [("hq",), ("agency", "client"), ("acme",)]
    assert split.losses == KEPT_LOSSES
    assert db.call(placed, "agency") == [("agency", "Smith"), ("client", "Smith")]


def test_a_split_again_changes_nothing(db, shared):
    db.call(split_distributor, "Turnout", keep_agents=False, actor="test")
    before = db.call(list_distributors)
    again = db.call(split_distributor, "hq", keep_agents=False, actor="test")
    assert (again.groups, again.losses) == ([("hq",)], [])
    assert db.call(list_distributors) == before


def test_a_split_is_audited_where_it_moved_something(db, shared):
    db.call(split_distributor, "Turnout", keep_agents=False, actor="cli:ops")
    by_slug = {
        organization.slug: organization.org_id
        for one in db.call(list_distributors)
        for organization in db.call(list_placed, one.id)
    }
    acme = db.call(get_distributor, "acme")
    entries = db.call(list_entries, by_slug["acme"], "organization", by_slug["acme"])
    assert (entries[-1].actor, entries[-1].facts) == (
        "cli:ops",
        {"distributor": [shared.id, acme.id], "agent": [None, None]},
    )
    kept = db.call(list_entries, by_slug["hq"], "organization", by_slug["hq"])
    assert [entry.action for entry in kept] == ["created"]


def test_an_organization_moves_with_its_agents_name(db):
    db.call(create, "acme", Role.ADMIN)
    beta = db.call(create, "beta", Role.AGENT)
    before = db.call(get_company, beta)
    for _ in range(2):
        assert db.call(move_organization, beta, "acme", actor="test").name == "acme"
    assert db.call(placed, "acme") == [("acme", ""), ("beta", "Beta")]
    assert [distributor.name for distributor in db.call(list_distributors)] == ["acme"]
    after = db.call(get_company, beta)
    assert after.agent_id not in (None, before.agent_id)
    assert len(db.call(list_entries, beta, "organization", beta)) == 3


def test_nothing_moves_under_a_distributor_that_is_shared_by_history(db, shared):
    db.call(split_distributor, "Turnout", keep_agents=False, actor="test")
    other = db.call(create, "other", Role.ADMIN)
    db.call(
        lambda tx: tx.connection.execute("UPDATE distributors SET is_shared = 1 WHERE name = 'hq'")
    )
    with pytest.raises(Invalid) as refusal:
        db.call(move_organization, other, "hq", actor="test")
    assert refusal.value.code == "distributor.shared"
