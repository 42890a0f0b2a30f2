"""All routes of the messaging API, on one screen."""

import msgspec

from turnout.dialects.messaging.auth import Logins
from turnout.dialects.messaging.errors import present_failure
from turnout.dialects.messaging.jobs import JobParts, JobResource, JobsResource
from turnout.dialects.messaging.users import UserResource, UsersResource
from turnout.dialects.messaging.verification import (
    SendCodeResource,
    ValidateCodeResource,
    present_code_failure,
)
from turnout.http.dialect import DialectApp, new_app

PREFIXES = ("/api/v1",)
VERIFICATION_PREFIX = "/api/v1/client_verification"


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from."""

    logins: Logins
    base_url: str
    jobs: JobParts


def build(parts: Parts) -> DialectApp:
    """The API as an ASGI app of its own."""
    app = new_app(present_failure)
    voices = parts.jobs.voices
    app.add_route("/api/v1/users", UsersResource(parts.logins, parts.base_url, voices))
    app.add_route("/api/v1/users/{user_id}", UserResource(parts.logins, voices))
    app.add_route("/api/v1/jobs", JobsResource(parts.logins, parts.base_url, parts.jobs))
    app.add_route("/api/v1/jobs/{job_id}", JobResource(parts.logins, parts.jobs.db))
    return app


def build_verification(parts: Parts) -> DialectApp:
    """The two verification calls, whose failures have a shape of their own."""
    app = new_app(present_code_failure)
    app.add_route(f"{VERIFICATION_PREFIX}/sendCode", SendCodeResource(parts.logins))
    app.add_route(f"{VERIFICATION_PREFIX}/validateCode", ValidateCodeResource(parts.logins))
    return app
