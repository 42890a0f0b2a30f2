"""Making organizations and setting what holds for each."""

import re
import zoneinfo

from turnout.core.audit.recording import record
from turnout.core.identity.model import Organization
from turnout.core.identity.sql import sql
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def create_organization(
    tx: Tx,
    slug: str,
    name: str,
    *,
    timezone: str = "UTC",
    locale: str = "en",
    agent: str | None = None,
    actor: str,
) -> Organization:
    """Make an organization, under the agent of that name (made when new) where one is given.

    `slug` is its short name in commands and host names. Raises Invalid for a bad slug or zone,
    Conflict when the slug is taken.
    """
    if not _SLUG.fullmatch(slug):
        raise Invalid(
            "organization.slug",
            f"The short name {slug!r} may have a-z, 0-9 and dashes only (1 to 63).",
        )
    check_zone(timezone)
    org_id = tx.next_id("organization")
    distributor_id = _distributor(tx)
    added = sql.add_organization(
        tx,
        org_id=org_id,
        uuid=tx.uuid(),
        distributor_id=distributor_id,
        agent_id=_agent(tx, distributor_id, agent) if agent else None,
        slug=slug,
        name=name,
        timezone=timezone,
        locale=locale,
        now=tx.now,
    )
    if not added:
        raise Conflict("organization.taken", f"An organization {slug!r} exists already.")
    record(tx, org_id, actor, "created", "organization", org_id, slug=slug, name=name)
    return get_organization(tx, slug)


def find_organization(tx: Tx, slug: str) -> Organization | None:
    """The organization with that short name, if there is one."""
    row = sql.find_organization(tx, slug=slug)
    return Organization(*row) if row else None


def get_organization(tx: Tx, slug: str) -> Organization:
    """The organization with that short name. Raises Missing."""
    organization = find_organization(tx, slug)
    if organization is None:
        raise Missing("organization.missing", f"There is no organization {slug!r}.")
    return organization


def get_organization_of(tx: Tx, org_id: int) -> Organization:
    """The organization of that account number, which exists."""
    return Organization(*sql.get_organization(tx, org_id=org_id))


def find_contact_email(tx: Tx, org_id: int) -> str:
    """Whom to write to: its oldest user who is not disabled. Empty when there is none."""
    return sql.find_contact_email(tx, org_id=org_id) or ""


def list_organizations(tx: Tx) -> list[Organization]:
    """Every organization of the installation, for its operator."""
    return [Organization(*row) for row in sql.list_organizations(tx)]


def set_rate_limit(tx: Tx, slug: str, rate_limit: int | None, *, actor: str) -> Organization:
    """Set how many requests a minute the account may make to each endpoint.

    0 = no limit, None = the server's default. Running servers follow within a second.
    """
    organization = get_organization(tx, slug)
    sql.set_rate_limit(tx, org_id=organization.org_id, rate_limit=rate_limit, now=tx.now)
    record(
        tx,
        organization.org_id,
        actor,
        "changed",
        "organization",
        organization.org_id,
        rate_limit=[organization.rate_limit, rate_limit],
    )
    return get_organization(tx, slug)


def check_zone(timezone: str) -> None:
    """Raise Invalid unless `timezone` is an IANA name."""
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            "timezone.unknown", f"{timezone!r} is not an IANA time zone such as Europe/Berlin."
        ) from error


def _distributor(tx: Tx) -> int:
    if (found := sql.find_distributor(tx)) is not None:
        return int(found)
    made = tx.next_id("identity")
    sql.add_distributor(tx, id=made, name="Turnout", now=tx.now)
    return made


def _agent(tx: Tx, distributor_id: int, name: str) -> int:
    if (found := sql.find_agent(tx, name=name)) is not None:
        return int(found)
    made = tx.next_id("identity")
    sql.add_agent(tx, id=made, distributor_id=distributor_id, name=name, now=tx.now)
    return made
