"""All routes of the booking API, on one screen.

Pages of any origin may make the anonymous and the calendar's calls (http/cors.py).
"""

import re
from pathlib import Path

from turnout.core.exams.printing import PATH
from turnout.dialects import Services
from turnout.dialects.booking import resources
from turnout.dialects.booking.auth import Developers
from turnout.dialects.booking.errors import present_failure
from turnout.dialects.booking.resources import Parts
from turnout.http.cors import OpenToOrigins
from turnout.http.dialect import Dialect, DialectApp, mount_all, new_app
from turnout.http.fast_path import FastPath, mount_shaped_fast_path
from turnout.http.mounts import Mount

PREFIXES = ("/api", PATH)
REGISTERING = re.compile(r"/api/registrations/[0-9A-Fa-f-]{36}/commands/register-lax")


def build(services: Services) -> list[Mount]:
    """Put the API together, with a fast path for its most frequent request."""
    suffix = services.settings.booking_host_suffix
    parts = Parts(
        db=services.db,
        developers=Developers(services.db, suffix, services.sign_ins, services.last_uses),
        base_url=services.base_url,
        find_member=services.find_member,
    )
    register = FastPath(resources.RegisterResource(parts).respond, present_failure)
    return [
        *mount_all(DIALECT.name, make_app(parts), *PREFIXES),
        mount_shaped_fast_path(DIALECT.name, "POST", REGISTERING, register, present_failure),
    ]


def make_app(parts: Parts) -> DialectApp:
    """All routes."""
    app = new_app(present_failure, judges_queries=True)
    app.add_middleware(OpenToOrigins())
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


DIALECT = Dialect(
    name="booking",
    title="Booking",
    base_path="/api",
    summary="Exam seats, candidates, assessments and accommodations.",
    document=Path(__file__).with_name("openapi.yaml"),
    build=build,
)
