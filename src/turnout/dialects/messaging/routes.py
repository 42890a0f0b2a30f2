"""All routes of the messaging API, on one screen."""

from pathlib import Path

import msgspec

from turnout.dialects import Services
from turnout.dialects.messaging.errors import present_failure
from turnout.dialects.messaging.file_intake import FileIntake
from turnout.dialects.messaging.jobs import JobParts, JobResource, JobsResource
from turnout.dialects.messaging.users import UserResource, UsersResource
from turnout.dialects.messaging.verification import (
    SendCodeResource,
    ValidateCodeResource,
    present_code_failure,
)
from turnout.http.dialect import Dialect, DialectApp, mount_all, new_app
from turnout.http.logins import Logins
from turnout.http.mounts import Mount
from turnout.settings import split_list

PREFIX = "/api/v1"
VERIFICATION_PREFIX = f"{PREFIX}/client_verification"
MB = 1_000_000


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from."""

    logins: Logins
    base_url: str
    jobs: JobParts


def build(services: Services) -> list[Mount]:
    """Put the API together. The two verification calls are an app of their own, whose failures
    have another shape."""
    quota = services.settings.file_quota_mb * MB
    jobs = JobParts(
        db=services.db,
        policy=services.policy,
        voices=split_list(services.settings.tts_voices),
        files=FileIntake(
            services.db, services.outbound, quota, draws_faxes=services.policy.draws_faxes
        ),
    )
    parts = Parts(services.logins, services.base_url, jobs)
    return [
        *mount_all(DIALECT.name, make_app(parts), PREFIX),
        *mount_all(DIALECT.name, make_verification_app(parts), VERIFICATION_PREFIX),
    ]


def make_app(parts: Parts) -> DialectApp:
    """All routes, but those of verification."""
    app = new_app(present_failure)
    voices = parts.jobs.voices
    app.add_route("/api/v1/users", UsersResource(parts.logins, parts.base_url, voices))
    app.add_route("/api/v1/users/{user_id}", UserResource(parts.logins, voices))
    app.add_route("/api/v1/jobs", JobsResource(parts.logins, parts.base_url, parts.jobs))
    app.add_route("/api/v1/jobs/{job_id}", JobResource(parts.logins, parts.jobs.db))
    return app


def make_verification_app(parts: Parts) -> DialectApp:
    """The two verification calls."""
    app = new_app(present_code_failure)
    send_code = SendCodeResource(parts.logins, parts.jobs.policy)
    app.add_route(f"{VERIFICATION_PREFIX}/sendCode", send_code)
    app.add_route(f"{VERIFICATION_PREFIX}/validateCode", ValidateCodeResource(parts.logins))
    return app


DIALECT = Dialect(
    name="messaging",
    title="Messaging",
    base_path="/api/v1",
    summary="E-mail, SMS, MMS, calls and faxes, users, and verification codes.",
    document=Path(__file__).with_name("openapi.yaml"),
    build=build,
)
