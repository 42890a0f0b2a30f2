"""`turnout list`: what is on a list, changed and written to files."""

from collections.abc import Iterator
from pathlib import Path

from turnout.cli.app import Number, actor, console, counted, database, say_time, show_table
from turnout.cli.exports import noting
from turnout.cli.numbers import ListNumber, RowNumber
from turnout.cli.tables import check_ending, write_table
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import ListId, OrgId
from turnout.core.messaging.list_changes import (
    NumberedEntry,
    change_entry,
    get_list,
    list_numbered,
    list_uses,
    remove_entry,
    rename_list,
)
from turnout.core.messaging.list_files import CUSTOM
from turnout.errors import Invalid
from turnout.store import Database

HEADINGS = ("Recipient", "Reference", "Email", "Fax", "Phone", "Mobile", *CUSTOM)
PAGE = 500
USES = 20


def show(org: str, number: ListNumber, /, *, limit: Number = 50) -> None:
    """Show who is on a list, each by a number, and the jobs that were sent to it.

    Example: turnout list show acme 5001

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
        limit: How many recipients at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known = db.call(get_list, org_id, number)
        found = db.call(list_numbered, org_id, number, 0, limit)
        uses = db.call(list_uses, org_id, number, USES)
    console.print(f"List {known.id}: {known.name}, {counted(known.entries, 'recipient')}.")
    rows = ((str(line.number), *_cells(line)[: -len(CUSTOM)]) for line in found)
    show_table("ROW", *(name.upper() for name in HEADINGS[: -len(CUSTOM)]), rows=rows)
    if known.entries > len(found):
        console.print(f"… and {known.entries - len(found)} more: use --limit.")
    for use in uses:
        console.print(f"Job {use.job_id} of {say_time(use.accepted_at)} was sent to it: {use.name}")


def export(org: str, number: ListNumber, file: Path, /) -> None:
    """Write a list to a CSV file or a workbook (XLSX), as its name ends. `turnout list import`
    reads it again.

    Example: turnout list export acme 5001 people.xlsx

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
        file: The file, which is replaced.
    """
    check_ending(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known = db.call(get_list, org_id, number)
        rows = (_cells(line) for line in _lines(db, org_id, number))
        note = noting(db, org_id, "recipients", "list", known.id)
        count = write_table(file, "List", HEADINGS, rows, note)
    console.print(f"{file.name} has {counted(count, 'recipient')}.")


def change(
    org: str,
    number: ListNumber,
    row: RowNumber,
    /,
    *,
    recipient: str | None = None,
    reference: str | None = None,
    email: str | None = None,
    fax: str | None = None,
    phone: str | None = None,
    mobile: str | None = None,
) -> None:
    """Change somebody's details on a list; "" takes one away.

    Example: turnout list set acme 5001 3 --email jo@example.org

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
        row: Number of the recipient in `turnout list show`.
        recipient: Name.
        reference: Your own reference.
        email: E-mail address.
        fax: Fax number.
        phone: Phone number.
        mobile: Mobile number.
    """
    given = {
        "recipient": recipient,
        "reference": reference,
        "email": email,
        "fax": fax,
        "phone": phone,
        "mobile": mobile,
    }
    changes = {name: value.strip() for name, value in given.items() if value is not None}
    if not changes:
        raise Invalid("list.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(change_entry, org_id, number, row, changes, actor=actor())
    console.print(f"Row {row} of list {number} is changed: {', '.join(changes)}.")


def remove(org: str, number: ListNumber, row: RowNumber, /) -> None:
    """Take somebody off a list. The numbers of the others stay.

    Example: turnout list remove acme 5001 3

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
        row: Number of the recipient in `turnout list show`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_entry, org_id, number, row, actor=actor())
    console.print(f"Row {row} is off list {number}.")


def rename(org: str, number: ListNumber, name: str, /) -> None:
    """Give a list another name.

    Example: turnout list rename acme 5001 "Guests of spring"

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
        name: What it is called from now on.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(rename_list, org_id, number, name, actor=actor())
    console.print(f"List {number} is called {name.strip()}.")


def _lines(db: Database, org_id: OrgId, list_id: ListId) -> Iterator[NumberedEntry]:
    """All of a list, a transaction for each page: no other waits for the whole."""
    after = 0
    while page := db.look(list_numbered, org_id, list_id, after, PAGE):
        yield from page
        after = page[-1].number


def _cells(line: NumberedEntry) -> list[str]:
    entry = line.entry
    own = [entry.recipient, entry.reference, entry.email, entry.fax, entry.phone, entry.mobile]
    return [*own, *(entry.custom.get(name, "") for name in CUSTOM)]
