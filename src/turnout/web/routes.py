"""All routes of the pages, on one screen."""

from collections.abc import Callable
from functools import partial

from turnout.core.identity.short_names import ELSEWHERE
from turnout.core.registrations.form_limits import FormLimits
from turnout.http.dialect import DialectApp, new_app
from turnout.store import Database
from turnout.web import pages
from turnout.web.assets import asset_path, get_asset, list_assets
from turnout.web.canonical import CanonicalPages
from turnout.web.catalogue import WebParts
from turnout.web.certificates import CertificateResource
from turnout.web.documents import DAY, Document, DocumentResource
from turnout.web.events import CalendarResource, EventResource
from turnout.web.failures import present_failure
from turnout.web.invitations import InvitationResource
from turnout.web.organizations import OrganizationResource
from turnout.web.outbox import OutboxResource
from turnout.web.own_name import OwnName
from turnout.web.pictures import PictureResource
from turnout.web.policy import PagePolicy
from turnout.web.sign_in import SignInResource, SignOutResource
from turnout.web.summary import SummaryResource
from turnout.web.tickets import TicketFileResource, TicketResource
from turnout.web.unsubscribe import UnsubscribeResource
from turnout.web.waiting_list import WaitingResource
from turnout.web.watch import EntryResource, WatchResource


def build(parts: WebParts) -> DialectApp:
    """The pages as an ASGI app of their own."""
    app = new_app(present_failure)
    app.add_middleware(PagePolicy())
    if parts.has_own_name:
        app.add_middleware(OwnName(parts.base_url))
    routes: dict[str, Callable[[], Document]] = {
        "/": partial(pages.make_start_page, parts),
        "/favicon.svg": partial(get_asset, "favicon.svg", DAY),
        "/robots.txt": pages.make_robots,
        "/reference": partial(pages.make_reference_list, parts),
        "/openapi": partial(pages.make_openapi_list, parts),
    }
    for api in parts.apis:
        routes[f"/reference/{api.name}"] = partial(pages.make_reference_page, parts, api)
        routes[f"/openapi/{api.name}.json"] = partial(pages.make_openapi_document, parts, api)
    for name in list_assets():
        routes[asset_path(name)] = partial(get_asset, name)
    for path, make in routes.items():
        app.add_route(path, DocumentResource(make))
    if parts.db:
        app.add_route("/unsubscribe/{token}", UnsubscribeResource(parts.db))
        app.add_route("/invitation/{token}", InvitationResource(parts.db))
        app.add_route("/certificate/{address}", CertificateResource(parts.db))
        app.add_route("/ticket/{address}", TicketResource(parts.db))
        app.add_route("/ticket/{address}/{name}", TicketFileResource(parts.db, parts.base_url))
        app.add_route("/media/{name}", PictureResource(parts.db))
        app.add_route("/waiting/{token}", WaitingResource(parts.db))
        app.add_route("/watch/{pak}", EntryResource(parts.db, parts.limits))
        app.add_route("/watch/{pak}/{token}", WatchResource(parts.db))
        _add_organizations(app, parts.db, parts.base_url, parts.limits)
    if parts.sessions:
        app.add_route("/sign-in", SignInResource(parts.sessions))
        app.add_route("/sign-in/out", SignOutResource(parts.sessions))
        app.add_route("/summary/{number}", SummaryResource(parts.sessions))
    if parts.sessions and parts.list_sent:
        app.add_route("/outbox", OutboxResource(parts.sessions, parts.list_sent))
    return app


def _add_organizations(app: DialectApp, db: Database, base_url: str, limits: FormLimits) -> None:
    """What organizations have, at `/NAME/…` or, where the server needs the name, `/o/NAME/…`."""
    app.add_middleware(CanonicalPages(db))
    event, calendar = EventResource(db, base_url, limits), CalendarResource(db, base_url)
    organization = OrganizationResource(db)
    for begins in ("/{slug}", f"{ELSEWHERE}/{{slug}}"):
        app.add_route(begins, organization)
        app.add_route(f"{begins}/{{number}}", event)
        app.add_route(f"{begins}/{{number}}/event.ics", calendar)
