"""An organization's own page: its public events that lie ahead, and how to reach it."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import Event
from turnout.core.events.showing import list_public_events
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import find_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import page_path, picture_path
from turnout.core.times import local
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.templates import render

EVENTS = 200


class _Found(NamedTuple):
    organization: Organization
    profile: OrganizationProfile
    events: list[tuple[Event, str]]


class OrganizationResource(Resource):
    """`/{slug}`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def on_get(self, req: Request, resp: Response, slug: str) -> None:
        """Show the organization. Raises Missing."""
        found = await self._db.read(_find, req.path, slug.lower())
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "organization.html",
            organization=found.organization,
            profile=found.profile,
            logo=picture_path(found.organization.org_id, found.profile.logo, 800)
            if found.profile.logo
            else "",
            pages=page_path(found.organization.slug),
            events=[
                (event, summary, local(event.starts_at, event.timezone))
                for event, summary in found.events
            ],
        )


def _find(tx: Tx, path: str, slug: str) -> _Found:
    organization = find_organization(tx, slug)
    if organization is None:
        raise Missing("path.missing", path=path)
    org_id = organization.org_id
    return _Found(organization, get_profile(tx, org_id), list_public_events(tx, org_id, EVENTS))
