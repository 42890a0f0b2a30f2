"""All routes of the registration API, on one screen."""

from typing import NamedTuple

import msgspec

from turnout.dialects.registration.auth import Tokens
from turnout.dialects.registration.errors import present_failure
from turnout.dialects.registration.jwks import JwksResource
from turnout.dialects.registration.register import RegisterResource
from turnout.dialects.registration.registerstatus import RegisterStatusResource
from turnout.dialects.registration.signin import SigninResource
from turnout.http.backlog import Backlog
from turnout.http.dialect import DialectApp, new_app
from turnout.http.fast_path import FastPath
from turnout.http.rate_limit import RateLimiter
from turnout.http.sign_ins import SignIns
from turnout.store import Database

PREFIXES = ("/v1.0", "/.well-known/jwks.json")
BODY_LIMIT = 262_144


class Parts(msgspec.Struct, frozen=True):
    """What the API is put together from; `body_limit` in bytes."""

    db: Database
    limiter: RateLimiter
    tokens: Tokens
    sign_ins: SignIns
    backlog: Backlog
    base_url: str
    body_limit: int = BODY_LIMIT


class Api(NamedTuple):
    """The API as an ASGI app of its own, and the way past Falcon for the request that there are
    most of."""

    app: DialectApp
    fast_path: FastPath


def build(parts: Parts) -> Api:
    """Put the API together."""
    app = new_app(present_failure)
    register = RegisterResource(
        parts.db, parts.limiter, parts.tokens, parts.backlog, parts.body_limit
    )
    app.add_route(
        "/v1.0/signin", SigninResource(parts.db, parts.limiter, parts.tokens, parts.sign_ins)
    )
    app.add_route("/v1.0/register", register)
    app.add_route(
        "/v1.0/registerstatus",
        RegisterStatusResource(parts.db, parts.limiter, parts.tokens, parts.base_url),
    )
    app.add_route("/.well-known/jwks.json", JwksResource(parts.tokens))
    fast_path = FastPath("registration", "PUT", "/v1.0/register", register.respond, present_failure)
    return Api(app, fast_path)
