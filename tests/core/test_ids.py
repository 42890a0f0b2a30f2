"""Ids of another kind are type errors: mypy says so of small wrong files."""

import re
import subprocess
import sys
from pathlib import Path

from turnout.core import ids

ROOT = Path(__file__).parents[2]
KINDS = sorted(name for name in vars(ids) if name.endswith("Id"))
IMPORTS = f"from turnout.core.ids import {', '.join(KINDS)}\n"
# What is called with the right ids (no error) and with others, and the errors of each line.
CALLS: tuple[tuple[str, list[str]], ...] = (
    ("sql.set_ticket_type(tx, org_id=org, id=ticket, ticket_type_id=kind, now=0)", []),
    (
        "sql.set_ticket_type(tx, org_id=org, id=kind, ticket_type_id=ticket, now=0)",
        ["arg-type"] * 2,
    ),
    ("sql.set_ticket_type(tx, org_id=org, id=person, ticket_type_id=kind, now=0)", ["arg-type"]),
    ("sql.set_ticket_type(tx, org_id=1, id=ticket, ticket_type_id=kind, now=0)", ["arg-type"]),
    ("sql.no_such_statement(tx)", ["attr-defined"]),
    ("get_event(tx, org, event)", []),
    ("get_event(tx, event, org)", ["arg-type"] * 2),
    ("get_session(tx, org, event)", ["arg-type"]),
    ("get_job_head(tx, org, callback)", ["arg-type"]),
    ("cancel_registration(tx, org, person, actor='test')", ["arg-type"]),
    ("db.call(get_event, org, event)", []),
    ("db.call(get_event, org, session)", ["arg-type"]),
    ("db.call(cancel_registration, org, 1, actor='test')", ["arg-type"]),
)
SWAPS = f"""\
{IMPORTS}from turnout.core.audience.media import get_session
from turnout.core.events.programme import get_event
from turnout.core.messaging.jobs import get_job_head
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.tickets.sql import sql
from turnout.store import Database, Tx

def swap(
    tx: Tx, db: Database, org: OrgId, event: EventId, session: SessionId, person: PersonId,
    ticket: TicketId, kind: TicketTypeId, callback: CallbackId,
) -> None:
"""


def find_errors(file: Path, text: str) -> list[tuple[str, str]]:
    """The lines of a file that mypy refuses, each with the code of the error."""
    file.write_text(text)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(file)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    lines = text.splitlines()
    found = re.findall(rf"{file.name}:(\d+): error: .*\[([a-z-]+)\]", done.stdout)
    return [(lines[int(number) - 1].strip(), code) for number, code in found]


def test_swapped_ids_and_unknown_statements_are_type_errors(tmp_path: Path) -> None:
    text = SWAPS + "".join(f"    {call}\n" for call, _ in CALLS)
    expected = [(call, code) for call, codes in CALLS for code in codes]
    assert find_errors(tmp_path / "swaps.py", text) == expected


def test_no_id_passes_for_one_of_another_kind_nor_a_number_for_an_id(tmp_path: Path) -> None:
    """Every kind is tried in the place of every other, and a bare number in the place of each."""
    takers = [f"def take_{kind}(given: {kind}) -> None: ..." for kind in KINDS]
    right = [f"take_{kind}({kind}(1))" for kind in KINDS]
    given = [*(f"{kind}(1)" for kind in KINDS), "1"]
    wrong = [
        call for kind in KINDS for id_ in given if (call := f"take_{kind}({id_})") not in right
    ]
    text = "\n".join([IMPORTS, *takers, *right, *wrong, ""])
    assert len(wrong) == len(KINDS) ** 2
    assert find_errors(tmp_path / "pairs.py", text) == [(call, "arg-type") for call in wrong]


def test_an_id_is_a_plain_number_at_run_time() -> None:
    assert [type(getattr(ids, kind)(7)) for kind in KINDS] == [int] * len(KINDS)
