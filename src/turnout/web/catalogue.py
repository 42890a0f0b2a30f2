"""What the pages are told about this server and its APIs."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from turnout.core.messaging.outbox import SentMessage
from turnout.core.registrations.form_limits import FormLimits
from turnout.http.dialect import Dialect
from turnout.store import Database
from turnout.web.sessions import PageSessions

ListSent = Callable[..., list[SentMessage]]
"""What a user may see of the simulator's outbox, newest first: a verb `(tx, principal, filter,
limit=…)`."""


class Step(NamedTuple):
    """Lines for the shell, and what they do."""

    title: str
    meaning: str
    text: str


class Value(NamedTuple):
    """A key or id of the demo, or several of a kind; `member` is its name in demo.json."""

    member: str
    meaning: str
    values: list[str]


class Trial(NamedTuple):
    """What can be tried of one API: steps for one shell, in this order. `secrets` are the demo's
    values of the security schemes of its OpenAPI document, by scheme."""

    api: str
    steps: list[Step]
    values: list[Value]
    secrets: Mapping[str, str] = {}


class Demo(NamedTuple):
    """What pages show of a demo: what to try, and the path of an event's page."""

    trials: list[Trial]
    event_path: str


class WebParts(NamedTuple):
    """What the pages are put together from; `demo` is None where this is none.

    Without `db` and `sessions` there are only the pages that need neither. `has_own_name`: an
    operator has set `base_url`, so pages under other names lead there.
    """

    base_url: str
    apis: tuple[Dialect[Any], ...]
    demo: Demo | None
    db: Database | None = None
    sessions: PageSessions | None = None
    list_sent: ListSent | None = None
    has_own_name: bool = False
    limits: FormLimits = FormLimits()
