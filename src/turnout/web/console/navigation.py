"""The line of an event in the console, and the places of its organization.

Stops are in the order in which an event is run. One is shown once its page has a route and the user
may see it, so that no link is dead.
"""

from typing import TYPE_CHECKING, NamedTuple

from turnout.core.ids import EventId, OrgId
from turnout.core.timeline.overviews import count_parts
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.web.console.page import Frame


class Stop(NamedTuple):
    """A page of an event: what follows its number in the address, and who may see it. The label is
    `console.nav.NAME`."""

    name: str
    tail: str
    permission: str


LINES: tuple[tuple[str, tuple[Stop, ...]], ...] = (
    ("", (Stop("overview", "", "event.see"),)),
    (
        "set_up",
        (
            Stop("details", "details", "event.change"),
            Stop("programme", "programme", "event.change"),
            Stop("tickets", "tickets", "event.change"),
            Stop("questions", "questions", "event.change"),
            Stop("texts", "texts", "event.change"),
            Stop("look", "page", "event.change"),
        ),
    ),
    (
        "people",
        (
            Stop("registrations", "people", "people.see"),
            Stop("invitations", "invitations", "invitations.see"),
            Stop("waiting", "waiting", "people.read"),
            Stop("messages", "messages", "messages.see"),
        ),
    ),
    (
        "on_the_day",
        (
            Stop("door", "door", "door.see"),
            Stop("exams", "exams", "exams.see"),
            Stop("webcast", "webcast", "webcast.see"),
        ),
    ),
    ("afterwards", (Stop("report", "report", "report.see"), Stop("log", "log", "log.see"))),
)
# Pages of an organization, for the menu of the account.
PLACES: tuple[Stop, ...] = (
    Stop("series", "series", "event.see"),
    Stop("all_people", "people", "people.read"),
    Stop("all_messages", "messages", "messages.see"),
    Stop("all_exams", "exams", "exams.see"),
    Stop("users", "users", "users.see"),
    Stop("credentials", "credentials", "credentials.see"),
    Stop("callbacks", "callbacks", "callbacks.see"),
    Stop("outbox", "outbox", "messages.see"),
    Stop("settings", "settings", "organization.see"),
    Stop("organization_log", "log", "log.see"),
    Stop("account", "account", "account.change"),
)


class Link(NamedTuple):
    """A stop as a page shows it; `total` None = nothing is counted there."""

    name: str
    address: str
    total: int | None
    is_current: bool


class Group(NamedTuple):
    """A stretch of the line; the first one is headed by the event's title."""

    name: str
    links: list[Link]


class Navigation:
    """Makes links of the pages that there are: `tails` follow an event's number, `places` the short
    name of an organization."""

    def __init__(self, tails: frozenset[str], places: frozenset[str]) -> None:
        self._tails = tails
        self._places = places

    @property
    def has_overview(self) -> bool:
        """Whether an event has a page of its own; else its registrations are where one begins."""
        return "" in self._tails

    def has(self, tail: str) -> bool:
        """Whether an event has that page, or the page that it is a part of."""
        return bool({tail, tail.partition("/")[0]} & self._tails)

    def has_place(self, tail: str) -> bool:
        """Whether the organization has that page; a number in it is that of some thing."""
        wanted = tail.split("/")
        return any(
            len(parts := place.split("/")) == len(wanted)
            and all(
                part == own or (own.isdigit() and part.startswith("{"))
                for part, own in zip(parts, wanted, strict=True)
            )
            for place in self._places
        )

    def groups(self, frame: "Frame", path: str) -> list[Group]:
        """The line of the frame's event, without stretches that have no stop."""
        made = (Group(name, self._links(frame, path, stops)) for name, stops in LINES)
        return [group for group in made if group.links]

    def places(self, frame: "Frame", path: str) -> list[Link]:
        """The organization's own pages that the user may see."""
        begins = f"/console/{frame.organization.slug}"
        return [
            _link(stop, f"{begins}/{stop.tail}", None, path)
            for stop in PLACES
            if stop.tail in self._places and frame.user.may(stop.permission)
        ]

    def _links(self, frame: "Frame", path: str, stops: tuple[Stop, ...]) -> list[Link]:
        begins = f"/console/{frame.event.id}" if frame.event else ""
        return [
            _link(stop, f"{begins}/{stop.tail}".rstrip("/"), frame.counts.get(stop.name), path)
            for stop in stops
            if stop.tail in self._tails and frame.may(stop.permission)
        ]


def count_stops(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[str, int]:
    """How many there are at each stop that has a number, by the stop's name."""
    return count_parts(tx, org_id, event_id)


def _link(stop: Stop, address: str, total: int | None, path: str) -> Link:
    is_own = path == address or (bool(stop.tail) and path.startswith(f"{address}/"))
    return Link(stop.name, address, total, is_own)
