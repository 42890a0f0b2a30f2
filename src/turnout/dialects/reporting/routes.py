"""All routes of the reporting API, on one screen."""

from pathlib import Path

from turnout.dialects import Services
from turnout.dialects.reporting import resources
from turnout.dialects.reporting.auth import Sessions
from turnout.dialects.reporting.errors import VIEWER, Format, presenter
from turnout.dialects.reporting.regserver import PATH, RegserverResource
from turnout.dialects.reporting.resources import Parts
from turnout.http.dialect import Dialect, DialectApp, mount_all, new_app
from turnout.http.mounts import Mount

PREFIXES = ("/api/login", "/api/reporting", "/api/event/allevents", VIEWER.rstrip("/"))


def build(services: Services) -> list[Mount]:
    """Put the API together."""
    sessions = Sessions(services.db, services.sign_ins)
    return mount_all(DIALECT.name, make_app(Parts(services.db, sessions)), *PREFIXES)


def make_app(parts: Parts) -> DialectApp:
    """All routes."""
    app = new_app(presenter(parts.db.clock), judges_queries=True)
    app.add_middleware(Format())
    login, events = resources.LoginResource(parts), resources.EventListResource(parts)
    core = resources.CoreListResource(parts)
    for suffix in ("", "/json"):
        app.add_route(f"/api/login{suffix}", login)
        app.add_route(f"/api/reporting/eventlist{suffix}", events)
        app.add_route(f"/api/event/allevents/core{suffix}", core)
    app.add_route("/api/reporting/event_summary/json", resources.SummaryResource(parts))
    for suffix, chosen in resources.FORMATS.items():
        report = resources.ReportResource(parts, chosen)
        app.add_route(f"/api/reporting/audience_reports{suffix}", report)
    app.add_route(PATH, RegserverResource(parts.db))
    return app


DIALECT = Dialect(
    name="reporting",
    title="Reporting",
    base_path="/api/reporting",
    summary="Who watched, asked and answered.",
    document=Path(__file__).with_name("openapi.yaml"),
    build=build,
)
