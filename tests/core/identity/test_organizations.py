"""Organizations under their agents, and what holds for each."""

import pytest

from turnout.core.identity.distributors import get_distributor
from turnout.core.identity.organizations import (
    create_organization,
    find_organization,
    get_organization,
    list_organizations,
    set_rate_limit,
)
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx


def create(tx: Tx, slug: str, **options):
    return create_organization(tx, slug, slug.title(), actor="test", **options)


def agents(tx: Tx) -> list[tuple[str | None, int]]:
    """For each agent's name how many organizations it looks after."""
    rows = tx.connection.execute(
        "SELECT a.name, count(*) FROM organizations o JOIN agents a ON a.id = o.agent_id"
        " AND a.distributor_id = o.distributor_id GROUP BY a.name ORDER BY a.name"
    )
    return [tuple(row) for row in rows.fetchall()]


def test_an_organization_is_found_again_by_its_short_name(db, org_id):
    made = db.call(create, f"acme-{org_id}", timezone="Europe/Berlin", locale="de")
    assert made.org_id > org_id >= 10001
    assert (made.name, made.timezone, made.locale) == (f"Acme-{org_id}", "Europe/Berlin", "de")
    assert made.rate_limit is None
    assert db.call(find_organization, made.slug) == made
    assert db.call(get_organization, made.slug) == made
    assert made in db.call(list_organizations)


def test_an_unknown_short_name_finds_nothing(db):
    assert db.call(find_organization, "nobody") is None
    with pytest.raises(Missing, match="nobody"):
        db.call(get_organization, "nobody")


def test_organizations_of_one_agent_share_it(db, org_id):
    before = dict(db.call(agents))
    for slug, agent in (("one", "Smith"), ("two", "Smith"), ("three", "Jones"), ("four", None)):
        under = None if slug == "one" else f"one-{org_id}"
        named = f"{agent} {org_id}" if agent else None
        db.call(create, f"{slug}-{org_id}", distributor=under, agent=named)
    after = dict(db.call(agents))
    assert {name: count for name, count in after.items() if name not in before} == {
        f"Smith {org_id}": 2,
        f"Jones {org_id}": 1,
    }
    shared = db.call(get_distributor, f"one-{org_id}")
    assert (shared.organizations, shared.is_shared) == (4, False)


def test_a_short_name_is_taken_once(db, org_id):
    first = db.call(create, f"acme-{org_id}")
    with pytest.raises(Conflict) as refusal:
        db.call(create, first.slug)
    assert refusal.value.code == "organization.taken"
    assert db.call(get_organization, first.slug) == first


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a b", "é", "a" * 64, "a.b", "a\n"])
def test_a_bad_short_name_is_refused(db, slug):
    with pytest.raises(Invalid) as refusal:
        db.call(create, slug)
    assert refusal.value.code == "organization.slug"


@pytest.mark.parametrize("slug", ["a", "7-a", "a-b", "a--b", "b" * 63])
def test_a_good_short_name_is_taken(db, slug):
    assert db.call(create, slug).slug == slug


@pytest.mark.parametrize("zone", ["", "Berlin", "Europe", "../UTC", "/etc/passwd", "Europe/Bérlin"])
def test_an_unknown_time_zone_is_refused(db, zone):
    with pytest.raises(Invalid) as refusal:
        db.call(create, "zone", timezone=zone)
    assert refusal.value.code == "timezone.unknown"
    assert db.call(find_organization, "zone") is None


def test_the_rate_limit_is_set_and_unset(db, org_id):
    slug = db.call(create, f"acme-{org_id}").slug
    limits = [db.call(set_rate_limit, slug, n, actor="test").rate_limit for n in (7, 0, None)]
    assert limits == [7, 0, None]
    with pytest.raises(Missing):
        db.call(set_rate_limit, "nobody", 7, actor="test")
