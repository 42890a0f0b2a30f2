"""`turnout optout`: who gets no more broadcasts."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, actor, console, counted, database, say_time, show_table
from turnout.cli.exports import noting
from turnout.cli.imports import IgnoreUnknown, Preview, Row, import_rows, say_imported
from turnout.cli.tables import check_ending, write_table
from turnout.core.erasure.returning import find_erased
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.importing.layout import Known
from turnout.core.messaging.model import Medium
from turnout.core.messaging.numbers import is_e164
from turnout.core.messaging.opt_outs import (
    OptOut,
    add_opt_out,
    keep_hash,
    list_opt_outs,
    refusal_key,
    remove_opt_out,
)
from turnout.errors import Invalid
from turnout.store import Database, Tx

opt_outs = App(name="optout")

_MEDIA = {"email": Medium.EMAIL, "mobile": Medium.SMS, "phone": Medium.CALL, "fax": Medium.FAX}
OPT_OUTS = Known((*_MEDIA, "medium", "address"), needed=((*_MEDIA, "address"),))
"""What a file of opt-outs has."""
HEADINGS = ("Medium", "Address")
ERASED = "(erased)"
"""What stands for an address of which only a keyed hash is left."""
_PAGE = 1000


@opt_outs.command(name="list")
def list_all(org: str, /, *, limit: Number = 1000) -> None:
    """List who has opted out.

    Example: `turnout optout list acme`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_opt_outs, org_id, limit)
    if not found:
        console.print("Nobody has opted out.")
        return
    show_table(
        "MEDIUM", "ADDRESS", "SINCE", "BY", "JOB",
        rows=(
            (
                out.medium.value,
                _say_address(out),
                say_time(out.created_at),
                out.source,
                str(out.job_id or ""),
            )
            for out in found
        ),
    )  # fmt: skip


@opt_outs.command
def add(org: str, medium: Medium, address: str, /) -> None:
    """Send somebody no more broadcasts.

    Example: `turnout optout add acme email ann@example.com`

    Args:
        org: Short name of the organization.
        medium: What they want no more of: `email`, `sms` (SMS and MMS), `call` (text-to-speech and
            recordings) or `fax`.
        address: Their e-mail address or number.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        added = db.call(add_opt_out, org_id, medium, address, actor=actor())
    said = "gets no more" if added else "got none already:"
    console.print(f"{address} {said} {medium.value}.")


@opt_outs.command(name="import")
def import_file(
    org: str, file: Path, /, *, preview: Preview = False, ignore_unknown: IgnoreUnknown = False
) -> None:
    """Take over opt-outs from a CSV file or a workbook (XLSX); idempotent.

    It has a column Email, Mobile (no more SMS and MMS), Phone (no more calls) or Fax, or several,
    or Medium and Address, under their usual names in English, German, French or Spanish. Of
    somebody who was erased, only a keyed hash of the address is kept.

    Example: turnout optout import acme unsubscribed.csv --ignore-unknown

    Args:
        org: Short name of the organization.
        file: The file.
    """
    with database() as db:
        take = partial(_take, db.call(get_organization, org).org_id, actor())
        count = import_rows(
            db, file, OPT_OUTS, (), take, preview=preview, ignore_unknown=ignore_unknown
        )
    if not preview:
        console.print(say_imported(count))


@opt_outs.command(name="export")
def export_file(org: str, file: Path, /) -> None:
    """Write all opt-outs to a CSV file or a workbook (XLSX), as its name ends. `turnout optout
    import` reads it again.

    It has the columns Medium and Address. Those of which only a keyed hash is left, as of people
    who were erased, cannot be carried over: they are left out, and counted.

    Example: `turnout optout export acme unsubscribed.csv`

    Args:
        org: Short name of the organization.
        file: The file, which is replaced.
    """
    check_ending(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        hashed: list[OptOut] = []
        rows = ([known.medium.value, _say_whole(known)] for known in _whole(db, org_id, hashed))
        note = noting(db, org_id, "opt-outs", "opt_out")
        count = write_table(file, "Opt-outs", HEADINGS, rows, note)
    console.print(f"{file.name} has {counted(count, 'opt-out')}.")
    if hashed:
        console.print(f"{len(hashed)} more cannot be carried over: only keyed hashes are left.")


@opt_outs.command
def remove(org: str, medium: Medium, address: str, /) -> None:
    """Let broadcasts reach somebody again who asked for it.

    Example: `turnout optout remove acme email ann@example.com`

    Args:
        org: Short name of the organization.
        medium: What they want again.
        address: Their e-mail address or number.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_opt_out, org_id, medium, address, actor=actor())
    console.print(f"{address} gets {medium.value} again.")


def _pages(db: Database, org_id: OrgId) -> Iterator[OptOut]:
    last = None
    while page := db.call(list_opt_outs, org_id, _PAGE, last):
        yield from page
        last = page[-1]


def _whole(db: Database, org_id: OrgId, hashed: list[OptOut]) -> Iterator[OptOut]:
    """Opt-outs whose address is known; the others are added to `hashed`."""
    for known in _pages(db, org_id):
        if known.is_erased:
            hashed.append(known)
        else:
            yield known


def _say_address(known: OptOut) -> str:
    return ERASED if known.is_erased else known.address


def _say_whole(known: OptOut) -> str:
    """The address; a number with the `+` that makes it the same in every country."""
    is_number = known.medium is not Medium.EMAIL and is_e164(known.address)
    return f"+{known.address}" if is_number else known.address


def _take(org_id: OrgId, by: str, tx: Tx, row: Row) -> None:
    wanted = [(medium, row[key]) for key, medium in _MEDIA.items() if row[key]]
    if ERASED in (row["address"], *(row[key] for key in _MEDIA)):
        raise Invalid("import.erased_address", text=ERASED)
    if row["address"]:
        wanted.append((_medium_of(row), row["address"]))
    if not wanted:
        raise Invalid("import.no_address")
    for medium, address in wanted:
        emails, phones = ([address], []) if medium is Medium.EMAIL else ([], [address])
        if find_erased(tx, org_id, emails, phones):
            # It brings nobody back.
            keep_hash(tx, org_id, medium, refusal_key(tx, org_id, medium, address))
        else:
            add_opt_out(tx, org_id, medium, address, actor=by)


def _medium_of(row: Row) -> Medium:
    try:
        return Medium(row["medium"].lower() or Medium.EMAIL)
    except ValueError as error:
        raise Invalid("import.medium", text=row["medium"], known=list(Medium)) from error
