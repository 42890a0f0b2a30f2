"""`turnout assessment`: the forms that candidates sit."""

from functools import partial
from pathlib import Path

from cyclopts import App

from turnout.cli.app import actor, console, database, show_table
from turnout.cli.imports import (
    IgnoreUnknown,
    Preview,
    Row,
    flag_of,
    import_rows,
    number_of,
    read_guid,
    say_imported,
)
from turnout.core.exams import lists
from turnout.core.exams.lists import NewForm
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.text import fold
from turnout.store import Tx

assessments = App(name="assessment")


@assessments.command(name="import")
def import_forms(
    org: str, file: Path, /, *, preview: Preview = False, ignore_unknown: IgnoreUnknown = False
) -> None:
    """Import assessment forms from a CSV file or a workbook (XLSX).

    Its columns are Code, Name, and as there are Version, Title, Language,
    Bilingual, Published (yes or no), TimeLimit (minutes) and Identifier (a GUID). A form with a
    code and version that are known is changed.

    Example: `turnout assessment import acme forms.csv`

    Args:
        org: Short name of the organization.
        file: The file.
    """
    columns = (
        *("code", "name", "version", "title", "language", "bilingual", "published"),
        *("timelimit", "identifier"),
    )
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        take = partial(_take_form, org_id, actor())
        count = import_rows(
            db,
            file,
            columns,
            ["code", "name"],
            take,
            key=lambda row: ((fold(row["code"].strip()), row["version"]), row["code"]),
            preview=preview,
            ignore_unknown=ignore_unknown,
        )
    if not preview:
        console.print(say_imported(count))


@assessments.command(name="list")
def list_forms(org: str, /) -> None:
    """List assessment forms.

    Example: `turnout assessment list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        found = db.call(lists.list_forms, db.call(get_organization, org).org_id)
    if not found:
        console.print("There are no forms. `turnout assessment import` makes some.")
        return
    rows = (
        (
            form.code,
            str(form.version),
            "published" if form.is_published else "not published",
            f"{form.time_limit} min",
            form.language + (", bilingual" if form.is_bilingual else ""),
            form.title,
        )
        for form in found
    )
    show_table("CODE", "VERSION", "STATE", "TIME", "LANGUAGE", "TITLE", rows=rows)


def _take_form(org_id: OrgId, by: str, tx: Tx, row: Row) -> None:
    new = NewForm(
        code=row["code"],
        version=number_of(row, "version", 1),
        name=row["name"],
        title=row.get("title", ""),
        language=row.get("language") or "en",
        is_bilingual=flag_of(row, "bilingual", otherwise=False),
        is_published=flag_of(row, "published", otherwise=True),
        time_limit=number_of(row, "timelimit", 180),
        uuid=read_guid(row),
    )
    lists.add_form(tx, org_id, new, actor=by)
