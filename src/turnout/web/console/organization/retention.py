"""`/console/{org}/settings/retention`: how long people and messages are kept, and what went."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.erasure.expiring import preview_retention
from turnout.core.erasure.message_retention import (
    MessageRule,
    end_message_retention,
    find_message_rule,
    set_message_retention,
)
from turnout.core.erasure.retention import (
    LONGEST_DAYS,
    WAIT_MS,
    WHOLE_ORGANIZATION,
    RetentionRule,
    RetentionRun,
    end_retention,
    list_rules,
    list_runs,
    set_retention,
)
from turnout.core.events.model import Event
from turnout.core.events.programme import list_events
from turnout.core.ids import EventId
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/organization/retention.html"
SEE, CHANGE = "organization.see", "organization.change"
RUNS, EVENTS_LIMIT = 10, 500


class Kept(NamedTuple):
    """The rules, what runs removed, and when a rule that is set now would start. `counts` are what
    would go now, None = nobody asked."""

    rules: list[RetentionRule]
    messages: MessageRule | None
    runs: list[RetentionRun]
    events: list[Event]
    starts_at: int
    counts: dict[str, int] | None


class Wanted(NamedTuple):
    """A rule that somebody asks for, before it is set."""

    event: Event | None
    days: int
    exam_days: int | None
    payment_days: int | None


class RetentionPage(ConsolePage):
    """`/console/{scope}/settings/retention`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The rules; with `?count=1` what would go now. Raises Missing, Denied."""
        counts = req.get_param("count", default="") == "1"
        kept = await self.console.read(req, SEE, find_kept, counts)
        self._answer(req, resp, kept, fill(values_of(kept)))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Set or end a rule; one is set once it was shown what it does."""
        form = await self.console.take(req)
        ask = (self.console, req, form, CHANGE)
        do, done = form.value("do"), None
        event_id = EventId(form.whole("event") or 0)
        if do == "end":
            done = await attempt(*ask, end_rule, event_id)
        elif do == "end_messages":
            done = await attempt(*ask, end_messages)
        elif do == "messages":
            days = _read_days(form, "message_days")
            done = await attempt(*ask, set_messages, days) if form.has("sure") else None
        else:
            rule = [_read_days(form, "days"), *_read_records(form)]
            done = await attempt(*ask, set_rule, event_id, rule) if form.has("sure") else None
        if done:
            lead_to(resp, req.path, done, count="1")
            return
        kept = await self.console.read(req, CHANGE, find_kept)
        self._answer(req, resp, kept, form, "messages" if do == "messages" else "people")

    def _answer(
        self, req: Request, resp: Response, kept: Kept, form: Form, asked: str = ""
    ) -> None:
        titles = {event.id: event.title for event in kept.events}
        values = {
            "kept": kept,
            "titles": titles,
            "asked": asked if form.is_right else "",
            "done": read_done(req, "console.retention.done."),
        }
        self.console.answer(req, resp, TEMPLATE, form, **values)


def find_kept(visit: Visit, counts: bool = False) -> Kept:
    """The rules of the organization; with `counts` what would go now."""
    tx, org_id = visit.tx, visit.org_id
    return Kept(
        list_rules(tx, org_id),
        find_message_rule(tx, org_id),
        list_runs(tx, org_id, RUNS),
        list_events(tx, org_id, limit=EVENTS_LIMIT),
        tx.now + WAIT_MS,
        preview_retention(tx, org_id) if counts else None,
    )


def values_of(kept: Kept) -> dict[str, str]:
    """The organization's own rule, by the names of the form's fields."""
    rule = next((rule for rule in kept.rules if rule.event_id == WHOLE_ORGANIZATION), None)
    names = ("days", "exam_days", "payment_days")
    values = {name: str(getattr(rule, name, None) or "") for name in names}
    return values | {"message_days": str(kept.messages.days) if kept.messages else ""}


def set_rule(visit: Visit, event_id: EventId, rule: list[int | None]) -> str:
    """Keep people for so many days, records of exams and payments likewise. Raises Invalid."""
    days, exam_days, payment_days = rule
    set_retention(
        visit.tx,
        visit.org_id,
        days or 0,
        event_id=event_id,
        exam_days=exam_days,
        payment_days=payment_days,
        actor=visit.user.actor,
    )
    return "set"


def set_messages(visit: Visit, days: int | None) -> str:
    """Keep messages for so many days. Raises Invalid."""
    set_message_retention(visit.tx, visit.org_id, days or 0, actor=visit.user.actor)
    return "set"


def end_rule(visit: Visit, event_id: EventId) -> str:
    """Keep people for ever, or an event's as the organization's rule says. Raises Missing."""
    end_retention(visit.tx, visit.org_id, event_id, actor=visit.user.actor)
    return "ended"


def end_messages(visit: Visit) -> str:
    """Keep messages for ever. Raises Missing."""
    end_message_retention(visit.tx, visit.org_id, actor=visit.user.actor)
    return "ended"


def _read_days(form: Form, name: str) -> int | None:
    days = form.whole(name, least=1, most=LONGEST_DAYS)
    if days is None:
        form.fault(name, "console.fault.empty")
    return days


def _read_records(form: Form) -> list[int | None]:
    """Days of records, which are of the whole organization alone."""
    found = [form.whole(name, least=1, most=LONGEST_DAYS) for name in ("exam_days", "payment_days")]
    if form.value("event") and any(found):
        form.fault("event", "console.retention.records")
    return found
