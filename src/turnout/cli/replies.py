"""`turnout reply`: what people wrote back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from turnout.cli.app import Number, actor, console, counted, database, say_time, show_table
from turnout.cli.canned import canned
from turnout.cli.exports import noting
from turnout.cli.numbers import JobNumber, ReplyNumber
from turnout.cli.tables import check_ending, write_table
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.reading_replies import (
    ReplyFilter,
    ReplyLine,
    assign_reply,
    get_reply_line,
    list_replies,
    list_strays,
)
from turnout.store import Database

replies = App(name="reply")
replies.command(canned)

HEADINGS = (
    "Number", "Received", "Job", "Job name", "Reference", "Recipient", "From", "To", "Text",
    "Opt-out", "Late", "Given to",
)  # fmt: skip
LONGEST_TEXT = 60
_PAGE = 500


@dataclass(frozen=True)
class Filters:
    """Which replies.

    Args:
        job: Only those to this job.
        said: Only those with this in their text, in any case.
        sender: Only those of this number, in any spelling.
        user: Only those that were given to the user of this code.
        open: Only those that were given to nobody.
    """

    job: JobNumber | None = None
    said: str = ""
    sender: str = ""
    user: str = ""
    open: bool = False

    def wanted(self) -> ReplyFilter:
        """The filter that they are."""
        return ReplyFilter(
            job_id=self.job,
            said=self.said,
            sender=self.sender,
            user_code=self.user,
            is_open=self.open,
        )


NO_FILTERS = Filters()
AnyFilters = Annotated[Filters, Parameter(name="*", help="Only replies that fit all.")]


@replies.command(name="list")
def list_all(org: str, /, *, filters: AnyFilters = NO_FILTERS, limit: Number = 50) -> None:
    """List or search replies, newest first, strays that were given to a user too.

    Example: `turnout reply list acme --said "parking" --open`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.look(get_organization, org).org_id
        found = db.look(list_replies, org_id, filters.wanted(), limit=limit)
    if not found:
        console.print("There are no such replies.")
        return
    show_table(
        "NUMBER", "RECEIVED", "JOB", "FROM", "RECIPIENT", "GIVEN TO", "TEXT",
        rows=(_row(line) for line in found),
    )  # fmt: skip


@replies.command
def show(org: str, number: ReplyNumber, /) -> None:
    """Show one reply in full, and what it answers.

    Example: `turnout reply show acme 12`

    Args:
        org: Short name of the organization.
        number: Number of the reply.
    """
    with database() as db:
        org_id = db.look(get_organization, org).org_id
        line = db.look(get_reply_line, org_id, number)
    for name, value in zip(HEADINGS, _whole(line), strict=True):
        if value and name != "Text":
            console.print(f"{name}: {value}")
    console.print()
    console.print(line.text)


@replies.command
def strays(*, limit: Number = 50) -> None:
    """List replies that answer no job, of the whole server, newest first.

    They are nobody's until `turnout reply assign` gives them to a user.

    Example: `turnout reply strays`

    Args:
        limit: How many at most.
    """
    with database() as db:
        found = db.look(list_strays, limit=limit)
    if not found:
        console.print("There are no stray replies.")
        return
    rows = (
        (str(stray.id), say_time(stray.received_at), stray.sender, stray.number, _cut(stray.text))
        for stray in found
    )
    show_table("NUMBER", "RECEIVED", "FROM", "TO", "TEXT", rows=rows)


@replies.command
def assign(org: str, number: ReplyNumber, user: str = "", /) -> None:
    """Give a reply, or a stray one, to a user who answers it; without a user, take it back.

    A stray belongs to the user's organization from then on.

    Example: `turnout reply assign acme 12 acme/jo`

    Args:
        org: Short name of the organization.
        number: Number of the reply.
        user: Code of the user.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(assign_reply, org_id, number, user, actor=actor())
    console.print(f"Reply {number} is given to {user}." if user else f"Reply {number} is open.")


@replies.command(name="export")
def export_file(org: str, file: Path, /, *, filters: AnyFilters = NO_FILTERS) -> None:
    """Write replies to a file, CSV or XLSX as its name ends, newest first.

    The audit log says who wrote how many.

    Example: `turnout reply export acme replies.xlsx --job 60000001`

    Args:
        org: Short name of the organization.
        file: The file, which is replaced.
    """
    check_ending(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        rows = (list(_whole(line)) for line in _pages(db, org_id, filters.wanted()))
        note = noting(db, org_id, "replies", "reply")
        count = write_table(file, "Replies", HEADINGS, rows, note)
    console.print(f"{file.name} has {counted(count, 'reply', 'replies')}.")


def _pages(db: Database, org_id: OrgId, wanted: ReplyFilter) -> Iterator[ReplyLine]:
    page = db.look(list_replies, org_id, wanted, limit=_PAGE)
    while page:
        yield from page
        page = db.look(list_replies, org_id, wanted, limit=_PAGE, before=page[-1].id)


def _row(line: ReplyLine) -> tuple[str, ...]:
    return (
        str(line.id),
        say_time(line.received_at),
        str(line.job_id or ""),
        line.sender,
        line.name,
        line.user_code,
        _cut(line.text),
    )


def _whole(line: ReplyLine) -> tuple[str, ...]:
    return (
        str(line.id),
        say_time(line.received_at),
        str(line.job_id or ""),
        line.job_name,
        line.reference,
        line.name,
        line.sender,
        line.number,
        line.text,
        "yes" if line.is_opt_out else "",
        "yes" if line.is_late else "",
        line.user_code,
    )


def _cut(text: str) -> str:
    """A text on one line; what is piped is never cut."""
    said = " ".join(text.split())
    longest = LONGEST_TEXT if console.is_terminal else len(said)
    return said if len(said) <= longest else f"{said[: longest - 1]}…"
