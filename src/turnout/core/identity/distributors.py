"""Distributors: what an Admin's rule is limited to.

Theory. Each organization stands under one distributor, and under an agent of that distributor or
none. An Admin sees every organization of its distributor, an Agent those of its agent. A new
organization has a distributor of its own. Before there were those, all of an installation shared
one: such a distributor is marked (`is_shared`) until `split_distributor` ends that.
"""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.identity.model import Role
from turnout.core.identity.sql import sql
from turnout.core.ids import AgentId, DistributorId, OrgId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx


class Distributor(NamedTuple):
    """A distributor, and how many organizations are under it; `is_shared` says that they are
    only since before the upgrade."""

    id: DistributorId
    name: str
    is_shared: bool
    organizations: int


class Placement(NamedTuple):
    """An organization under a distributor; `agent_id` None = under no agent."""

    org_id: OrgId
    slug: str
    name: str
    agent_id: AgentId | None
    agent: str


class Overseer(NamedTuple):
    """An Admin or Agent, and the short names of the organizations that it sees."""

    user_code: str
    role: Role
    slug: str
    sees: tuple[str, ...]


class AccessLoss(NamedTuple):
    """An Admin or Agent, and the short names of the organizations that it no longer sees."""

    user_code: str
    role: Role
    slug: str
    lost: tuple[str, ...]


class DistributorSplit(NamedTuple):
    """How a distributor is split: short names by the distributor that they come under, the first
    of which keeps the present one; and who loses what."""

    distributor: Distributor
    groups: list[tuple[str, ...]]
    losses: list[AccessLoss]


def add_distributor(tx: Tx, name: str) -> DistributorId:
    """Make a distributor named `name`, or `name-2` and so on where that is taken; its number."""
    taken = {distributor.name for distributor in list_distributors(tx)}
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    made = DistributorId(tx.next_id("identity"))
    sql.add_distributor(tx, id=made, name=free, now=tx.now)
    return made


def list_distributors(tx: Tx) -> list[Distributor]:
    """Every distributor of the installation, by number."""
    return sql.list_distributors(tx)


def count_shared_distributors(tx: Tx) -> int:
    """How many distributors have several organizations only since before the upgrade."""
    return int(sql.count_shared_distributors(tx))


def get_distributor(tx: Tx, name: str) -> Distributor:
    """The distributor of that name or number. Raises Missing; Conflict for a name that several
    have."""
    found = [
        distributor
        for distributor in list_distributors(tx)
        if name in (distributor.name, str(distributor.id))
    ]
    if not found:
        raise Missing("distributor.missing", name=name)
    if len(found) > 1:
        numbers = ", ".join(str(distributor.id) for distributor in found)
        raise Conflict("distributor.ambiguous", numbers=numbers, name=name)
    return found[0]


def list_placed(tx: Tx, distributor_id: DistributorId) -> list[Placement]:
    """The organizations under a distributor, by number."""
    return sql.list_distributor_organizations(tx, distributor_id=distributor_id)


def list_overseers(tx: Tx, distributor_id: DistributorId) -> list[Overseer]:
    """The live Admins and Agents under a distributor, and what each sees by its role."""
    placed = list_placed(tx, distributor_id)
    by_id = {organization.org_id: organization for organization in placed}
    return [
        Overseer(code, Role(role), by_id[org_id].slug, _sees(Role(role), by_id[org_id], placed))
        for org_id, code, role in sql.list_distributor_users(tx, distributor_id=distributor_id)
    ]


def place_under_agent(tx: Tx, distributor_id: DistributorId, name: str) -> AgentId:
    """The number of the distributor's agent of that name, made when new. Raises Conflict for the
    name of an agent that only another distributor has: it would not be the same one."""
    if (found := sql.find_agent(tx, distributor_id=distributor_id, name=name)) is not None:
        return found
    elsewhere = sql.find_agent_elsewhere(tx, name=name)
    if elsewhere is not None:
        raise Conflict("agent.elsewhere", name=name, elsewhere=elsewhere)
    return _add_agent(tx, distributor_id, name)


def plan_split(tx: Tx, name: str, *, keep_agents: bool) -> DistributorSplit:
    """What `split_distributor` would do. Raises Missing."""
    distributor = get_distributor(tx, name)
    placed = list_placed(tx, distributor.id)
    groups: dict[tuple[str, int], list[str]] = {}
    for organization in placed:
        is_kept = keep_agents and organization.agent_id is not None
        key = (
            ("agent", organization.agent_id or 0)
            if is_kept
            else ("organization", organization.org_id)
        )
        groups.setdefault(key, []).append(organization.slug)
    group_of = {slug: set(group) for group in groups.values() for slug in group}
    losses = [
        AccessLoss(overseer.user_code, overseer.role, overseer.slug, lost)
        for overseer in list_overseers(tx, distributor.id)
        if (lost := tuple(slug for slug in overseer.sees if slug not in group_of[overseer.slug]))
    ]
    return DistributorSplit(distributor, [tuple(group) for group in groups.values()], losses)


def split_distributor(tx: Tx, name: str, *, keep_agents: bool, actor: str) -> DistributorSplit:
    """Give each organization under the distributor one of its own; the oldest keeps this one,
    which takes its name. With `keep_agents` those of one agent stay together. Idempotent.

    An agent's name goes along: where its organizations part, each has an agent so named.
    """
    split = plan_split(tx, name, keep_agents=keep_agents)
    placed = {
        organization.slug: organization for organization in list_placed(tx, split.distributor.id)
    }
    for number, group in enumerate(split.groups):
        if number == 0:
            if split.distributor.is_shared or len(split.groups) > 1:
                sql.set_distributor_name(
                    tx, id=split.distributor.id, name=_own_name(tx, split.distributor, group[0])
                )
            continue
        made = add_distributor(tx, group[0])
        for slug in group:
            _move(tx, placed[slug], split.distributor.id, made, actor)
    sql.delete_unused_agents(tx, distributor_id=split.distributor.id)
    return split


def move_organization(tx: Tx, org_id: OrgId, name: str, *, actor: str) -> Distributor:
    """Put an organization under the distributor of that name or number, which is returned; one
    that nobody is under any more is deleted. Idempotent. Raises Missing; Invalid for a distributor
    that is shared since before the upgrade.
    """
    target = get_distributor(tx, name)
    distributor_id = sql.get_distributor_id(tx, org_id=org_id)
    if distributor_id == target.id:
        return target
    if target.is_shared:
        raise Invalid("distributor.shared", name=target.name)
    [placed] = [
        organization
        for organization in list_placed(tx, distributor_id)
        if organization.org_id == org_id
    ]
    _move(tx, placed, distributor_id, target.id, actor)
    sql.delete_unused_agents(tx, distributor_id=distributor_id)
    sql.delete_unused_distributor(tx, id=distributor_id)
    return target


def _sees(role: Role, own: Placement, placed: list[Placement]) -> tuple[str, ...]:
    return tuple(
        placement.slug
        for placement in placed
        if role is Role.ADMIN
        or placement.org_id == own.org_id
        or (placement.agent_id is not None and placement.agent_id == own.agent_id)
    )


def _own_name(tx: Tx, distributor: Distributor, wanted: str) -> str:
    taken = {other.name for other in list_distributors(tx) if other.id != distributor.id}
    return distributor.name if wanted in taken else wanted


def _move(
    tx: Tx, placed: Placement, old_id: DistributorId, new_id: DistributorId, actor: str
) -> None:
    agent_id = None
    if placed.agent_id is not None:
        found = sql.find_agent(tx, distributor_id=new_id, name=placed.agent)
        agent_id = found if found is not None else _add_agent(tx, new_id, placed.agent)
    sql.move_organization(
        tx, org_id=placed.org_id, distributor_id=new_id, agent_id=agent_id, now=tx.now
    )
    record(
        tx,
        placed.org_id,
        actor,
        "changed",
        "organization",
        placed.org_id,
        distributor=[old_id, new_id],
        agent=[placed.agent_id, agent_id],
    )


def _add_agent(tx: Tx, distributor_id: DistributorId, name: str) -> AgentId:
    made = AgentId(tx.next_id("identity"))
    sql.add_agent(tx, id=made, distributor_id=distributor_id, name=name, now=tx.now)
    return made
