"""Home: what needs attention in the organization, and what comes next. The worked example of a page
of the console."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.listing import ListedEvent, Shelf, count_shelves, list_shelf
from turnout.core.ids import EventId
from turnout.core.messaging.alerts import Alert, AlertKind
from turnout.core.timeline.attention import (
    Attention,
    Lately,
    count_lately,
    find_attention,
    list_planned_jobs,
)
from turnout.core.timeline.overviews import NextMessage
from turnout.web.console.outgoing import Outgoing, list_outgoing
from turnout.web.console.page import ConsolePage, Visit

NEXT = 6
MOST = 500
FEW = 5
NO_EVENT = EventId(0)
# What an alert is mended by, of an organization's places.
_MENDED: Mapping[AlertKind, str] = {
    AlertKind.STANDING: "settings/networks",
    AlertKind.OPT_OUTS: "messages",
    AlertKind.CALLBACKS: "callbacks",
    AlertKind.DOMAINS: "messages/senders",
    AlertKind.RETURN_PATHS: "messages/senders",
    AlertKind.CALLS: "messages",
}


class Item(NamedTuple):
    """Something to look at: the label is `console.home.need.CODE`, counted where `total` is not
    None. What mends it is the page `tail` of the event `event_id`, or of the organization where
    that is 0; `permission` is what that page asks for."""

    code: str
    kind: str
    icon: str
    facts: Mapping[str, object]
    event_id: EventId
    tail: str
    permission: str
    total: int | None = None


class Home(NamedTuple):
    """All that the page shows. `lately` is None for those who do not see every event."""

    items: list[Item]
    events: list[ListedEvent]
    outgoing: list[Outgoing]
    lately: Lately | None
    is_new: bool
    now: int


class HomePage(ConsolePage):
    """`/console`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """How the organization stands. Raises Unauthenticated."""
        home = await self.console.read(req, "events.see", find_home)
        self.console.show(req, resp, "console/home.html", home=home)


def find_home(visit: Visit) -> Home:
    """What needs attention and comes next, as far as the user may know of it."""
    tx, org_id, user = visit.tx, visit.org_id, visit.user
    is_limited = user.access.is_limited
    coming = list_shelf(tx, org_id, Shelf.COMING, limit=MOST)
    events = [row for row in coming if user.sees(row.event.id)]
    may_read = not is_limited and user.may("messages.see")
    attention = find_attention(tx, org_id)
    hidden = visit.viewer.find_hidden(tx, org_id, [job.id for job in attention.failed])
    failed = [job for job in attention.failed if job.id not in hidden]
    items = _list_items(attention._replace(failed=failed))
    return Home(
        [item for item in items if _is_theirs(visit, item)],
        events[:NEXT],
        list_outgoing(visit, _list_planned(visit) if may_read else [])[:FEW],
        count_lately(tx, org_id) if user.access.sight.is_whole else None,
        not sum(count_shelves(tx, org_id).values()),
        tx.now,
    )


def _list_planned(visit: Visit) -> list[NextMessage]:
    jobs = list_planned_jobs(visit.tx, visit.org_id, MOST)
    hidden = visit.viewer.find_hidden(visit.tx, visit.org_id, [job.job_id for job in jobs])
    return [job for job in jobs if job.job_id not in hidden][:FEW]


def _is_theirs(visit: Visit, item: Item) -> bool:
    """Whether the user may know of it, and of the page that mends it."""
    if item.event_id:
        return visit.user.access.may(item.permission, item.event_id)
    return not visit.user.access.is_limited and visit.user.may(item.permission)


def _list_items(found: Attention) -> Iterator[Item]:
    """The most harmful first."""
    yield from map(_say_alert, found.alerts)
    for job in found.failed:
        facts = {"name": job.name, "total": job.total}
        tail = f"messages/{job.id}"
        yield Item(
            "failed", "stop", "mail_failed", facts, NO_EVENT, tail, "messages.see", job.failed
        )
    for exam in found.roomless:
        facts = {"title": exam.title, "at": exam.starts_local, "held": exam.held}
        yield Item("roomless", "stop", "exam", facts, exam.id, "exams", "exams.see")
    for event in found.waited:
        facts = {
            "title": event.title,
            "held": event.held,
            "capacity": event.capacity,
            "type": event.type_name,
        }
        tail, total = "waiting", event.waiting
        yield Item("waited", "wait", "warning", facts, event.id, tail, "people.read", total)
    for due in found.due:
        one = due.total == 1
        tail = f"people/{due.registration_id}" if one else "people"
        facts = {"title": due.title, "due_at": due.due_at}
        yield Item("due", "wait", "clock", facts, due.id, tail, "people.read", due.total)
    if found.replies:
        tail = "messages/replies"
        yield Item("replies", "info", "text", {}, NO_EVENT, tail, "messages.see", found.replies)


def _say_alert(alert: Alert) -> Item:
    facts = {"said": alert.text, "raised_at": alert.raised_at}
    if alert.is_of_trunk:
        place = "settings/networks"
        return Item("trunk", "stop", "no_network", facts, NO_EVENT, place, "messages.see")
    tail = _MENDED.get(alert.kind, "")
    permission = "callbacks.see" if alert.kind is AlertKind.CALLBACKS else "messages.see"
    return Item(alert.kind.value, "stop", "no_network", facts, NO_EVENT, tail, permission)
