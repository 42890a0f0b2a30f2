"""`turnout consent`: who consented to marketing."""

from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, console, counted, database, say_time, show_table
from turnout.cli.exports import noting
from turnout.cli.tables import check_ending, write_table
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.consents import Consent, find_refused, list_consents, list_consents_of
from turnout.core.messaging.opt_outs import HASH
from turnout.store import Database

consents = App(name="consent")

HEADINGS = (
    "Medium", "Address", "Given", "Withdrawn", "Opted out", "Source", "Language", "Event",
    "Question", "Version", "Text",
)  # fmt: skip
ERASED = "(erased)"
NO_EFFECT = ", without effect: the address has opted out"
_PAGE = 1000


@consents.command(name="list")
def list_all(org: str, /, *, limit: Number = 1000) -> None:
    """List consents, those that were withdrawn too.

    People give them on public forms, by a question with `--consent`; staff give none for anybody.
    An opt-out withdraws them. One that is given later has no effect while the opt-out stands:
    "Opted out" says so.

    Example: `turnout consent list acme`

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.look(get_organization, org).org_id
        found = db.look(list_consents, org_id, limit)
        refused = db.look(find_refused, org_id, found)
    if not found:
        console.print("Nobody has consented. See `turnout question add --consent`.")
        return
    rows = (_row(known, refused)[:-1] for known in found)
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
        org_id = db.look(get_organization, org).org_id
        found = db.look(list_consents_of, org_id, address)
        refused = db.look(find_refused, org_id, found)
    if not found:
        console.print("There is no consent for this address.")
    for known in found:
        until = f", withdrawn {say_time(known.withdrawn_at)}" if known.withdrawn_at else ""
        until += NO_EFFECT if known.id in refused else ""
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
        rows = (_row(known, refused) for known, refused in _pages(db, org_id))
        note = noting(db, org_id, "consents", "consent")
        count = write_table(file, "Consents", HEADINGS, rows, note)
    console.print(f"{file.name} has {counted(count, 'consent')}.")


def _pages(db: Database, org_id: OrgId) -> Iterator[tuple[Consent, set[int]]]:
    """Consents, each with the numbers of those without effect."""
    last = None
    while page := db.look(list_consents, org_id, _PAGE, last):
        refused = db.look(find_refused, org_id, page)
        yield from ((known, refused) for known in page)
        last = page[-1]


def _row(known: Consent, refused: set[int]) -> list[str]:
    return [
        known.medium.value,
        ERASED if known.address.startswith(HASH) else known.address,
        say_time(known.given_at),
        say_time(known.withdrawn_at) if known.withdrawn_at else "",
        "yes" if known.id in refused else "",
        known.source,
        known.language,
        str(known.event_id),
        str(known.question_id),
        str(known.version),
        known.text,
    ]
