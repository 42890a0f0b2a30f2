"""All routes of the reporting API, on one screen."""

from typing import Any

import falcon.asgi
from falcon.asgi import Request, Response

from turnout.dialects.reporting import resources
from turnout.dialects.reporting.envelope import wants_json
from turnout.dialects.reporting.errors import present_failure
from turnout.dialects.reporting.resources import Parts as Parts
from turnout.http.dialect import new_app

PREFIXES = ("/api/login", "/api/reporting", "/api/event/")


class Form:
    """Falcon middleware: failures, too, are answered in the form that the path asks for."""

    async def process_request(self, req: Request, _resp: Response) -> None:
        wants_json.set(req.path.rstrip("/").endswith(("/json", "/csv", "/xlsx")))


def build(parts: Parts) -> "falcon.asgi.App[Any, Any]":
    """Put the API together."""
    app = new_app(present_failure)
    app.add_middleware(Form())
    for path, resource in (
        ("/api/login", resources.LoginResource),
        ("/api/reporting/eventlist", resources.EventListResource),
        ("/api/event/allevents/core", resources.AllEventsResource),
        ("/api/reporting/audience_reports", resources.ReportResource),
    ):
        app.add_route(path, resource(parts))
        app.add_route(f"{path}/json", resource(parts, "json"))
    csv = resources.ReportResource(parts, "csv")
    app.add_route("/api/reporting/audience_reports/csv", csv)
    return app
