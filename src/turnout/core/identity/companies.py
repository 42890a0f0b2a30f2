"""Organizations as users meet them: made with their first user, linked to an agent."""

import re
import unicodedata
from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.model import Company, CompanyDetails
from turnout.core.identity.short_names import is_reserved
from turnout.core.identity.sql import sql
from turnout.core.ids import NO_ORG, AgentId, DistributorId, OrgId
from turnout.errors import Invalid, Missing, Unavailable
from turnout.store import Tx, to_json

ATTEMPTS = 1000
SLUG_LENGTH = 50


def create_company(
    tx: Tx,
    name: str,
    details: CompanyDetails,
    *,
    distributor_id: DistributorId,
    agent_id: AgentId | None,
    timezone: str,
    is_demo: bool = False,
    actor: str,
) -> Company:
    """Make an organization; its short name is made of `name`.

    Raises Invalid when there is no such agent. Whose bills go to whom is set later: it has no
    users yet, so a `billing_user_id` is Invalid.
    """
    if agent_id is not None and not sql.has_agent(tx, id=agent_id, distributor_id=distributor_id):
        raise Invalid("agent.unknown", agent_id=agent_id)
    _check_billing_user(tx, NO_ORG, details)
    org_id = OrgId(tx.next_id("organization"))
    slug = _add(tx, org_id, name, distributor_id, agent_id, timezone, is_demo)
    _store(tx, org_id, name, details)
    record(tx, org_id, actor, "created", "organization", org_id, slug=slug, name=name)
    return get_company(tx, org_id)


def get_company(tx: Tx, org_id: OrgId) -> Company:
    """The organization of that number, with its details. Raises Missing."""
    company = sql.find_company(tx, org_id=org_id)
    if company is None:
        raise Missing("company.missing", org_id=org_id)
    return company


def edit_company(tx: Tx, org_id: OrgId, changes: dict[str, Any], *, actor: str) -> Company:
    """Change the company's `name` and details, by their names in `changes`.

    Raises Invalid when the billing user is not one of the company's.
    """
    sql.touch_organization(tx, org_id=org_id, now=tx.now)
    company = get_company(tx, org_id)
    changed = find_changes(company.details, changes)
    if changes.get("name", company.name) != company.name:
        changed["name"] = changes["name"]
    if not changed:
        return company
    names = sorted(changed)
    name = changed.pop("name", company.name)
    details = msgspec.structs.replace(company.details, **changed)
    if "billing_user_id" in changed:
        _check_billing_user(tx, org_id, details)
    _store(tx, org_id, name, details)
    record(tx, org_id, actor, "changed", "organization", org_id, changed=names)
    return msgspec.structs.replace(company, name=name, details=details)


def ensure_agent(tx: Tx, org_id: OrgId, *, actor: str) -> AgentId:
    """The agent that the organization is under; one of its own name is made where there is none."""
    company = get_company(tx, org_id)
    if company.agent_id is not None:
        return company.agent_id
    agent_id = AgentId(tx.next_id("identity"))
    sql.add_agent(
        tx, id=agent_id, distributor_id=company.distributor_id, name=company.name, now=tx.now
    )
    if sql.set_agent(tx, org_id=org_id, agent_id=agent_id, now=tx.now):
        record(tx, org_id, actor, "changed", "organization", org_id, agent=[None, agent_id])
    return agent_id


def find_changes(present: msgspec.Struct, wanted: dict[str, Any]) -> dict[str, Any]:
    """Those of `wanted` that are fields of `present` and have another value there."""
    return {
        name: value
        for name, value in wanted.items()
        if name in present.__struct_fields__ and value != getattr(present, name)
    }


def _add(
    tx: Tx,
    org_id: OrgId,
    name: str,
    distributor_id: DistributorId,
    agent_id: AgentId | None,
    timezone: str,
    is_demo: bool,
) -> str:
    base = _slug(name)
    for number in range(1, ATTEMPTS):
        slug = base if number == 1 else f"{base}-{number}"
        if is_reserved(slug):
            continue
        if sql.add_organization(
            tx,
            org_id=org_id,
            uuid=tx.uuid(),
            distributor_id=distributor_id,
            agent_id=agent_id,
            slug=slug,
            name=name,
            timezone=timezone,
            locale="en",
            profile="{}",
            is_demo=int(is_demo),
            now=tx.now,
        ):
            return slug
    raise Unavailable("company.slug", name=name)


def _slug(name: str) -> str:
    plain = (
        unicodedata.normalize("NFKD", name[: 2 * SLUG_LENGTH])
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    return re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH].strip("-") or "company"


def _store(tx: Tx, org_id: OrgId, name: str, details: CompanyDetails) -> None:
    encoded = to_json(details)
    sql.set_details(tx, org_id=org_id, name=name, details=encoded, now=tx.now)


def _check_billing_user(tx: Tx, org_id: OrgId, details: CompanyDetails) -> None:
    user_id = details.billing_user_id
    if user_id is not None and not sql.has_user(tx, org_id=org_id, id=user_id):
        raise Invalid("billing_user.unknown", user_id=user_id)
