"""Short names of organizations, and the addresses of their pages.

An organization's pages are at `/NAME/…`. Names that the server itself uses as the beginning of an
address, now or later, are reserved, so that neither hides the other. An organization that has such
a name from before keeps it; its pages are at `/o/NAME/…`, where those of every organization can be
found. A test holds every route against this list: if you add one, add its first part here.
"""

import re

from turnout.core.ids import OrgId
from turnout.errors import Invalid

RESERVED = frozenset(
    re.findall(
        r"\S+",
        """
    account admin api apple-touch-icon assets carriers certificate certificates console demo
    developers docs door embed event events favicon files healthz help imprint invitation legal
    login manifest media metrics my o og openapi organizations outbox preferences privacy readyz
    reference robots scrap-paper search setup sign-in sitemap static summary sw ticket tickets
    turnout unsubscribe v1 viewer waiting watch webhooks well-known www
    """,
    )
)
ELSEWHERE = "/o"


def is_reserved(slug: str) -> bool:
    """Whether no new organization may have this short name."""
    return slug in RESERVED or slug.isdigit()


def check_short_name(slug: str) -> None:
    """Raise Invalid for a short name that is reserved."""
    if is_reserved(slug):
        code = "organization.digits" if slug.isdigit() else "organization.reserved"
        raise Invalid(code, slug=slug)


def page_path(slug: str) -> str:
    """Where the pages of that organization begin, as a path without a slash at its end."""
    return f"{ELSEWHERE}/{slug}" if is_reserved(slug) else f"/{slug}"


def picture_path(org_id: OrgId, digest: str, side: int) -> str:
    """The path of a picture, at most `side` (1600 or 800) pixels wide and high."""
    return f"/media/{org_id}-{digest}-{side}.webp"
