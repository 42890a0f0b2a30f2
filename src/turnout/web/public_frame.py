"""The frame of every page that an organizer shows to people: name, logo, colour, and the links at
its foot."""

from typing import Any

from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.short_names import page_path, picture_path
from turnout.web.brand_sheets import brand_path


def frame_of(
    organization: Organization, profile: OrganizationProfile, colour: str = ""
) -> dict[str, Any]:
    """What `public.html` needs; `colour` is that of the event at hand, empty = the organizer's."""
    logo = picture_path(organization.org_id, profile.logo, 800) if profile.logo else ""
    return {
        "organization": organization,
        "profile": profile,
        "pages": page_path(organization.slug),
        "logo": logo,
        "crest": crest_of(organization.name),
        "brand": brand_path(colour or profile.colour),
    }


def crest_of(name: str) -> str:
    """Up to two letters that stand for a name: those of its first and last words."""
    words = [word for word in name.split() if word[0].isalnum()]
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()
