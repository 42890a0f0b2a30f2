"""`turnout list`: people to send jobs to, from files."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from cyclopts import App

from turnout.cli.app import (
    actor,
    console,
    database,
    errors,
    say_time,
    show_table,
)
from turnout.cli.files import SHOWN_FAULTS, bar, open_text
from turnout.cli.numbers import ListNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.users import get_user_id, list_users
from turnout.core.ids import ListId, OrgId
from turnout.core.messaging.list_files import Fault, read_list
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
from turnout.errors import Invalid
from turnout.store import Database

lists = App(name="list")


@lists.command(name="import")
def import_file(
    org: str,
    file: Path,
    /,
    *,
    user: str,
    name: str | None = None,
) -> None:
    """Make a list from a CSV file, all of it or nothing.

    The first line names the columns: Recipient, Reference, Email, Fax, Phone, Mobile and
    CustomField1 to CustomField6, as many of them as there are, in any order.

    Args:
        org: Short name of the organization.
        file: The file, in UTF-8.
        user: Code of the user whose list it is.
        name: What the list is called; without it, as the file.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        user_id = db.call(get_user_id, org_id, user)
        total = _check(file)
        list_id = db.call(begin_list, org_id, user_id, name or file.stem)
        try:
            with bar(f"Importing {file.name}", total) as advance:
                _store(db, org_id, list_id, file, advance)
            db.call(finish_list, org_id, list_id, total, actor=actor())
        except BaseException:
            db.call(drop_list, org_id, list_id)
            raise
    console.print(f"List {list_id} has {total} recipients.")


@lists.command(name="list")
def list_all(org: str, /) -> None:
    """List the lists of an organization.

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

    Args:
        org: Short name of the organization.
        number: Number of the list in `turnout list list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(delete_list, org_id, number, actor=actor())
    console.print(f"List {number} is deleted.")


def _check(file: Path) -> int:
    """How many recipients the file has. Raises Invalid when a row cannot be taken, after saying
    which and why."""
    total, faults = 0, 0
    with open_text(file) as lines:
        for found in read_list(lines):
            if not isinstance(found, Fault):
                total += 1
                continue
            faults += 1
            if faults <= SHOWN_FAULTS:
                errors.print(f"line {found.line}: {found.refusal.message}")
    if faults:
        if faults > SHOWN_FAULTS:
            errors.print(f"… and {faults - SHOWN_FAULTS} more")
        raise Invalid("list.rows", faults=faults, file=file)
    return total


def _store(
    db: Database, org_id: OrgId, list_id: ListId, file: Path, advance: Callable[[int], object]
) -> None:
    with open_text(file) as lines:
        entries = (entry for entry in read_list(lines) if isinstance(entry, Entry))
        done = 0
        while some := list(islice(entries, SLICE)):
            db.call(add_entries, org_id, list_id, done + 1, some)
            done += len(some)
            advance(len(some))
