"""The country of an organization, in which its national phone numbers are read."""

from functools import lru_cache

from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import OrgId
from turnout.store import Tx

_NOWHERE = "ZZ"
# Hours, of which the names still stand for a place.
_HOURS = frozenset({"CET", "EET", "EST", "HST", "MET", "MST", "WET"})


def find_country(tx: Tx, org_id: OrgId) -> str:
    """Two letters: what was set (`turnout org set --country`), else the country of its time zone;
    empty where that is no country's, such as UTC."""
    profile = get_profile(tx, org_id)
    return profile.country_code or country_of_zone(get_organization_of(tx, org_id).timezone)


@lru_cache(maxsize=1000)
def country_of_zone(timezone: str) -> str:
    """The country of an IANA time zone, empty if it is no country's."""
    if timezone in _HOURS:
        return ""
    from babel.core import get_global

    zone = get_global("zone_aliases").get(timezone, timezone)
    country = str(get_global("zone_territories").get(zone, _NOWHERE))
    return "" if country == _NOWHERE else country
