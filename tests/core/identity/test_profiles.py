"""What an organization shows of itself is changed field by field."""

from typing import Any

import pytest

from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import OrganizationProfile
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.errors import Invalid


def change(db, org_id, **fields):
    return db.call(change_organization, org_id, OrganizationChange(**fields), actor="test")


def test_it_shows_nothing_at_first(db, org_id):
    assert db.call(get_profile, org_id) == OrganizationProfile()


def test_it_shows_what_it_was_given(db, org_id):
    given: dict[str, Any] = {
        "currency": "eur",
        "country_code": "de",
        "colour": "#0a7d5c",
        "contact_email": "ask@example.org",
        "contact_phone": "+49 1",
        "website": "https://example.org/",
        "privacy_url": "https://example.org/privacy",
        "imprint_url": "https://example.org/imprint",
        "sender_name": "The Acme team",
        "reply_address": "reply@example.org",
    }
    own = {"name": "Acme & Co", "timezone": "Asia/Tokyo", "locale": "ja"}
    profile = change(db, org_id, **given, **own)
    assert profile == OrganizationProfile(**given | {"currency": "EUR", "country_code": "DE"})
    assert db.call(get_profile, org_id) == profile
    organization = db.call(get_organization_of, org_id)
    assert (organization.name, organization.timezone, organization.locale) == tuple(own.values())
    newest = db.call(list_entries, org_id, "organization", org_id)[-1]
    assert (newest.action, newest.facts) == (
        "changed",
        {"fields": [n for n in OrganizationChange.__struct_fields__ if n in given | own]},
    )
    assert change(db, org_id, colour="").colour == ""
    assert db.call(get_profile, org_id).currency == "EUR"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": " "}, "text.missing"),
        ({"name": '"Rail Forum <info@rail.example>"'}, "organization.name_address"),
        ({"sender_name": "Rail Forum<info@rail.example>"}, "organization.name_address"),
        ({"sender_name": "info@rail.example"}, "organization.name_address"),
        ({"timezone": "Moon"}, "timezone.unknown"),
        ({"timezone": ""}, "text.missing"),
        ({"locale": "deutsch!"}, "language.form"),
        ({"currency": "XXY"}, "money.currency"),
        ({"country_code": "D"}, "country.form"),
        ({"country_code": "XX"}, "country.form"),
        ({"country_code": "zz"}, "country.form"),
        ({"country_code": "UK"}, "country.form"),
        ({"colour": "green"}, "colour.form"),
        ({"website": "ftp://example.org"}, "url.form"),
        ({"privacy_url": "javascript:1"}, "url.form"),
        ({"imprint_url": "https://a b"}, "url.form"),
        ({"reply_address": "me"}, "user.email"),
        ({"logo": "0" * 64}, "picture.missing"),
    ],
)
def test_what_cannot_be_changes_nothing(db, org_id, fields, code):
    with pytest.raises(Invalid) as refusal:
        change(db, org_id, **({"contact_phone": "1"} | fields))
    assert refusal.value.code == code
    assert db.call(get_profile, org_id) == OrganizationProfile()
