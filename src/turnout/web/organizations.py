"""An organization's own page: its public events that lie ahead and that are over, its series, and
how to reach it. Where a server has one organization alone, that is its start page, too."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import Channel, Event
from turnout.core.events.page_names import EVENT, SERIES, list_page_names
from turnout.core.events.programme import list_channels
from turnout.core.events.showing import Announced, list_past_events, list_public_events
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import find_only_organization, find_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import page_path
from turnout.core.times import local
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import PERSONAL, Document, DocumentResource
from turnout.web.event_facts import Sign, sign_of
from turnout.web.languages import asked_language, forget_query, language, settle_language
from turnout.web.page_cache import PageCache, answer_kept, is_for_everybody
from turnout.web.public_frame import frame_of
from turnout.web.shared_reads import SharedReads
from turnout.web.templates import render

EVENTS, PAST = 200, 100


class Listed(NamedTuple):
    """An event in a list: where its page is, and its date plate. `starts` is local at the event;
    with `is_date_open` it is when a postponed event was to start."""

    event: Event
    summary: str
    path: str
    starts: datetime.datetime
    sign: Sign
    is_date_open: bool


class FoundOrganization(NamedTuple):
    """What the page shows; `names` are those of its events in addresses, by their numbers, `series`
    those that have a page, with their names."""

    organization: Organization
    profile: OrganizationProfile
    coming: list[Announced]
    past: list[Announced]
    names: dict[int, str]
    series: list[tuple[Channel, str]]


class OrganizationPages:
    """Answers with the pages of organizations, which are kept as those of events are."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._reads = SharedReads(db)
        self._pages = PageCache()
        self._base_url = base_url

    async def answer(
        self, req: Request, resp: Response, verb: Callable[..., Any], *args: object
    ) -> bool:
        """Answer with the page of what the verb finds, if it finds an organization."""
        found: FoundOrganization | None = await self._reads.read((verb, *args), verb, *args)
        if found is None:
            return False
        spoken = settle_language(found.organization.locale)
        if is_for_everybody(req):
            form = f"{spoken} {asked_language(req)} {req.path}"
            make = partial(make_page, found, self._base_url)
            answer_kept(req, resp, self._pages.render(found, form, (), 0, make))
        else:
            resp.content_type = "text/html; charset=utf-8"
            resp.set_header("Cache-Control", PERSONAL)
            resp.text = make_page(found, self._base_url)
        return True


class OrganizationResource(Resource):
    """`/{slug}`."""

    def __init__(self, pages: OrganizationPages) -> None:
        self._pages = pages

    async def on_get(self, req: Request, resp: Response, slug: str) -> None:
        """Show the organization. Raises Missing."""
        await self._pages.answer(req, resp, find_organization_page, req.path, slug)


class StartResource(DocumentResource):
    """What the server is, in each language: `/developers`."""

    def choose(self, req: Request, resp: Response) -> str:
        resp.append_header("Vary", "Accept-Language")
        forget_query()
        return f"{language.get()} {asked_language(req)}"


class HomeResource(StartResource):
    """`/`: the page of the server's only organization, else what the server is."""

    def __init__(self, make: Callable[[], Document], pages: OrganizationPages | None) -> None:
        super().__init__(make)
        self._organizations = pages

    async def on_get(self, req: Request, resp: Response) -> None:
        pages = self._organizations
        if pages is None or not await pages.answer(req, resp, _find_only):
            await super().on_get(req, resp)


def find_organization_page(tx: Tx, path: str, slug: str) -> FoundOrganization:
    """What an organization's page shows. Raises Missing."""
    organization = find_organization(tx, slug.lower())
    if organization is None:
        raise Missing("path.missing", path=path)
    return _gather(tx, organization)


def list_items(events: list[Announced], pages: str, names: dict[int, str]) -> list[Listed]:
    """Events as a list shows them; `pages` is where their pages begin."""
    items = []
    for event, summary, is_date_open in events:
        starts = local(event.starts_at, event.timezone)
        sign = sign_of(starts, local(event.ends_at, event.timezone))
        path = f"{pages}/{names.get(event.id) or event.id}"
        items.append(Listed(event, summary, path, starts, sign, is_date_open))
    return items


def sign_again(item: Listed) -> Listed:
    """The same with its plate in the language of the page at hand: it may have been read for a page
    in another one."""
    return item._replace(sign=sign_of(item.starts, local(item.event.ends_at, item.event.timezone)))


def _find_only(tx: Tx) -> FoundOrganization | None:
    organization = find_only_organization(tx)
    return _gather(tx, organization) if organization else None


def _gather(tx: Tx, organization: Organization) -> FoundOrganization:
    org_id = organization.org_id
    named = list_page_names(tx, org_id, SERIES)
    return FoundOrganization(
        organization,
        get_profile(tx, org_id),
        list_public_events(tx, org_id, EVENTS),
        list_past_events(tx, org_id, PAST),
        list_page_names(tx, org_id, EVENT),
        [(channel, named[channel.id]) for channel in _list_named(tx, organization, named)],
    )


def _list_named(tx: Tx, organization: Organization, named: dict[int, str]) -> list[Channel]:
    if not named:
        return []
    return [channel for channel in list_channels(tx, organization.org_id) if channel.id in named]


def make_page(found: FoundOrganization, base_url: str) -> str:
    """An organization's page."""
    pages = page_path(found.organization.slug)
    return render(
        "organization.html",
        **frame_of(found.organization, found.profile),
        canonical=f"{base_url}{pages}",
        coming=list_items(found.coming, pages, found.names),
        past=list_items(found.past, pages, found.names),
        series=found.series,
    )
