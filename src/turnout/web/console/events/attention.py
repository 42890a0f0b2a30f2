"""What needs attention at an event: by rules, the most harmful first, each with what solves it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from turnout.core.events.model import EventState, Session, SessionState
from turnout.core.events.programme import list_sessions
from turnout.core.events.sessions import list_session_texts
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import OrgId, TicketTypeId
from turnout.core.timeline.overviews import Figures
from turnout.web.console.events.checklist import is_priced
from turnout.web.console.figures import say_local
from turnout.web.console.page import Visit

DAY_MS = 86_400_000
SOON = 14 * DAY_MS


class Need(NamedTuple):
    """Something to look at: the label is `console.need.CODE`, counted where `total` is not None;
    `tail` is the page of the event that solves or shows it, empty = none does."""

    code: str
    kind: str
    facts: Mapping[str, object]
    tail: str = ""
    total: int | None = None


class Overlap(NamedTuple):
    """Two sessions at one time in one room, or with one speaker: `what` names that."""

    first: Session
    second: Session
    what: str


def find_needs(
    visit: Visit, shown: EventView, figures: Figures, waiting: Mapping[TicketTypeId, int]
) -> list[Need]:
    """What needs attention now; nothing of an event that is over or cancelled."""
    event = shown.event
    if event.ends_at <= visit.tx.now or event.state is EventState.CANCELLED:
        return []
    return [
        *_undelivered(figures),
        *_full_types(shown, waiting),
        *_full_event(shown, figures),
        *_overlaps(visit),
        *list_strays(visit),
        *_unpayable(visit, shown),
        *_unpublished(visit, shown),
        *_early_end(visit, shown),
    ]


def list_overlaps(visit: Visit) -> list[Overlap]:
    """Sessions that overlap in a room, or with a speaker, each pair once."""
    sessions = list_sessions(visit.tx, visit.org_id, visit.at.id)
    texts = {text.id: text for text in list_session_texts(visit.tx, visit.org_id, visit.at.id)}
    going = [s for s in sessions if s.state is not SessionState.CANCELLED]
    ordered = sorted(going, key=lambda session: (session.starts_at, session.id))
    found = []
    for number, first in enumerate(ordered):
        for second in ordered[number + 1 :]:
            if second.starts_at >= first.ends_at:
                break
            one, other = texts[first.id], texts[second.id]
            if one.room and one.room.casefold() == other.room.casefold():
                found.append(Overlap(first, second, one.room))
            elif set(one.speaker_ids) & set(other.speaker_ids):
                found.append(Overlap(first, second, ""))
    return found


def list_strays(visit: Visit) -> list[Need]:
    """The sessions that begin before the event or end after it; none where they are cancelled, nor
    of an event that is postponed and whose new date is not known."""
    event = visit.at
    if get_shown_event(visit.tx, visit.org_id, event.id).details.is_date_open:
        return []
    found = []
    for session in list_sessions(visit.tx, visit.org_id, event.id):
        is_inside = event.starts_at <= session.starts_at and session.ends_at <= event.ends_at
        if is_inside or session.state is SessionState.CANCELLED:
            continue
        facts = {
            "name": session.title,
            "starts": say_local(session.starts_local),
            "ends": say_local(session.ends_local),
            "event_starts": say_local(event.starts_local),
            "event_ends": say_local(event.ends_local),
            "zone": event.timezone,
        }
        found.append(Need("outside", "wait", facts, f"programme/{session.id}"))
    return found


def _undelivered(figures: Figures) -> Iterator[Need]:
    if figures.undeliverable:
        yield Need("undelivered", "stop", {}, "people", figures.undeliverable)


def _full_types(shown: EventView, waiting: Mapping[TicketTypeId, int]) -> Iterator[Need]:
    for kind in shown.ticket_types:
        waits = waiting.get(kind.id, 0)
        if waits and kind.capacity is not None and kind.held >= kind.capacity:
            facts = {"name": kind.name, "held": kind.held, "capacity": kind.capacity}
            yield Need("full_type", "wait", facts, f"tickets/{kind.id}", waits)


def _full_event(shown: EventView, figures: Figures) -> Iterator[Need]:
    event = shown.event
    if figures.waiting and event.capacity is not None and event.held >= event.capacity:
        facts = {"held": event.held, "capacity": event.capacity}
        yield Need("full_event", "wait", facts, "waiting", figures.waiting)


def _overlaps(visit: Visit) -> Iterator[Need]:
    for overlap in list_overlaps(visit):
        facts = {"first": overlap.first.title, "second": overlap.second.title}
        code = "overlap_room" if overlap.what else "overlap_speaker"
        tail = f"programme/{overlap.second.id}"
        yield Need(code, "wait", facts | {"room": overlap.what}, tail)


def _unpayable(visit: Visit, shown: EventView) -> Iterator[Need]:
    org_id: OrgId = visit.org_id
    is_told = shown.details.payment_text or get_profile(visit.tx, org_id).payment_text
    if not is_told and is_priced(shown):
        yield Need("no_payment_text", "wait", {}, "details")


def _unpublished(visit: Visit, shown: EventView) -> Iterator[Need]:
    event = shown.event
    if event.state is EventState.DRAFT and event.starts_at - visit.tx.now < SOON:
        yield Need("draft_soon", "wait", {}, "publish")


def _early_end(visit: Visit, shown: EventView) -> Iterator[Need]:
    ends_at = shown.registration_ends_at
    if shown.event.state is EventState.CLOSED and ends_at is not None and ends_at <= visit.tx.now:
        yield Need("registration_ended", "info", {}, "details")
