"""`turnout job`: messaging jobs, and stopping them."""

from collections.abc import Callable

from cyclopts import App

from turnout.cli.app import (
    Number,
    actor,
    console,
    counted,
    database,
    say_time,
    settings,
    show_table,
)
from turnout.cli.job_previews import preview, try_out
from turnout.cli.job_sounds import listen
from turnout.cli.numbers import JobNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.approvals import approve_job
from turnout.core.messaging.controlling import cancel_job, pause_job, resume_job
from turnout.core.messaging.holding import Approval
from turnout.core.messaging.overview import (
    JobLine,
    count_fates,
    find_quiet_end,
    get_job_line,
    list_job_lines,
    list_with_status,
)
from turnout.core.messaging.retrying import retry_failed

MICROS = 1_000_000

job = App(name="job")
job.command(preview)
job.command(try_out, name="test")
job.command(listen)


@job.command(name="list")
def list_all(org: str, /, *, open: bool = False, limit: Number = 50) -> None:  # noqa: A002 - the option's name
    """List jobs, newest first.

    Example: `turnout job list acme --open`

    Args:
        org: Short name of the organization.
        open: Only those that have not ended.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_job_lines, org_id, is_open=open, limit=limit)
    if not found:
        console.print("There are no such jobs. The messaging API makes them.")
        return
    show_table(
        "NUMBER", "ACCEPTED", "USER", "TYPE", "STATE",
        "TOTAL", "OPEN", "SENT", "FAILED", "COST", "NAME",
        rows=(_row(line) for line in found),
    )  # fmt: skip


@job.command
def show(org: str, number: JobNumber, /, *, status: str = "", limit: Number = 1000) -> None:
    """Show the outcome of a job's recipients.

    Example: `turnout job show acme 12 --status BOUN`

    Args:
        org: Short name of the organization.
        number: Number of the job.
        status: List the recipients with that status too, such as BOUN or INVN.
        limit: How many of them at most.
    """
    from turnout.carriers.networks import read_quiet_hours

    chosen = settings()
    quiet = read_quiet_hours(chosen)
    with database(chosen) as db:
        org_id = db.call(get_organization, org).org_id
        line = db.call(get_job_line, org_id, number)
        quiet_end = db.look(find_quiet_end, org_id, number, quiet)
        fates = db.call(count_fates, org_id, number)
        wanted = status.upper()
        found = db.look(list_with_status, org_id, number, wanted, limit) if status else []
    console.print(f"Job {line.id}, {line.job_type.value}: {line.name}")
    console.print(f"{_state(line)}; {counted(line.total, 'recipient')}, {line.open} open.")
    if quiet_end is not None:
        console.print(f"It waits until {say_time(quiet_end)} (quiet hours).")
    if fates:
        rows = ((fate.state, fate.status, str(fate.recipients), fate.example) for fate in fates)
        show_table("STATE", "STATUS", "RECIPIENTS", "FOR EXAMPLE", rows=rows)
    if found:
        console.print()
        show_table("TO", "NAME", "REFERENCE", "NOTES", rows=found)
    elif status:
        console.print(f"None has the status {wanted}.")


@job.command
def pause(org: str, number: JobNumber, /) -> None:
    """Send nothing more of a job until it is resumed.

    Example: `turnout job pause acme 12`

    Args:
        org: Short name of the organization.
        number: Number of the job.
    """
    _change(org, number, pause_job)
    console.print(f"Job {number} is paused; what networks have already goes on.")


@job.command
def resume(org: str, number: JobNumber, /) -> None:
    """Go on with a paused job.

    Example: `turnout job resume acme 12`

    Args:
        org: Short name of the organization.
        number: Number of the job.
    """
    line = _change(org, number, resume_job)
    if line.approval is Approval.WAITING:
        said = f"waits for approval: `turnout job approve {org} {number} --by …` lets it go"
    else:
        said = "goes on"
    console.print(f"Job {number} {said}.")


@job.command
def cancel(org: str, number: JobNumber, /) -> None:
    """End a job: anyone who has not been sent to yet never will be.

    Example: `turnout job cancel acme 12`

    Args:
        org: Short name of the organization.
        number: Number of the job.
    """
    _change(org, number, cancel_job)
    console.print(f"Job {number} is cancelled; what networks have already is waited for.")


@job.command
def approve(org: str, number: JobNumber, /, *, by: str) -> None:
    """Let a job go that waits for a second person, since it has many recipients.

    `turnout org set acme --approval-above 1000` says how many are many. `turnout job cancel` ends
    a job that nobody approves.

    Example: `turnout job approve acme 60000001 --by acme/ann`

    Args:
        org: Short name of the organization.
        number: Number of the job.
        by: Code of the user who approves it; not the one who made it.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(approve_job, org_id, number, by, actor=actor())
        line = db.call(get_job_line, org_id, number)
    if line.is_paused:
        said = f"is paused: `turnout job resume {org} {number}` lets it go on"
    else:
        said = "goes on"
    console.print(f"Job {number} is approved by {by}, and {said}.")


@job.command
def retry(org: str, number: JobNumber, /, *, uncertain: bool = False) -> None:
    """Send the failed messages of an ended job again, as a job of their own.

    Those that failed for good (FAIL, BUSY, NOAN, NOFX); who opted out or has no such number is
    left out. Each goes again once, even if two retry at once, and the user's limit holds again.

    Example: `turnout job retry acme 60000001`

    Args:
        org: Short name of the organization.
        number: Number of the job.
        uncertain: Also those that may have arrived (SVRE, EXPD): some get it twice.
    """
    from turnout.carriers.networks import read_prices

    chosen = settings()
    prices = read_prices(chosen)
    retried = 0
    with database(chosen) as db:
        org_id = db.call(get_organization, org).org_id
        while found := db.call(
            retry_failed, org_id, number, prices, is_wide=uncertain, actor=actor()
        ):
            retried += found.recipients
            console.print(f"Job {found.job_id} tries {counted(found.recipients, 'message')} again.")
    if not retried:
        console.print("Nothing of this job is left to retry.")


def _change(org: str, number: JobNumber, change: Callable[..., None]) -> JobLine:
    """The job as it is then."""
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(change, org_id, number, actor=actor())
        return db.call(get_job_line, org_id, number)


def _row(job: JobLine) -> tuple[str, ...]:
    return (
        str(job.id),
        say_time(job.accepted_at),
        job.user_code,
        job.job_type.value,
        _state(job),
        str(job.total),
        str(job.open),
        str(job.sent),
        str(job.failed),
        f"{job.cost_micros / MICROS:.2f}",
        job.name,
    )


def _state(job: JobLine) -> str:
    if job.approval is Approval.WAITING:
        return f"{job.state.value} (waits for approval)"
    return f"{job.state.value} (paused)" if job.is_paused else job.state.value
