"""What the pages are told about this server and its APIs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from turnout.core.audience.reports import ReportFile
from turnout.core.ids import OrgId
from turnout.core.messaging.outbox import SentMessage
from turnout.core.messaging.prices import Prices
from turnout.core.registrations.form_limits import FormLimits
from turnout.http.dialect import Dialect
from turnout.store import Database
from turnout.web.console.messages.sending import Sending
from turnout.web.door.keys import DoorKeys
from turnout.web.sessions import PageSessions

ListSent = Callable[..., list[SentMessage]]
"""What a user may see of the simulator's outbox, newest first: a verb `(tx, principal, filter,
limit=…)`."""


class NetworkState(NamedTuple):
    """Which network carries a channel here; a simulator reaches nobody."""

    channel: str
    network: str
    is_simulated: bool


class Finding(Protocol):
    """One thing of the server that was looked at: its `mark` is `ok`, `warn` or `FAIL`; `advice` is
    empty when all is well."""

    @property
    def what(self) -> str: ...
    @property
    def seen(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def mark(self) -> str: ...


Examine = Callable[[], Sequence[Finding]]


class Served(NamedTuple):
    """What the operator of this server has set, for pages of the console. `rate_limit` is requests
    a minute where an organization has no limit of its own, 0 = any. `examine` looks at the whole
    installation, which takes a while; None where that is not to be had. `list_sent` is what the
    simulator "sent"."""

    networks: tuple[NetworkState, ...] = ()
    rate_limit: int = 0
    examine: Examine | None = None
    list_sent: ListSent | None = None


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


class HeardCall(Protocol):
    """A call that a simulated phone took. `events` are seconds from its beginning, what happened,
    and a word more about it; `begun_at` is epoch ms."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def caller(self) -> str: ...
    @property
    def begun_at(self) -> int: ...
    @property
    def keys(self) -> str: ...
    @property
    def has_sound(self) -> bool: ...
    @property
    def events(self) -> list[tuple[float, str, str]]: ...


class DemoPhone(NamedTuple):
    """The simulated phone of a demo, for members of that organization: what it heard, the newest
    call first, and a call's sound by its name (a WAV file), None where there is none."""

    org_id: OrgId
    list_calls: Callable[[], Sequence[HeardCall]]
    find_sound: Callable[[str], bytes | None]


class Demo(NamedTuple):
    """What pages show of a demo: what to try, the path of an event's page, and the phone that
    takes its calls, if it makes any."""

    trials: list[Trial]
    event_path: str
    phone: DemoPhone | None = None


class WebParts(NamedTuple):
    """What the pages are put together from; `demo` is None where this is none.

    Without `db` and `sessions` there are only the pages that need neither. `has_own_name`: an
    operator has set `base_url`, so pages under other names lead there. `has_mail`: mails go out.
    `file_quota` is the bytes of files of an organization that has no quota of its own, `prices`
    what messages cost, `report_files` the formats of audience reports, `sending` what is set about
    messages, `served` what else the operator has set, `door` knows the phones at the door.
    """

    base_url: str
    apis: tuple[Dialect[Any], ...]
    demo: Demo | None
    db: Database | None = None
    sessions: PageSessions | None = None
    list_sent: ListSent | None = None
    has_own_name: bool = False
    has_mail: bool = True
    limits: FormLimits = FormLimits()
    file_quota: int = 0
    prices: Prices | None = None
    report_files: tuple[ReportFile, ...] = ()
    sending: Sending = Sending()
    served: Served = Served()
    door: DoorKeys | None = None
