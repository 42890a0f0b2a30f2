"""Whether messages go out: whether somebody sends them, and whether carriers can."""

from turnout.cli.finding import Finding
from turnout.core.messaging.calling import list_stopped
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.old_numbers import count_unreadable, list_unreadable
from turnout.core.messaging.overview import find_misconfigured, find_waiting
from turnout.core.messaging.prices import MICROS
from turnout.core.senders.domains import list_unproven
from turnout.store import Database

MAX_WAIT_S = 60
EXAMPLES = 3


def check_numbers(db: Database) -> Finding | None:
    """Opt-outs whose numbers cannot be read, which are matched by their digits alone."""
    if not (count := db.look(count_unreadable)):
        return None
    examples = ", ".join(
        f"{out.address} ({out.medium}, {out.org})" for out in db.look(list_unreadable, EXAMPLES)
    )
    return Finding(
        "numbers",
        f"{count} opt-outs have numbers of no known country: {examples}",
        "Set the organization's country (`turnout org set ORG --country DE`), or remove such an "
        "opt-out and add it with + and its country (`turnout optout`).",
    )


def check_calls(db: Database, fence: Fence) -> Finding | None:
    """Organizations whose calls wait for the next hour, as those of this one cost too much."""
    if not (stopped := db.look(list_stopped, fence)):
        return None
    limit = fence.hourly_micros // MICROS
    return Finding(
        "calls",
        f"stopped until the next hour, at {limit} an hour: {', '.join(stopped)}",
        "See what is called (`turnout job list ORG`). If nobody ordered it, cancel it and change "
        "the users' passwords; if it is right, raise TURNOUT_CALL_SPENDING_PER_HOUR.",
    )


def check_domains(db: Database) -> Finding | None:
    """Mail domains that nobody has proven, whose mail goes out via the installation."""
    if not (found := db.look(list_unproven, EXAMPLES)):
        return None
    names = ", ".join(f"{row.domain} ({row.org})" for row in found)
    return Finding(
        "mail domains",
        f"not verified: {names}",
        "Publish their records and run `turnout sender domain check ORG DOMAIN`, or remove them.",
    )


def check_messages(db: Database) -> Finding:
    """Late messages, else those that a misconfigured carrier holds up."""
    waiting = db.look(find_waiting)
    late_s = max(0, db.clock() - waiting.since) // 1000 if waiting else 0
    if waiting and late_s > MAX_WAIT_S:
        return Finding(
            "messages",
            f"job {waiting.job_id} has waited for {late_s} s to be sent",
            "See that a `turnout serve` or `turnout work` runs, and that its carrier answers "
            "(below); `turnout job show` says the outcome of the job's messages.",
        )
    if stuck := db.look(find_misconfigured):
        return Finding(
            "messages",
            f"{stuck.messages} wait because a carrier is misconfigured; of job {stuck.job_id}: "
            f"{stuck.reason}",
            "Correct the carrier's settings (TURNOUT_…) and start the server again, or what its "
            "network has set. Such messages are tried every minute, and after a day they fail.",
        )
    return Finding("messages", f"{late_s} s behind" if waiting else "nothing waits")
