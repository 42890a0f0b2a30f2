"""Which column of an imported list becomes what, where somebody says it: the heading is replaced by
one that is known, and everything after reads the file as if it had been written so."""

import io
from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.questions.reading import list_questions
from turnout.core.registrations.files import REGISTRATIONS
from turnout.errors import Invalid
from turnout.formats.spreadsheets import to_csv
from turnout.formats.tables import read_table
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit

LEFT_OUT = "-"
FIELD = "becomes-"
MAPPED = frozenset({"import.columns_missing", "import.twice"})
"""Refusals that another choice of columns can mend."""


class Mapped(NamedTuple):
    """A column: its place in the file, its heading, and what it becomes, empty = an answer to the
    question of that name."""

    place: int
    heading: str
    becomes: str = ""


class Headings(NamedTuple):
    """The columns of a file that is not understood yet, and the file as CSV."""

    columns: list[Mapped]
    text: str


def list_targets(visit: Visit) -> list[tuple[str, str]]:
    """What a column can become: a heading that is known, or the name of a question."""
    labels = [REGISTRATIONS.label(key) for key in REGISTRATIONS.keys]
    questions = list_questions(visit.tx, visit.org_id, visit.at.id)
    names = [question.name for question in questions if question.name not in labels]
    return [(name, name) for name in (*labels, *names)]


def map_columns(content: bytes, form: Form, name: str) -> bytes:
    """The file with its columns called as was chosen, without those that are left out. Raises
    Invalid for a file that cannot be read."""
    if not any(field.startswith(FIELD) for field in form.names):
        return content
    heading, *rows = _read_rows(content, name) or [()]
    chosen = [form.value(f"{FIELD}{place}") or text for place, text in enumerate(heading)]
    kept = [place for place, text in enumerate(chosen) if text != LEFT_OUT]
    table = [chosen, *rows]
    return to_csv([[row[at] if at < len(row) else "" for at in kept] for row in table])


def read_headings(content: bytes, refusal: Invalid, name: str) -> Headings | None:
    """What the columns of a refused file are called, where another choice of them can mend it."""
    if refusal.code not in MAPPED:
        return None
    rows = _read_rows(content, name)
    return Headings([Mapped(*column) for column in enumerate(rows[0])], to_csv(rows).decode())


def _read_rows(content: bytes, name: str) -> list[Sequence[str]]:
    with read_table(io.BytesIO(content), name) as table:
        return [row.cells for row in table.rows]
