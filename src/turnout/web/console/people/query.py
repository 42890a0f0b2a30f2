"""What a list of registrations shows, as its address says it, and the addresses of other lists.

The address is the state: search, filters, order, columns and the place in the list. A filter that
cannot be read is left out, as if nobody had asked for it.
"""

import enum
from typing import Any, NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request

from turnout.core.ids import EventId, RegistrationId, SessionId, TicketTypeId
from turnout.core.registrations.walking import Browsed, Order
from turnout.web.console.page import Visit
from turnout.web.numbers import parse_number

LONGEST_TEXT = 100
READ = "people.read"
"""For more of people than the door needs."""


class State(enum.StrEnum):
    """Of which registrations."""

    ANY = ""
    CHECKED_IN = "in"
    EXPECTED = "expected"
    CANCELLED = "cancelled"


class Paying(enum.StrEnum):
    """How a payment of one of the tickets stands."""

    ANY = ""
    OPEN = "open"
    PAID = "paid"
    WAIVED = "waived"
    REFUNDED = "refunded"


class Column(enum.StrEnum):
    """What a list shows beside name, ticket and state."""

    COMPANY = "company"
    REGISTERED = "registered"
    SOURCE = "source"
    CODE = "code"
    JOB_TITLE = "job_title"
    PHONE = "phone"
    TAGS = "tags"
    SESSIONS = "sessions"


USUAL = (Column.COMPANY, Column.REGISTERED, Column.SOURCE)
DETAILED = frozenset({Column.JOB_TITLE, Column.PHONE, Column.TAGS, Column.SESSIONS})
"""Columns that are read for the rows of a page, once one of them is chosen."""
_STATES: dict[State, tuple[str, bool | None]] = {
    State.ANY: ("", None),
    State.CHECKED_IN: ("confirmed", True),
    State.EXPECTED: ("confirmed", False),
    State.CANCELLED: ("cancelled", None),
}


class PeopleQuery(NamedTuple):
    """The state of the list; empty and 0 = any. It begins behind the registration `after`; with
    `is_all`, all that are listed are selected, on every page. With `is_by_name` the text is sought
    in names and codes alone."""

    text: str = ""
    state: State = State.ANY
    ticket: int = 0
    session: int = 0
    source: str = ""
    tag: str = ""
    payment: Paying = Paying.ANY
    order: Order = Order.NEWEST
    columns: tuple[Column, ...] = USUAL
    after: int = 0
    is_all: bool = False
    is_by_name: bool = False

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return self.browsed(EventId(0)) != Browsed(EventId(0))

    def browsed(self, event_id: EventId) -> Browsed:
        """The same for the core."""
        state, is_checked_in = _STATES[self.state]
        return Browsed(
            event_id,
            self.text,
            state,
            TicketTypeId(self.ticket),
            SessionId(self.session),
            is_checked_in,
            self.source,
            self.tag,
            self.payment.value,
            is_by_name=self.is_by_name and bool(self.text),
        )

    def permitted(self, visit: Visit) -> "PeopleQuery":
        """The same for the user, who is told nothing by a filter that their list does not show."""
        if visit.may(READ):
            return self
        return self._replace(
            session=0, source="", tag="", payment=Paying.ANY, columns=(), is_by_name=True
        )

    @property
    def behind(self) -> RegistrationId:
        """The registration behind which the page begins; 0 = it is the first."""
        return RegistrationId(self.after)

    def link(self, **changes: Any) -> str:
        """The query of the same list with changes, from its beginning unless `after` is given; with
        its question mark, empty for the list as it is first opened."""
        wanted = self._replace(**{"after": 0, "is_all": False} | changes)
        wanted = wanted._replace(order=Order(wanted.order), payment=Paying(wanted.payment))
        pairs = [(name, text) for name, text in wanted.pairs if text]
        return f"?{urlencode(pairs)}" if pairs else "?"

    @property
    def kept(self) -> str:
        """What is saved of the list, as the query of its address: without the search text, which
        may name a person."""
        return self.link(text="").removeprefix("?")

    @property
    def here(self) -> str:
        """The query of this very page."""
        return self.link(after=self.after, is_all=self.is_all)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters; what is usual is left out."""
        is_usual = self.columns == USUAL or self.is_by_name
        columns = [] if is_usual else [("columns", "-".join(self.columns) or "none")]
        return [
            ("q", self.text),
            ("state", self.state.value),
            ("ticket", str(self.ticket or "")),
            ("session", str(self.session or "")),
            ("source", self.source),
            ("tag", self.tag),
            ("payment", self.payment.value),
            ("sort", "" if self.order is Order.NEWEST else self.order.value),
            *columns,
            ("after", str(self.after or "")),
            ("all", "1" if self.is_all else ""),
        ]


def parse_people(req: Request) -> PeopleQuery:
    """What the address asks for."""
    state, order = _text(req, "state"), _text(req, "sort")
    payment = _text(req, "payment")
    return PeopleQuery(
        text=_text(req, "q"),
        state=State(state) if state in set(State) else State.ANY,
        ticket=_number(req, "ticket"),
        session=_number(req, "session"),
        source=_text(req, "source"),
        tag=_text(req, "tag"),
        payment=Paying(payment) if payment in set(Paying) else Paying.ANY,
        order=Order(order) if order in set(Order) else Order.NEWEST,
        columns=_columns(req),
        after=_number(req, "after"),
        is_all=_text(req, "all") == "1",
    )


def _columns(req: Request) -> tuple[Column, ...]:
    """As ticked in the form (`column`, several), or as links have them (`columns`, one)."""
    ticked = req.get_param_as_list("column") or []
    named = _text(req, "columns").split("-")
    if not (ticked or any(named) or req.get_param("chosen", default="")):
        return USUAL
    return tuple(column for column in Column if column.value in {*ticked, *named})


def _text(req: Request, name: str) -> str:
    return req.get_param(name, default="").strip()[:LONGEST_TEXT]


def _number(req: Request, name: str) -> int:
    text = _text(req, name)
    return parse_number(text) or 0
