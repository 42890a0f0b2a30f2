"""The country in which national numbers are read."""

import pytest

from turnout.core.identity.countries import country_of_zone, find_country
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.errors import Invalid


@pytest.mark.parametrize(
    ("timezone", "country"),
    [
        ("Australia/Melbourne", "AU"),
        ("Europe/Berlin", "DE"),
        ("US/Eastern", "US"),
        ("Asia/Calcutta", "IN"),
        ("GB", "GB"),
        ("UTC", ""),
        ("Etc/GMT+3", ""),
        ("CET", ""),
        ("Nowhere/City", ""),
    ],
)
def test_a_zone_is_in_a_country(timezone: str, country: str) -> None:
    assert country_of_zone(timezone) == country


def test_what_is_set_comes_before_the_zone(db) -> None:
    made = db.call(
        create_organization, "own-land", "A", timezone="Europe/Berlin", country="at", actor="test"
    )
    assert db.call(get_profile, made.org_id).country_code == "AT"
    assert db.call(find_country, made.org_id) == "AT"
    change = OrganizationChange(country_code="")
    db.call(change_organization, made.org_id, change, actor="test")
    assert db.call(find_country, made.org_id) == "DE"


@pytest.mark.parametrize("country", ["Germany", "ZZ", "XX", "uk"])
def test_a_country_is_one_of_the_standard(db, country: str) -> None:
    with pytest.raises(Invalid) as refused:
        db.call(create_organization, "no-land", "A", country=country, actor="test")
    assert refused.value.code == "country.form"
