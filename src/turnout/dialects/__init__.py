"""The five HTTP APIs, one a folder; here is what all of them are handed.

A dialect is a `Dialect` (http/dialect.py) that its `routes.py` makes: bootstrap.py lists them. None
knows another.
"""

from collections.abc import Awaitable, Callable

import msgspec
from falcon.asgi import Request

from turnout.core.ids import OrgId
from turnout.core.messaging.accepting import Policy
from turnout.http.admission import LastUses
from turnout.http.backlog import Backlog
from turnout.http.logins import Logins
from turnout.http.outbound import Outbound
from turnout.http.rate_limit import RateLimiter
from turnout.http.sign_ins import SignIns
from turnout.settings import Settings
from turnout.store import Database

FindMember = Callable[[Request], Awaitable[OrgId]]
"""The organization of the user who sends a request, from whichever way in. Raises
Unauthenticated."""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What bootstrap hands to each dialect; `base_url` is the address in every link."""

    settings: Settings
    db: Database
    base_url: str
    limiter: RateLimiter
    sign_ins: SignIns
    last_uses: LastUses
    logins: Logins
    find_member: FindMember
    backlog: Backlog
    outbound: Outbound
    policy: Policy
