"""The rows of a file as values by name, each judged by itself."""

from collections.abc import Iterator
from typing import NamedTuple

from turnout.core.importing.headings import normalize
from turnout.core.importing.layout import Known, Layout, Use, lay_out
from turnout.core.text import fold, is_storable
from turnout.errors import Failure, Invalid
from turnout.formats.tables import Row, Table

LONGEST = 1_000
LONGEST_HEADING = 200
_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#NV", "#BEZUG!", "#WERT!")
)


class Record(dict[str, str]):
    """A row's values by key; every key that the import knows is there, empty where the file has no
    such column. `customs` has the others that are not empty, by their heading; `headings` what the
    file calls each key."""

    def __init__(
        self, line: int, values: dict[str, str], customs: dict[str, str], headings: dict[str, str]
    ) -> None:
        super().__init__(values)
        self.line, self.customs, self.headings = line, customs, headings


class Fault(NamedTuple):
    """A row that cannot be taken: by its line in the file (the heading is often line 1), with the
    column at fault where it is one; `refusal` says why, and what to do."""

    line: int
    refusal: Failure
    column: str = ""
    # What stands there, where the refusal does not say it.
    value: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        value = f" It has {self.value!r} there." if self.value else ""
        return f"{place}: {self.refusal.message}{value}"


class Skipped(NamedTuple):
    """A row of somebody whom the other program says to be gone."""

    line: int
    state: str


def read_layout(
    table: Table, known: Known, *, ignores_unknown: bool = False, file: str = "The file"
) -> Layout:
    """Take the heading from a table. Raises Invalid when there is none, and as `lay_out` does."""
    row = next(table.rows, None)
    if row is None:
        raise Invalid("import.empty", file=file)
    if row.fault:
        raise Invalid("import.heading", file=file, line=row.line, said=row.fault.message)
    heading = [_shown(cell) for cell in _without_end(row.cells)]
    return lay_out(heading, known, ignores_unknown=ignores_unknown, file=file)


def read_records(table: Table, layout: Layout) -> Iterator[Record | Fault | Skipped]:
    """The rows behind the heading, in their order."""
    headings = {column.key: column.heading for column in layout.columns if column.key}
    for row in table.rows:
        yield _read(row, layout, headings)


def _read(row: Row, layout: Layout, headings: dict[str, str]) -> Record | Fault | Skipped:
    if row.fault:
        return Fault(row.line, row.fault)
    cells = row.cells + [""] * (layout.width - len(row.cells))
    state = cells[layout.state] if layout.state is not None else ""
    if layout.export and normalize(state) in layout.export.gone:
        return Skipped(row.line, state)
    values, customs = dict.fromkeys(layout.known.keys, ""), dict[str, str]()
    for column in sorted(layout.columns, key=lambda column: column.rank):
        value = cells[column.place]
        if column.use is Use.LEFT_OUT or not value:
            continue
        if fault := _judge(row.line, column.heading, value):
            return fault
        into = customs if column.use is Use.CUSTOM else values
        into[column.key] = into.get(column.key) or value
    return _find_nameless(row.line, cells, layout) or Record(
        row.line, _join_names(values, layout.known), customs, headings
    )


def fault_of(row: Record, refusal: Failure) -> Fault:
    """What is wrong with a row, in the column of the question or detail that the refusal names;
    else in the one whose value is a fact of it: the first one that is, as a refusal names what is
    wrong before what it is wrong for."""
    if (named := _fault_by_name(row, refusal)).column or "question" in refusal.facts:
        return named
    columns = {
        value: row.headings[key] for key, value in reversed(row.items()) if key in row.headings
    }
    for fact in filter(None, map(str, refusal.facts.values())):
        if fact in columns:
            return Fault(row.line, refusal, columns[fact])
    return named


def _fault_by_name(row: Record, refusal: Failure) -> Fault:
    """The same for a refusal that names a question or a detail, and not the value."""
    key = str(refusal.facts.get("field", "")).replace(" ", "_")
    if row.get(key) and key in row.headings:
        return Fault(row.line, refusal, row.headings[key], row[key])
    question = fold(str(refusal.facts.get("question", "")))
    for heading, value in row.customs.items():
        if question and fold(heading) == question:
            return Fault(row.line, refusal, heading, value)
    return Fault(row.line, refusal)


def _find_nameless(line: int, cells: list[str], layout: Layout) -> Fault | None:
    """A value in a column without a heading."""
    named = {column.place for column in layout.columns}
    for place, value in enumerate(cells):
        if value and place not in named:
            return Fault(line, Invalid("row.nameless", value=value, column=place + 1))
    return None


def _judge(line: int, heading: str, value: str) -> Fault | None:
    refusal = None
    if len(value) > LONGEST:
        refusal = Invalid("row.long", length=len(value), limit=LONGEST)
    elif not is_storable(value) or any(map(_is_control, value)):
        refusal = Invalid("row.control", value=value)
    elif value in _ERRORS:
        refusal = Invalid("row.error", value=value)
    return Fault(line, refusal, heading) if refusal else None


def _is_control(character: str) -> bool:
    return (character < " " and character not in "\t\r\n") or character == "\x7f"


def _join_names(values: dict[str, str], known: Known) -> dict[str, str]:
    """First and last name from a whole one, or a whole one from these."""
    full = values.pop("fullname", "") if "fullname" not in known.keys else values["fullname"]
    if known.full:
        parts = [values.pop(key, "") for key in ("firstname", "lastname") if key not in known.keys]
        values[known.full] = values[known.full] or full or " ".join(filter(None, parts))
    elif full and not values.get("firstname") and not values.get("lastname"):
        values["firstname"], values["lastname"] = split_name(full)
    return values


def split_name(full: str) -> tuple[str, str]:
    """First and last name of `Ada King Lovelace` or `Lovelace, Ada`."""
    last, comma, first = full.partition(",")
    if comma and first.strip():
        return first.strip(), last.strip()
    first, _, last = full.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def _shown(heading: str) -> str:
    """A heading on one line, without what a terminal would obey."""
    text = " ".join(heading[:LONGEST_HEADING].split())
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _without_end(cells: list[str]) -> list[str]:
    """The heading without the empty cells at its end, which spreadsheets leave."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells
