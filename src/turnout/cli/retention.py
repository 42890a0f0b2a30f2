"""`turnout retention`: how long people are kept after what they took part in."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, counted, database, say_time, show_table
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber
from turnout.core.erasure.expiring import preview_retention
from turnout.core.erasure.message_retention import (
    MessageRule,
    end_message_retention,
    find_message_rule,
    set_message_retention,
)
from turnout.core.erasure.retention import (
    WHOLE_ORGANIZATION,
    RetentionRule,
    end_retention,
    list_rules,
    list_runs,
    set_retention,
)
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId
from turnout.errors import Invalid
from turnout.store import Database

RUNS = 10

retention = App(name="retention")


@retention.command(name="set")
def set_rule(
    org: str,
    /,
    *,
    days: Number,
    event: EventNumber | None = None,
    exam_days: Number | None = None,
    payment_days: Number | None = None,
) -> None:
    """Erase people some time after the end of what they took part in, and show what would go now.

    Somebody who takes part in anything else that is still kept, stays; their answers, notes and
    tags of the event go. Nothing happens for 14 days, and the organization is told by mail. Then a
    run a day erases those whose time is over; see `turnout retention show`. Example:
    turnout retention set acme --days 365 --exam-days 3650 --payment-days 3650

    Args:
        org: Short name of the organization.
        days: Days after the end of an event, 1 to 36500. Whom no event knows goes when nothing
            changed for so long.
        event: Number of the event that this is for, where it counts before the organization's rule.
        exam_days: Days after somebody's last exam until their name leaves the records of exams;
            without it, it stays.
        payment_days: Days after a payment was settled until its record goes; without it, it stays.
    """
    with database() as db:
        org_id, event_id = _find(db, org, event)
        rule = db.call(
            set_retention,
            org_id,
            days,
            event_id=event_id,
            exam_days=exam_days,
            payment_days=payment_days,
            actor=actor(),
        )
        counts = db.look(preview_retention, org_id)
    console.print(say_rule(rule))
    _show_counts(counts)


@retention.command
def messages(org: str, /, *, days: Number | None = None, off: bool = False) -> None:
    """Remove what messages say, and to whom, some time after their job has ended.

    Texts, names, addresses, merge fields, replies and files go; outcomes, parts and costs stay, and
    so does the way out behind each mailing's unsubscribe link. Nothing happens for 14 days, and the
    organization is told by mail. Example: turnout retention messages acme --days 180

    Args:
        org: Short name of the organization.
        days: Days after the end of a job, 1 to 36500.
        off: Keep messages for ever again.
    """
    if off == (days is not None):
        raise Invalid("retention.messages_arguments")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if days is None:
            db.call(end_message_retention, org_id, actor=actor())
            console.print("Messages are kept.")
            return
        rule = db.call(set_message_retention, org_id, days, actor=actor())
        counts = db.look(preview_retention, org_id)
    console.print(say_message_rule(rule))
    _show_counts(counts)


@retention.command
def off(org: str, /, *, event: EventNumber | None = None) -> None:
    """Keep people for ever again, or those of an event as the organization's rule says.

    Example: turnout retention off acme

    Args:
        org: Short name of the organization.
        event: Number of the event whose own rule ends.
    """
    with database() as db:
        org_id, event_id = _find(db, org, event)
        db.call(end_retention, org_id, event_id, actor=actor())
    what = f"Event {event} has no rule of its own any more." if event else "People are kept."
    console.print(what)


@retention.command
def show(org: str, /) -> None:
    """Show the rules, and what the last runs removed.

    Example: turnout retention show acme

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        rules, runs = db.look(list_rules, org_id), db.look(list_runs, org_id, RUNS)
        message_rule = db.look(find_message_rule, org_id)
    for rule in rules:
        console.print(say_rule(rule))
    if message_rule:
        console.print(say_message_rule(message_rule))
    if not rules:
        console.print("People are kept for ever: see `turnout retention set --help`.")
    rows = (
        (
            say_time(run.began_at),
            say_time(run.ended_at) if run.ended_at else "at work",
            _say_counts(run.counts),
        )
        for run in runs
    )
    if runs:
        show_table("BEGAN", "ENDED", "REMOVED", rows=rows)


@retention.command
def preview(org: str, /) -> None:
    """Show what would go now if all rules had started. Changes nothing.

    Example: turnout retention preview acme

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        counts = db.look(preview_retention, org_id)
    _show_counts(counts)


def say_rule(rule: RetentionRule) -> str:
    """A rule in a sentence."""
    whose = f"People of event {rule.event_id}" if rule.event_id else "People"
    records = [
        f"{what} for {counted(days, 'day')}"
        for what, days in (("exam records", rule.exam_days), ("payments", rule.payment_days))
        if days
    ]
    kept = ", ".join([f"{whose} are kept for {counted(rule.days, 'day')} after the end", *records])
    return f"{kept}; nothing goes before {say_time(rule.starts_at)}."


def say_message_rule(rule: MessageRule) -> str:
    """The rule for messages in a sentence."""
    return (
        f"Messages are kept for {counted(rule.days, 'day')} after the end of their job; "
        f"nothing goes before {say_time(rule.starts_at)}."
    )


def _find(db: Database, org: str, event: EventId | None) -> tuple[OrgId, EventId]:
    if event is None:
        return db.call(get_organization, org).org_id, WHOLE_ORGANIZATION
    return org_of_event(db, org, event), event


def _show_counts(counts: dict[str, int]) -> None:
    show_table("KIND", "WOULD GO NOW", rows=[(kind, str(count)) for kind, count in counts.items()])


def _say_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing"
