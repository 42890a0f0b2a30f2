"""All routes of the attendance API, on one screen. Each path may end with `.json`.

Pages of any origin may call it (http/cors.py).
"""

import re
from pathlib import Path

from falcon.asgi import Request, Response

from turnout.dialects import Services
from turnout.dialects.attendance import resources
from turnout.dialects.attendance.auth import Doors
from turnout.dialects.attendance.errors import present_failure
from turnout.dialects.attendance.gathering import Gathering
from turnout.dialects.attendance.resources import Parts
from turnout.http.cors import OpenToOrigins
from turnout.http.dialect import Dialect, DialectApp, mount_all, new_app
from turnout.http.fast_path import BareFastPath, mount_shaped_fast_path
from turnout.http.mounts import Mount

# The contract's slip `/event/attendees/code/…` without /v1 is served too, and nothing else under
# `/event`, which is answered in this API's shape all the same.
PREFIXES = ("/v1", "/event")
FORMAT = ".json"
# The scans that check in, as apps at doors send them.
SCANS = re.compile(r"/v1/event/attendees/code/[0-9A-Za-z:-]{1,255}/check(?:\.json)?")


class AnyFormat:
    """Falcon middleware: a path may end with `.json`, which changes nothing."""

    async def process_request(self, req: Request, _resp: Response) -> None:
        """Take the ending away."""
        if req.path.lower().endswith(FORMAT):
            req.path = req.path[: -len(FORMAT)]


def build(services: Services) -> list[Mount]:
    """Put the API together, with a fast path for its most frequent request."""
    doors = Doors(services.db, services.sign_ins, services.last_uses)
    gathering = Gathering(services.db, doors)
    parts = Parts(services.db, doors, services.base_url, gathering)
    app = make_app(parts)
    scans = BareFastPath(resources.CheckResource(parts).respond, present_failure, app)
    return [
        *mount_all(DIALECT.name, app, *PREFIXES),
        mount_shaped_fast_path(DIALECT.name, "POST", SCANS, scans, present_failure),
    ]


def make_app(parts: Parts) -> DialectApp:
    """All routes."""
    app = new_app(present_failure)
    app.add_middleware([AnyFormat(), OpenToOrigins(everywhere=True)])
    attendees, attendee = resources.AttendeesResource(parts), resources.AttendeeResource(parts)
    check, uncheck = resources.CheckResource(parts), resources.UncheckResource(parts)
    app.add_route("/v1/event", resources.EventResource(parts))
    app.add_route("/v1/company", resources.CompanyResource(parts))
    app.add_route("/v1/event/attendees", attendees)
    app.add_route("/v1/event/attendees/{state}", attendees)
    for prefix in ("/v1/event", "/event"):
        app.add_route(f"{prefix}/attendees/code/{{code}}", attendee)
        app.add_route(f"{prefix}/attendees/code/{{code}}/check", check)
        app.add_route(f"{prefix}/attendees/code/{{code}}/uncheck", uncheck)
    app.add_route("/v1/event/ticket_keys", resources.TicketKeysResource(parts))
    app.add_route("/v1/event/invitations", resources.InvitationsResource(parts))
    recipients = "/v1/event/invitations/{invitation_id}/recipients"
    app.add_route(recipients, resources.RecipientsResource(parts))
    app.add_route(f"{recipients}/{{recipient_id}}/{{action}}", resources.RecipientResource(parts))
    return app


DIALECT = Dialect(
    name="attendance",
    title="Attendance",
    base_path="/v1",
    summary="Attendees, check-in at the door, and invitations.",
    document=Path(__file__).with_name("openapi.yaml"),
    build=build,
)
