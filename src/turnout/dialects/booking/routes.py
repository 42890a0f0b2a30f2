"""All routes of the booking API, on one screen. Paths are taken in any letter case."""

from typing import Any

import falcon.asgi
from falcon.asgi import Request, Response

from turnout.core.exams.printing import PATH
from turnout.dialects.booking import resources
from turnout.dialects.booking.errors import present_failure
from turnout.dialects.booking.resources import Parts as Parts
from turnout.http.dialect import new_app

PREFIXES = ("/api/", "/Api/", "/API/", PATH)


class AnyCase:
    """Falcon middleware: a path means the same in any letter case."""

    async def process_request(self, req: Request, _resp: Response) -> None:
        req.path = req.path.lower()  # tokens of links are in small letters


def build(parts: Parts) -> "falcon.asgi.App[Any, Any]":
    """Put the API together."""
    app = new_app(present_failure)
    app.add_middleware(AnyCase())
    app.add_route("/api/events/list-events", resources.CalendarResource(parts))
    app.add_route("/api/events/classes", resources.ClassesResource(parts))
    app.add_route("/api/events/scrap-paper", resources.ScrapPaperResource(parts))
    app.add_route("/api/events/{event}", resources.EventResource(parts))
    app.add_route("/api/events/{event}/cancel", resources.CancelEventResource(parts))
    for prefix in ("/api/registrations", "/api/events/registrations"):
        app.add_route(f"{prefix}/count", resources.CountResource(parts))
        app.add_route(f"{prefix}/search", resources.SearchResource(parts))
    app.add_route("/api/registrations/{registration}", resources.RegistrationResource(parts))
    for name, command in (
        ("register-lax", resources.RegisterResource),
        ("transfer-lax", resources.TransferResource),
        ("cancel", resources.CancelResource),
        ("change-assessment", resources.ChangeAssessmentResource),
        ("grant-accommodation", resources.GrantResource),
        ("revoke-accommodation", resources.RevokeResource),
    ):
        app.add_route(f"/api/registrations/{{registration}}/commands/{name}", command(parts))
    app.add_route(f"{PATH}{{token}}", resources.PaperResource(parts))
    return app
