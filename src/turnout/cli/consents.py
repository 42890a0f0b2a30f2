"""`turnout consent`: who consented to marketing."""

from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, console, database, say_time, show_table
from turnout.cli.exports import noting
from turnout.cli.tables import check_ending, write_table
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.consents import Consent, list_consents, list_consents_of
from turnout.core.messaging.opt_outs import HASH
from turnout.store import Database

consents = App(name="consent")

HEADINGS = (
    "Medium", "Address", "Given", "Withdrawn", "Source", "Language", "Event", "Question",
    "Version", "Text",
)  # fmt: skip
ERASED = "(erased)"
_PAGE = 1000


@consents.command(name="list")
def list_all(org: str, /, *, limit: Number = 1000) -> None:
    """List consents, those that were withdrawn too.

    People give them on public forms, by a question with `--consent`; staff give none for anybody.
    An opt-out withdraws them.

    Example: `turnout consent list acme`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        found = db.look(list_consents, db.look(get_organization, org).org_id, limit)
    if not found:
        console.print("Nobody has consented. See `turnout question add --consent`.")
        return
    rows = (_row(known)[:-1] for known in found)
    show_table(*(name.upper() for name in HEADINGS[:-1]), rows=rows)


@consents.command
def show(org: str, address: str, /) -> None:
    """Show every consent that was given for an address or a number, with the text agreed to.

    Example: `turnout consent show acme ann@example.com`

    Args:
        org: Short name of the organization.
        address: An e-mail address, or a number in any spelling.
    """
    with database() as db:
        found = db.look(list_consents_of, db.look(get_organization, org).org_id, address)
    if not found:
        console.print("There is no consent for this address.")
    for known in found:
        until = f", withdrawn {say_time(known.withdrawn_at)}" if known.withdrawn_at else ""
        by = f"{known.source}, language {known.language or 'not known'}"
        where = f"question {known.question_id} of event {known.event_id}, text {known.version}"
        since = f"{known.medium.value} since {say_time(known.given_at)}{until}"
        console.print(f"{since} ({by}; {where}):")
        console.print(known.text)


@consents.command(name="export")
def export_file(org: str, file: Path, /) -> None:
    """Write all consents to a file, CSV or XLSX as its name ends.

    The audit log says who wrote how many.

    Example: `turnout consent export acme consents.xlsx`

    Args:
        org: Short name of the organization.
        file: The file, which is replaced.
    """
    check_ending(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        rows = (_row(known) for known in _pages(db, org_id))
        note = noting(db, org_id, "consents", "consent")
        count = write_table(file, "Consents", HEADINGS, rows, note)
    console.print(f"{file.name} has {count} consents.")


def _pages(db: Database, org_id: OrgId) -> Iterator[Consent]:
    last = None
    while page := db.look(list_consents, org_id, _PAGE, last):
        yield from page
        last = page[-1]


def _row(known: Consent) -> list[str]:
    return [
        known.medium.value,
        ERASED if known.address.startswith(HASH) else known.address,
        say_time(known.given_at),
        say_time(known.withdrawn_at) if known.withdrawn_at else "",
        known.source,
        known.language,
        str(known.event_id),
        str(known.question_id),
        str(known.version),
        known.text,
    ]
