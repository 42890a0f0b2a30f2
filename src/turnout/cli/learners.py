"""`turnout learner`: people who sit exams."""

from functools import partial
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, show_table
from turnout.cli.imports import (
    Again,
    IgnoreUnknown,
    Preview,
    Row,
    import_rows,
    read_guid,
    say_imported,
)
from turnout.core.erasure.returning import refuse_erased
from turnout.core.exams.learners import LEARNERS, NewLearner, add_learner, list_learners
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.people.merging import find_person
from turnout.core.text import fold
from turnout.store import Tx

learners = App(name="learner")


@learners.command(name="import")
def import_learners(
    org: str,
    file: Path,
    /,
    *,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
    again: Again = False,
) -> None:
    """Import learners from a CSV file or a workbook (XLSX).

    Its columns are Code, First name and Last name (or Full name), and as there are Email and
    Identifier (a GUID), under their usual names in English, German, French or Spanish. A learner
    whose code is known is changed. Learners may share an address; the import names those who do.

    Example: `turnout learner import acme learners.csv`

    Args:
        org: Short name of the organization.
        file: The file.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        shared: dict[str, str] = {}
        take = partial(_take_learner, org_id, actor(), again, shared)
        count = import_rows(
            db,
            file,
            LEARNERS,
            (),
            take,
            key=lambda row: (fold(row["code"].strip()), row["code"]),
            preview=preview,
            ignore_unknown=ignore_unknown,
        )
    if preview:
        return
    console.print(say_imported(count))
    for code, email in shared.items():
        console.print(f"{code} shares the address {email} with somebody who had it before.")


@learners.command(name="list")
def list_people(org: str, /, *, limit: Number = 100) -> None:
    """List learners by code.

    Example: `turnout learner list acme`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        found = db.call(list_learners, db.call(get_organization, org).org_id, limit)
    if not found:
        console.print("There are no learners. `turnout learner import` makes some.")
        return
    rows = ((learner.code, learner.uuid, learner.email, learner.name) for learner in found)
    show_table("CODE", "GUID", "E-MAIL", "NAME", rows=rows)


def _take_learner(
    org_id: OrgId, by: str, again: bool, shared: dict[str, str], tx: Tx, row: Row
) -> None:
    if not again:
        refuse_erased(tx, org_id, [row.get("email", "")])
    new = NewLearner(
        code=row["code"],
        first_name=row["firstname"],
        last_name=row["lastname"],
        email=row.get("email", ""),
        uuid=read_guid(row),
    )
    learner = add_learner(tx, org_id, new, actor=by)
    owner = find_person(tx, org_id, new.email) if new.email else None
    if owner and owner.id != learner.person_id:
        shared[learner.code] = learner.email
