"""`turnout usage`: what users sent in a month, and what it cost."""

from pathlib import Path

from turnout.cli.app import console, counted, database, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.usage import Usage, list_usage
from turnout.formats.spreadsheets import to_csv

MICROS = 1_000_000
HEADINGS = ("USER", "CHANNEL", "KIND", "JOBS", "MESSAGES", "SENT", "FAILED", "PARTS", "COST")


def usage(org: str, /, *, month: str = "", output: Path | None = None) -> None:
    """Show what each user sent in a month, by channel, and what it cost.

    Example: `turnout usage acme --month 2027-03 --output march.csv`

    Args:
        org: Short name of the organization.
        month: The month, such as 2027-03; without it the present one.
        output: Write it to this file, as CSV.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        found = db.call(list_usage, organization.org_id, month, organization.timezone)
    rows = [_row(line) for line in found]
    if output is not None:
        output.write_bytes(to_csv([[heading.capitalize() for heading in HEADINGS], *rows]))
        written = counted(len(rows), "line was", "lines were")
        console.print(f"{written} written to {output}.")
    elif rows:
        show_table(*HEADINGS, rows=rows)
    else:
        console.print("Nothing was sent in that month.")


def _row(line: Usage) -> tuple[str, ...]:
    numbers = (line.jobs, line.messages, line.sent, line.failed, line.parts)
    cost = f"{line.cost_micros / MICROS:.4f}"
    return (line.user_code, line.channel, line.kind, *map(str, numbers), cost)
