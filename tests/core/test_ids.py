"""Ids of another kind are type errors: mypy says so of a small wrong file."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRONG = """\
from turnout.core.ids import PersonId, TicketId, TicketTypeId
from turnout.core.tickets.sql import sql
from turnout.store import Tx


def swap(tx: Tx, person_id: PersonId, ticket_id: TicketId, ticket_type_id: TicketTypeId) -> None:
    sql.set_ticket_type(tx, org_id=1, id=ticket_id, ticket_type_id=ticket_type_id, now=0)
    sql.set_ticket_type(tx, org_id=1, id=ticket_type_id, ticket_type_id=ticket_id, now=0)
    sql.set_ticket_type(tx, org_id=1, id=person_id, ticket_type_id=ticket_type_id, now=0)
    sql.no_such_statement(tx)
"""


def test_swapped_ids_and_unknown_statements_are_type_errors(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", tmp_path / "wrong.py"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    errors = re.findall(r"wrong\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)
    assert errors == [
        ("8", "arg-type"),
        ("8", "arg-type"),
        ("9", "arg-type"),
        ("10", "attr-defined"),
    ]
