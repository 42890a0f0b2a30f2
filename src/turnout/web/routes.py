"""All routes of the pages, on one screen."""

from collections.abc import Callable
from functools import partial

from turnout.core.identity.short_names import ELSEWHERE
from turnout.core.registrations.form_limits import FormLimits
from turnout.http.dialect import DialectApp, Resource, new_app
from turnout.store import Database
from turnout.web import pages
from turnout.web.assets import asset_path, get_asset, list_assets
from turnout.web.brand_sheets import FOLDER, BrandSheetResource
from turnout.web.canonical import CanonicalPages
from turnout.web.catalogue import WebParts
from turnout.web.certificates import CertificateResource
from turnout.web.console.gate.routes import add_gate
from turnout.web.console.routes import add_console
from turnout.web.documents import DAY, Document, DocumentResource
from turnout.web.door.routes import DOOR, add_door
from turnout.web.embedding import SCRIPT, EmbedResource
from turnout.web.event_meta import CardResource
from turnout.web.events import CalendarResource, EventResource
from turnout.web.failures import present_failure
from turnout.web.feeds import (
    CalendarFeedResource,
    NewsFeedResource,
    SeriesFeedResource,
    SitemapResource,
)
from turnout.web.form_states import FormStates
from turnout.web.invitations import InvitationResource
from turnout.web.my.finding import FindingResource
from turnout.web.my.kept import KeptResource, make_worker
from turnout.web.my.receipts import ReceiptResource
from turnout.web.my.resources import GuestResource
from turnout.web.organizations import (
    HomeResource,
    OrganizationPages,
    OrganizationResource,
    StartResource,
)
from turnout.web.outbox import OutboxResource
from turnout.web.own_name import OwnName
from turnout.web.phone import PhoneResource, PhoneSoundResource
from turnout.web.pictures import PictureResource
from turnout.web.policy import PagePolicy
from turnout.web.said import SaidToStaff
from turnout.web.series import SeriesResource
from turnout.web.shared_report import SharedFileResource, SharedReportResource
from turnout.web.sign_in import FormerSignInResource, SignInResource, SignOutResource
from turnout.web.summary import SummaryResource
from turnout.web.tickets import TicketFileResource, TicketResource
from turnout.web.unsubscribe import UnsubscribeResource
from turnout.web.waiting_list import WaitingResource
from turnout.web.watch import WatchResource
from turnout.web.watch_entry import EntryResource


def build(parts: WebParts) -> DialectApp:
    """The pages as an ASGI app of their own."""
    app = new_app(present_failure)
    _add_middleware(app, parts)
    make_start = partial(pages.make_start_page, parts)
    home = OrganizationPages(parts.db, parts.base_url) if parts.db and not parts.demo else None
    app.add_route("/", HomeResource(make_start, home))
    app.add_route("/developers", StartResource(make_start))
    routes: dict[str, Callable[[], Document]] = {
        "/favicon.svg": partial(get_asset, "favicon.svg", DAY),
        "/favicon.ico": partial(get_asset, "favicon.ico", DAY),
        "/apple-touch-icon.png": partial(get_asset, "apple-touch-icon.png", DAY),
        SCRIPT: partial(get_asset, "embed.js", DAY),
        "/manifest.webmanifest": pages.make_manifest,
        "/robots.txt": pages.make_robots,
        "/reference": partial(pages.make_reference_list, parts),
        "/openapi": partial(pages.make_openapi_list, parts),
    }
    for api in (*parts.apis, DOOR):
        routes[f"/reference/{api.name}"] = partial(pages.make_reference_page, parts, api)
        routes[f"/openapi/{api.name}.json"] = partial(pages.make_openapi_document, parts, api)
    for name in list_assets():
        routes[asset_path(name)] = partial(get_asset, name)
    for path, make in routes.items():
        app.add_route(path, DocumentResource(make))
    app.add_route(f"{FOLDER}/{{name}}", BrandSheetResource())
    if parts.db:
        app.add_route("/unsubscribe/{token}", UnsubscribeResource(parts.db))
        app.add_route("/invitation/{token}", InvitationResource(parts.db, parts.base_url))
        app.add_route("/certificate/{address}", CertificateResource(parts.db))
        app.add_route("/my/sw.js", DocumentResource(make_worker))
        app.add_route("/my/kept", KeptResource())
        app.add_route("/my/find/{slug}", FindingResource(parts.db, parts.base_url))
        app.add_route("/my/{token}", GuestResource(parts.db, parts.base_url))
        app.add_route("/my/{token}/receipts/{code}", ReceiptResource(parts.db))
        app.add_route("/my/{token}/{part}", GuestResource(parts.db, parts.base_url))
        app.add_route("/ticket/{address}", TicketResource(parts.db))
        app.add_route("/ticket/{address}/{name}", TicketFileResource(parts.db, parts.base_url))
        app.add_route("/media/{name}", PictureResource(parts.db))
        app.add_route("/og/{name}", CardResource(parts.db))
        app.add_route("/waiting/{token}", WaitingResource(parts.db, parts.base_url))
        shared = "/summary/shared/{token}"
        app.add_route(shared, SharedReportResource(parts.db, parts.report_files))
        app.add_route(
            f"{shared}/report.{{ending}}", SharedFileResource(parts.db, parts.report_files)
        )
        app.add_route("/watch/{pak}", EntryResource(parts.db, parts.base_url, parts.limits))
        app.add_route("/watch/{pak}/{token}", WatchResource(parts.db, parts.base_url))
        if parts.door:
            add_door(app, parts.door)
        _add_organizations(app, parts.db, parts.base_url, parts.limits)
    if parts.sessions:
        app.add_route("/sign-in", FormerSignInResource())
        app.add_route("/sign-in/out", SignOutResource(parts.sessions))
        app.add_route("/summary/{number}", SummaryResource(parts.sessions))
        add_console(
            app,
            parts.sessions,
            parts.base_url,
            is_demo=parts.demo is not None,
            file_quota=parts.file_quota,
            prices=parts.prices,
            report_files=parts.report_files,
            sending=parts.sending,
            served=parts.served,
        )
    if parts.sessions and parts.db:
        states = FormStates(parts.db, is_secure=parts.base_url.startswith("https:"))
        app.add_route("/console/sign-in", SignInResource(parts.sessions, states))
        add_gate(app, parts.db, parts.sessions, has_mail=parts.has_mail)
    if parts.sessions and parts.list_sent:
        app.add_route("/outbox", OutboxResource(parts.sessions, parts.list_sent))
    if parts.sessions and parts.demo and parts.demo.phone:
        app.add_route("/outbox/phone", PhoneResource(parts.sessions, parts.demo.phone))
        app.add_route(
            "/outbox/phone/{name}.wav", PhoneSoundResource(parts.sessions, parts.demo.phone)
        )
    return app


def _add_middleware(app: DialectApp, parts: WebParts) -> None:
    app.add_middleware(PagePolicy())
    if parts.has_own_name:
        app.add_middleware(OwnName(parts.base_url))
    if parts.db:
        app.add_middleware(SaidToStaff(parts.db))


def _add_organizations(app: DialectApp, db: Database, base_url: str, limits: FormLimits) -> None:
    """What organizations have, at `/NAME/…` or, where the server needs the name, `/o/NAME/…`."""
    app.add_middleware(CanonicalPages(db))
    event, calendar = EventResource(db, base_url, limits), CalendarResource(db, base_url)
    embed = EmbedResource(db, base_url, limits)
    organization = OrganizationResource(OrganizationPages(db, base_url))
    calendar_feed, news = CalendarFeedResource(db, base_url), NewsFeedResource(db, base_url)
    lists: dict[str, Resource] = {
        "events.ics": calendar_feed,
        "events.rss": news,
        "sitemap.xml": SitemapResource(db, base_url),
    }
    lists |= {
        "series/{name}": SeriesResource(db, base_url, limits),
        "series/{name}/events.ics": SeriesFeedResource(db, calendar_feed),
        "series/{name}/events.rss": SeriesFeedResource(db, news),
    }
    for begins in ("/{slug}", f"{ELSEWHERE}/{{slug}}"):
        app.add_route(begins, organization)
        for tail, listed in lists.items():
            app.add_route(f"{begins}/{tail}", listed)
        app.add_route(f"{begins}/{{number}}", event)
        app.add_route(f"{begins}/{{number}}/embed", embed)
        app.add_route(f"{begins}/{{number}}/event.ics", calendar)
