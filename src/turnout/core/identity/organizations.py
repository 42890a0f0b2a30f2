"""Making organizations and setting what holds for each."""

import re
import zoneinfo

from turnout.core.audit.recording import record
from turnout.core.fields import check_country, check_filled, check_no_address
from turnout.core.identity.distributors import (
    add_distributor,
    get_distributor,
    place_under_agent,
)
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.short_names import check_short_name
from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def create_organization(
    tx: Tx,
    slug: str,
    name: str,
    *,
    timezone: str = "UTC",
    locale: str = "en",
    country: str = "",
    distributor: str | None = None,
    agent: str | None = None,
    is_demo: bool = False,
    actor: str,
) -> Organization:
    """Make an organization under a distributor of its own, or under that of the name or number
    `distributor`; under the agent of that name there (made when new) where one is given.

    `slug` is its short name in commands, addresses and host names, `country` (two letters) that of
    its national phone numbers; empty = the one of its time zone. Raises Invalid for a bad slug,
    country or zone, Missing for an unknown distributor, Conflict when the slug is taken, or when
    the agent is under another distributor.
    """
    if not is_short_name(slug):
        raise Invalid("organization.slug", slug=slug)
    check_short_name(slug)
    check_filled("name", name)
    check_no_address("name", name)
    check_zone(timezone)
    if country:
        check_country("country_code", country)
    org_id = OrgId(tx.next_id("organization"))
    distributor_id = (
        get_distributor(tx, distributor).id if distributor else add_distributor(tx, slug)
    )
    added = sql.add_organization(
        tx,
        org_id=org_id,
        uuid=tx.uuid(),
        distributor_id=distributor_id,
        agent_id=place_under_agent(tx, distributor_id, agent) if agent else None,
        slug=slug,
        name=name,
        timezone=timezone,
        locale=locale,
        profile=to_json(OrganizationProfile(country_code=country.upper())),
        is_demo=int(is_demo),
        now=tx.now,
    )
    if not added:
        raise Conflict("organization.taken", slug=slug)
    record(tx, org_id, actor, "created", "organization", org_id, slug=slug, name=name)
    return get_organization(tx, slug)


def is_short_name(text: str) -> bool:
    """Whether `text` has the form of a short name."""
    return bool(_SLUG.fullmatch(text))


def find_organization(tx: Tx, slug: str) -> Organization | None:
    """The organization with that short name, if there is one."""
    return sql.find_organization(tx, slug=slug)


def get_organization(tx: Tx, slug: str) -> Organization:
    """The organization with that short name. Raises Missing."""
    organization = find_organization(tx, slug)
    if organization is None:
        raise Missing("organization.missing", slug=slug)
    return organization


def get_organization_of(tx: Tx, org_id: OrgId) -> Organization:
    """The organization of that account number, which exists."""
    return sql.get_organization(tx, org_id=org_id)


def find_contact_email(tx: Tx, org_id: OrgId) -> str:
    """Whom to write to: its oldest user who is not disabled. Empty when there is none."""
    return sql.find_contact_email(tx, org_id=org_id) or ""


def list_organizations(tx: Tx) -> list[Organization]:
    """Every organization of the installation, for its operator."""
    return sql.list_organizations(tx)


def find_only_organization(tx: Tx) -> Organization | None:
    """The organization of an installation that has one alone; None = none, or several."""
    found = sql.list_first_organizations(tx)
    return found[0] if len(found) == 1 else None


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


def set_file_quota(tx: Tx, slug: str, quota_bytes: int | None, *, actor: str) -> None:
    """Set how many bytes of files the organization may keep for its jobs; 0 = any, None = the
    server's default. Raises Missing."""
    org_id = get_organization(tx, slug).org_id
    sql.set_file_quota(tx, org_id=org_id, quota=quota_bytes, now=tx.now)
    record(tx, org_id, actor, "changed", "organization", org_id, file_quota_bytes=quota_bytes)


def check_zone(timezone: str) -> None:
    """Raise Invalid unless `timezone` is an IANA name."""
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("timezone.unknown", timezone=timezone) from error
