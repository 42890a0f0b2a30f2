"""What the pages are told about this server and its APIs."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from falcon.asgi import Request

from turnout.core.audience.permissions import ReportedEvent
from turnout.core.audience.summary import Summary
from turnout.core.ids import JobId
from turnout.core.registrations.form_limits import FormLimits
from turnout.http.dialect import Dialect
from turnout.store import Database
from turnout.web.sessions import PageSessions


class SentMessage(NamedTuple):
    """A message that the simulator "sent", for the outbox page. `at` in epoch ms."""

    id: int
    at: int
    job_id: JobId
    channel: str
    sender: str
    destination: str
    subject: str
    text: str
    became: str
    notes: str
    reply: str


OUTBOX_PAGE = 100
"""How many messages the outbox shows at once; one more is read, to know of older ones."""


class OutboxFilter(NamedTuple):
    """Which messages are asked for; empty and 0 = any. `before` is when the last message of the
    page before was sent (epoch ms), and its number."""

    channel: str = ""
    destination: str = ""
    job_id: JobId = 0
    before: tuple[int, int] = (0, 0)


ReadOutbox = Callable[[Request, OutboxFilter], Awaitable[list[SentMessage]]]
"""What the sender of a request may see of the simulator's outbox, newest first. Raises
Unauthenticated, Limited."""


ReadSummary = Callable[[Request, int], Awaitable[tuple[ReportedEvent, Summary]]]
"""An event in figures, for the reporting user who sends a request. Raises Unauthenticated,
Denied, Missing, Limited."""


class WebParts(NamedTuple):
    """What the pages are put together from; `demo` is the content of demo.json, or None.

    Without `db` and `read_outbox` there are only the pages that need neither. `has_own_name`: an
    operator has set `base_url`, so pages under other names lead there.
    """

    base_url: str
    apis: tuple[Dialect[Any], ...]
    demo: dict[str, Any] | None
    db: Database | None = None
    read_outbox: ReadOutbox | None = None
    read_summary: ReadSummary | None = None
    sessions: PageSessions | None = None
    has_own_name: bool = False
    limits: FormLimits = FormLimits()
