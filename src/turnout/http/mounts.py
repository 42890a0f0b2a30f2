"""Where an app is served: the front door (app.py) leads each request to a mount."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from turnout.http.errors import Present, present_plainly

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class Mount(NamedTuple):
    """Serve `prefix` and what lies under it by `app`; with a `method`, serve that method of exactly
    this path, or with a `shape` of the paths that it fits whole, before any other mount. `name` is
    the label in the metrics, and `present` how failures look that happen outside of the app."""

    prefix: str
    name: str
    app: Asgi
    present: Present = present_plainly
    method: str = ""
    shape: re.Pattern[str] | None = None
