"""`turnout callbacks`: what integrators were told, and telling them again."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.cli.numbers import CallbackNumber, JobNumber
from turnout.core.callbacks.model import Callback, CallbackState
from turnout.core.callbacks.outbox import (
    find_callback_key,
    get_secret,
    list_attempts,
    list_callbacks,
    replay_callback,
    rotate_callback_key,
)
from turnout.core.identity.organizations import get_organization

callbacks = App(name="callbacks")


@callbacks.command(name="list")
def list_all(
    org: str,
    /,
    *,
    job: JobNumber | None = None,
    state: CallbackState | None = None,
    limit: Number = 50,
) -> None:
    """List callbacks, newest first.

    Example: `turnout callbacks list acme`

    Args:
        org: Short name of the organization.
        job: Only those of this job.
        state: Only those that stand so.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_callbacks, org_id, job_id=job, state=state, limit=limit)
    if not found:
        console.print("There are no such callbacks. Jobs make them that have a callback_url.")
        return
    show_table(
        "NUMBER", "MADE", "JOB", "STATE", "TRIES", "NEXT", "LAST ANSWER", "URL",
        rows=(_row(callback) for callback in found),
    )  # fmt: skip


@callbacks.command
def show(org: str, number: CallbackNumber, /) -> None:
    """Show every try of one callback.

    Example: `turnout callbacks show acme 12`

    Args:
        org: Short name of the organization.
        number: Number of the callback in `turnout callbacks list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        attempts = db.call(list_attempts, org_id, number)
    rows = (
        (
            str(attempt.number),
            say_time(attempt.at),
            f"{attempt.took_ms} ms",
            _answer(attempt.status, attempt.error),
        )
        for attempt in attempts
    )
    show_table("TRY", "AT", "TOOK", "ANSWER", rows=rows)


@callbacks.command
def replay(org: str, /, *numbers: CallbackNumber) -> None:
    """Make callbacks again, whatever became of them; they are tried for another 24 hours.

    Example: `turnout callbacks replay acme 12`

    Args:
        org: Short name of the organization.
        numbers: Numbers of callbacks in `turnout callbacks list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        for number in numbers:
            db.call(replay_callback, org_id, number, actor=actor())
            console.print(f"Callback {number} will be made again.")


@callbacks.command
def key(org: str, /, *, replace: bool = False) -> None:
    """Show the key that signs an organization's callbacks.

    Example: `turnout callbacks key acme`

    Args:
        org: Short name of the organization.
        replace: Make a new key first; the old one signs nothing any more. `turnout key rotate
            callback-keys` leaves receivers the time to change.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if replace:
            secret = db.call(rotate_callback_key, org_id, 0, actor=actor())
        else:
            secret = db.call(get_secret, org_id)
        found = db.call(find_callback_key, org_id)
    if found and found.former_until:
        until = say_time(found.former_until)
        console.print(f"Until {until} this key makes X-Turnout-Signature: {found.former_secret}")
        console.print(
            "Until then the new key makes X-Turnout-Signature-Next, later X-Turnout-Signature:"
        )
    console.print(secret)


def _row(callback: Callback) -> tuple[str, ...]:
    return (
        str(callback.id),
        say_time(callback.created_at),
        str(callback.job_id),
        callback.state.value,
        str(callback.attempts),
        say_time(callback.due_at) if callback.due_at else "",
        _answer(callback.last_status, callback.last_error),
        callback.url,
    )


def _answer(status: int | None, error: str) -> str:
    return error or (str(status) if status else "")
