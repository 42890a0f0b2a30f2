"""What the pages are told about this server and its APIs."""

from collections.abc import Callable
from typing import Any, NamedTuple

from turnout.core.messaging.outbox import SentMessage
from turnout.core.registrations.form_limits import FormLimits
from turnout.http.dialect import Dialect
from turnout.store import Database
from turnout.web.sessions import PageSessions

ListSent = Callable[..., list[SentMessage]]
"""What a user may see of the simulator's outbox, newest first: a verb `(tx, principal, filter,
limit=…)`."""


class WebParts(NamedTuple):
    """What the pages are put together from; `demo` is the content of demo.json, or None.

    Without `db` and `sessions` there are only the pages that need neither. `has_own_name`: an
    operator has set `base_url`, so pages under other names lead there.
    """

    base_url: str
    apis: tuple[Dialect[Any], ...]
    demo: dict[str, Any] | None
    db: Database | None = None
    sessions: PageSessions | None = None
    list_sent: ListSent | None = None
    has_own_name: bool = False
    limits: FormLimits = FormLimits()
