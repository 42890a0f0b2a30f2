"""`turnout message`: what was sent to one address, and what followed."""

from cyclopts import App

from turnout.cli.app import Number, console, database, say_time, settings
from turnout.core.identity.organizations import get_organization
from turnout.core.timeline.deliveries import Findings, Story, find_messages

messages = App(name="message")


@messages.command
def find(org: str, address: str, /, *, limit: Number = 20) -> None:
    """Show what was sent to an address or number, over all jobs and channels, newest first.

    Each message has its whole story: accepted, what networks answered, its end, callbacks and
    replies. Opt-outs and suppressions that keep messages from the address come first. What was
    said is not shown.

    Example: `turnout message find acme "+61 412 345 678"`

    Args:
        org: Short name of the organization.
        address: An e-mail address, or a number in any spelling.
        limit: How many messages at most.
    """
    from turnout.carriers.networks import read_quiet_hours

    chosen = settings()
    quiet = read_quiet_hours(chosen)
    with database(chosen) as db:
        org_id = db.look(get_organization, org).org_id
        found = db.look(find_messages, org_id, address, limit=limit, quiet=quiet)
    _say_refusals(found)
    if not found.stories:
        console.print("Nothing was sent to this address.")
    for story in found.stories:
        _say_story(story)


def _say_refusals(found: Findings) -> None:
    for refusal in found.opt_outs:
        by = f"{refusal.source}, job {refusal.job_id}" if refusal.job_id else refusal.source
        console.print(
            f"Opted out of {refusal.medium.value} at {say_time(refusal.created_at)} ({by})."
        )
    for entry in found.suppressions:
        said = f": {entry.notes}" if entry.notes else ""
        at = say_time(entry.created_at)
        console.print(f"Suppressed since {at} ({entry.reason.value}){said}")


def _say_story(story: Story) -> None:
    message = story.message
    console.print()
    to = f"to {message.destination}: {message.status}"
    console.print(f"Job {message.job_id}, {message.job_type.value}, {message.name}, {to}")
    for step in story.steps:
        said = f" ({step.said})" if step.said else ""
        console.print(f"  {say_time(step.at)}  {step.what}{said}")
