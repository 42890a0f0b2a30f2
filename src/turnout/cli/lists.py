"""`turnout list`: people to send jobs to, from files."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

from cyclopts import App

from turnout.cli import list_changes
from turnout.cli.app import (
    actor,
    console,
    counted,
    database,
    say_time,
    show_table,
)
from turnout.cli.files import bar
from turnout.cli.imports import (
    Again,
    Check,
    Faults,
    IgnoreUnknown,
    Opened,
    Preview,
    Row,
    open_records,
    show_preview,
)
from turnout.cli.numbers import ListNumber
from turnout.core.erasure.returning import refuse_erased
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.users import get_user_id, list_users
from turnout.core.ids import ListId, OrgId, UserId
from turnout.core.importing.records import Fault, Record, fault_of
from turnout.core.messaging.list_changes import get_list, join_lists
from turnout.core.messaging.list_files import LIST, read_entries, read_entry
from turnout.core.messaging.lists import (
    Entry,
    add_entries,
    begin_list,
    delete_list,
    drop_list,
    finish_list,
    list_lists,
)
from turnout.core.messaging.staging import SLICE
from turnout.errors import Conflict, Invalid
from turnout.store import Database, Tx

lists = App(name="list")
lists.command(list_changes.show)
lists.command(list_changes.export)
lists.command(list_changes.change, name="set")
lists.command(list_changes.remove)
lists.command(list_changes.rename)


@lists.command(name="import")
def import_file(
    org: str,
    file: Path,
    /,
    *,
    user: str,
    name: str | None = None,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
    again: Again = False,
) -> None:
    """Make a list from a CSV file or a workbook (XLSX), all of it or nothing.

    Its columns are Recipient (or First name and Last name), Reference, Email, Fax, Phone, Mobile
    and CustomField1 to CustomField6, as many of them as there are, in any order, under their usual
    names in English, German, French or Spanish. Other columns become custom fields that are free.

    Example: `turnout list import acme people.csv --user au/jo`

    Args:
        org: Short name of the organization.
        file: The file.
        user: Code of the user whose list it is.
        name: What the list is called; without it, as the file.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        check = partial(_find_faults, db, org_id, again)
        if preview:
            show_preview(file, LIST, check, ignore_unknown=ignore_unknown)
            return
        user_id = db.call(get_user_id, org_id, user)
        with _staged(
            db, org_id, user_id, name or file.stem, file, check, ignore_unknown=ignore_unknown
        ) as (list_id, total):
            db.call(finish_list, org_id, list_id, total, actor=actor())
    console.print(f"List {list_id} has {counted(total, 'recipient')}.")


@lists.command
def append(
    org: str,
    number: ListNumber,
    file: Path,
    /,
    *,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
    again: Again = False,
) -> None:
    """Add the people of a CSV file or a workbook (XLSX) to a list, all of them or nobody.

    Columns are those of `turnout list import`. Who is on the list already is there twice then; a
    job's `dedupe` writes to each address once.

    Example: turnout list append acme 5001 more.csv

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
        file: The file.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        check = partial(_find_faults, db, org_id, again)
        if preview:
            show_preview(file, LIST, check, ignore_unknown=ignore_unknown)
            return
        into = db.call(get_list, org_id, number)
        with _staged(
            db, org_id, into.user_id, into.name, file, check, ignore_unknown=ignore_unknown
        ) as (staged, total):
            db.call(join_lists, org_id, staged, number, total, actor=actor())
    console.print(
        f"List {number} has {counted(into.entries + total, 'recipient')}, {total} of them new."
    )


@contextmanager
def _staged(
    db: Database,
    org_id: OrgId,
    user_id: UserId,
    name: str,
    file: Path,
    check: Check,
    *,
    ignore_unknown: bool,
) -> Iterator[tuple[ListId, int]]:
    """A list of the file's people that nobody sees yet, and how many they are; it is dropped if the
    block fails."""
    total = _count_good(file, check, ignore_unknown=ignore_unknown)
    list_id = db.call(begin_list, org_id, user_id, name)
    try:
        with (
            open_records(file, LIST, ignore_unknown=ignore_unknown) as opened,
            bar(f"Importing {file.name}", total) as advance,
        ):
            _store(db, org_id, list_id, opened, advance)
        yield list_id, total
    except BaseException:
        db.call(drop_list, org_id, list_id)
        raise


@lists.command(name="list")
def list_all(org: str, /) -> None:
    """List the lists of an organization.

    Example: `turnout list list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_lists, org_id)
        codes = {user.id: user.user_code for user in db.call(list_users, org_id)}
    if not found:
        console.print("There are no lists. `turnout list import` makes one from a CSV file.")
        return
    show_table(
        "NUMBER", "MADE", "RECIPIENTS", "USER", "NAME",
        rows=(
            (
                str(list_.id),
                say_time(list_.created_at),
                str(list_.entries),
                codes.get(list_.user_id, ""),
                list_.name,
            )
            for list_ in found
        ),
    )  # fmt: skip


@lists.command
def delete(org: str, number: ListNumber, /) -> None:
    """Delete a list. Jobs that were sent to it keep their recipients.

    Example: `turnout list delete acme 5`

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(delete_list, org_id, number, actor=actor())
    console.print(f"List {number} is deleted.")


def _find_faults(db: Database, org_id: OrgId, again: bool, rows: Sequence[Row]) -> list[Fault]:
    faults = [found for row in rows if isinstance(found := read_entry(row), Fault)]
    return faults if again else faults + db.look(_find_erased, org_id, rows)


def _find_erased(tx: Tx, org_id: OrgId, rows: Sequence[Row]) -> list[Fault]:
    faults = []
    for row in rows:
        try:
            refuse_erased(tx, org_id, [row["email"]], [row["mobile"], row["phone"], row["fax"]])
        except Conflict as failure:
            faults.append(fault_of(row, failure))
    return faults


def _count_good(file: Path, check: Check, *, ignore_unknown: bool) -> int:
    """How many recipients the file has. Raises Invalid when a row cannot be taken, after saying
    which and why."""
    total, faults = 0, Faults()
    with open_records(file, LIST, ignore_unknown=ignore_unknown) as opened:
        while some := list(islice(opened.records, SLICE)):
            rows = [row for row in some if isinstance(row, Record)]
            refused = check(rows)
            total += len(rows) - len(refused)
            faults.add([*refused, *(row for row in some if isinstance(row, Fault))])
    faults.say_rest()
    if faults.count:
        raise Invalid("list.rows", faults=faults.count, file=file)
    return total


def _store(
    db: Database,
    org_id: OrgId,
    list_id: ListId,
    opened: Opened,
    advance: Callable[[int], object],
) -> None:
    entries = (entry for entry in read_entries(opened.records) if isinstance(entry, Entry))
    done = 0
    while some := list(islice(entries, SLICE)):
        db.call(add_entries, org_id, list_id, done + 1, some)
        done += len(some)
        advance(len(some))
