"""What is to be done before an event: each step leads to what is missing."""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.events.model import EventState, Session
from turnout.core.events.showing import EventView
from turnout.core.identity.profiles import get_profile
from turnout.core.timeline.overviews import Figures, NextMessages
from turnout.web.console.page import Visit


class Step(NamedTuple):
    """A step: its words are `console.step.CODE`, and what was done or is missing
    `console.step.CODE.done` and `.open`, with `fact` and `total`; `tail` is its page."""

    code: str
    is_done: bool
    tail: str
    fact: str = ""
    total: int = 0


def list_steps(
    visit: Visit,
    shown: EventView,
    sessions: Sequence[Session],
    figures: Figures,
    upcoming: NextMessages,
) -> list[Step]:
    """The steps in the order in which an event is set up; none once all are done."""
    event, details = shown.event, shown.details
    is_placed = bool(shown.place.venue or details.online_url)
    profile = get_profile(visit.tx, visit.org_id)
    has_look = bool(shown.cover or details.colour or profile.colour)
    is_public = event.state is not EventState.DRAFT
    where = shown.place.venue or ("online" if details.online_url else "")
    steps = [
        Step("place", is_placed, "details", where),
        Step("described", bool(details.summary or details.description), "details"),
        Step("programme", bool(sessions), "programme", total=len(sessions)),
        Step("tickets", bool(shown.ticket_types), "tickets", total=len(shown.ticket_types)),
        *_payment_steps(shown, profile.payment_text),
        Step("look", has_look, "page"),
        Step("contact", bool(shown.contact.email or shown.contact.phone), "details"),
        Step("public", is_public, "publish"),
    ]
    if is_public:
        steps.append(Step("invited", bool(figures.invited), "invitations", total=figures.invited))
        is_planned = upcoming.remind_at is not None or event.starts_at <= visit.tx.now
        steps.append(Step("reminder", is_planned, "texts"))
    return [] if all(step.is_done for step in steps) else steps


def is_priced(shown: EventView) -> bool:
    """Whether a ticket of the event costs something."""
    return any(kind.price_minor for kind in shown.ticket_types)


def _payment_steps(shown: EventView, usual: str) -> list[Step]:
    """Saying how to pay, where something is to be paid; `usual` is the organization's text."""
    is_told = bool(shown.details.payment_text or usual)
    return [Step("payment", is_told, "details")] if is_priced(shown) else []
