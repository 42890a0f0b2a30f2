"""`turnout outbox`: what the simulator "sent"."""

from turnout.carriers.simulator.outbox import OutboxMessage, list_messages
from turnout.cli.app import Number, console, database, say_time, show_table
from turnout.cli.numbers import JobNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import NO_JOB
from turnout.core.messaging.model import Channel

LONGEST_TEXT = 60


def outbox(
    org: str,
    /,
    *,
    channel: Channel | None = None,
    to: str = "",
    job: JobNumber | None = None,
    limit: Number = 50,
    full: bool = False,
) -> None:
    """List what the simulator "sent", newest first. Real networks do not show up here.

    Example: `turnout outbox acme --to ann@example.com`

    Args:
        org: Short name of the organization.
        channel: Only messages of this channel.
        to: Only messages to this number or address.
        job: Only messages of this job.
        limit: How many at most.
        full: Show whole texts, and everything else that is known.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(
            list_messages,
            org_id,
            channel=channel.value if channel else "",
            destination=to,
            job_id=job or NO_JOB,
            limit=limit,
        )
    if not found:
        console.print("The simulator has sent nothing like that.")
        return
    if full:
        for message in found:
            _show(message)
        return
    show_table(
        "AT",
        "JOB",
        "CHANNEL",
        "FROM",
        "TO",
        "BECAME",
        "TEXT",
        rows=(_row(message) for message in found),
    )


def _row(message: OutboxMessage) -> tuple[str, ...]:
    text = " ".join(f"{message.subject} {message.text}".split())
    longest = LONGEST_TEXT if console.is_terminal else len(text)  # what is piped is never cut
    return (
        say_time(message.at),
        str(message.job_id),
        message.channel.value,
        message.sender,
        message.destination,
        message.verdict.status,
        text if len(text) <= longest else f"{text[: longest - 1]}…",
    )


def _show(message: OutboxMessage) -> None:
    verdict = message.verdict
    lines = {
        "at": say_time(message.at),
        "job": f"{message.job_id} ({message.kind})",
        "channel": message.channel.value,
        "from": message.sender,
        "to": message.destination,
        "became": f"{verdict.status} {verdict.notes}".strip(),
        "reply": verdict.reply,
        "subject": message.subject,
        **{name: _say(value) for name, value in message.facts.items()},
    }
    for name, value in lines.items():
        if value:
            console.print(f"{name}: {value}")
    console.print(message.text)
    console.print()


def _say(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
