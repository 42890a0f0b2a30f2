"""Whom a personal page is from: the organizer, whom to ask, and the event's own page."""

from typing import NamedTuple

from turnout.core.events.showing import EventView, has_page
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import page_path
from turnout.core.ids import OrgId
from turnout.store import Tx


class Host(NamedTuple):
    """`page` is empty for an event that has none."""

    organization: Organization
    page: str
    profile: OrganizationProfile

    @property
    def name(self) -> str:
        return self.organization.name


def find_host(tx: Tx, org_id: OrgId, shown: EventView) -> Host:
    """Whom the pages of an event's people are from."""
    organization = get_organization_of(tx, org_id)
    page = f"{page_path(organization.slug)}/{shown.event.id}" if has_page(shown) else ""
    return Host(organization, page, get_profile(tx, org_id))
