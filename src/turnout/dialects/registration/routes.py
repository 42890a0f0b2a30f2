"""All routes of the registration API, on one screen."""

from pathlib import Path

from turnout.dialects import Services
from turnout.dialects.registration.auth import Tokens
from turnout.dialects.registration.errors import present_failure
from turnout.dialects.registration.jwks import JwksResource
from turnout.dialects.registration.register import RegisterResource
from turnout.dialects.registration.registerstatus import RegisterStatusResource
from turnout.dialects.registration.signin import SigninResource
from turnout.http.dialect import Dialect, mount_all, new_app
from turnout.http.fast_path import mount_fast_path
from turnout.http.mounts import Mount

PREFIXES = ("/v1.0", "/.well-known/jwks.json")
REGISTER = "/v1.0/register"
BODY_LIMIT = 262_144


def build(services: Services) -> list[Mount]:
    """Put the API together, with a fast path for the most frequent request."""
    db, limiter = services.db, services.limiter
    tokens = Tokens(db, services.base_url, services.last_uses)
    register = RegisterResource(db, limiter, tokens, services.backlog, BODY_LIMIT)
    app = new_app(present_failure)
    app.add_route("/v1.0/signin", SigninResource(db, limiter, tokens, services.sign_ins))
    app.add_route(REGISTER, register)
    app.add_route(
        "/v1.0/registerstatus", RegisterStatusResource(db, limiter, tokens, services.base_url)
    )
    app.add_route("/.well-known/jwks.json", JwksResource(tokens))
    name, respond = DIALECT.name, register.respond
    return [
        *mount_all(name, app, *PREFIXES),
        mount_fast_path(name, "PUT", REGISTER, respond, present_failure),
    ]


DIALECT = Dialect(
    name="registration",
    title="Registration",
    base_path="/v1.0",
    summary="Register people for events and channels.",
    document=Path(__file__).with_name("openapi.yaml"),
    build=build,
)
