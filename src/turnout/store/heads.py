"""Reads a statement's head: its name, its parameters, and what it returns.

    -- name: find_scanned(org_id, event_id, code)^ -> ScannedTicket
    -- name: list_waiting(org_id, event_id, since: int | None)
    --     -> (id: EntryId, state: str, left_at: int | None)

A head may go on in the next comment lines, until its brackets are closed; an arrow begins a line of
its own where there is no room. The mark behind the parameters says how many rows there are: none =
a list, `^` = one or None, `$` = one value, `!` = the number of affected rows, `*!` = that of many.
Behind the arrow stands what a row is; `^` and `$`
say `| None` behind it where there may be no row, or no value:

- `Name`: a class in the `model.py` beside the file, `module.Name` one in that module there. Its
  fields are the columns, by name and in order; store/rows.py makes it;
- `(name: type, …)`: a named tuple, `FindScannedRow` for `find_scanned`. Where a type is such a
  class (`event: Event`), as many columns as it has fields make one;
- `(type, …)`: a plain tuple, for the few statements where every microsecond counts;
- for `$` a type.

What several statements share, such as one filter, stands once, behind `-- part: NAME`; a line
`-- use: NAME` stands for it. Statements use the parts of their own file and of `queries.sql`.

`tools/stubs.py` makes the `sql.pyi` beside each file of these.
"""

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from itertools import zip_longest
from typing import NamedTuple

SHARED = "queries.sql"

_START = re.compile(r"^-- (name|part):\s*(\w+)", re.MULTILINE)
_COMMENTS = re.compile(r"\A(?:--.*\n)+")
_USE = re.compile(r"^ *-- use: (\w+)$", re.MULTILINE)
_HEAD = re.compile(
    r"name:\s*+(\w+)\s*+(?:\(([^)]*)\)\s*+)?(\*!|[\^$!]|)\s*+(?:->\s*+(.+))?", re.DOTALL
)
_OPTIONAL = " | None"
_CLASS = re.compile(r"(?:[a-z]\w*\.)?_?[A-Z]\w*(?<!Id)")
_COMMENT = re.compile(r"--\s*")


class Field(NamedTuple):
    """A parameter or a column. An empty type or name was not written."""

    name: str
    type: str


class Head(NamedTuple):
    """What a statement declares. `columns` is empty where `returns` names a class or a type;
    `is_optional` where None may come instead."""

    name: str
    parameters: tuple[Field, ...]
    mark: str
    returns: str
    columns: tuple[Field, ...]
    is_optional: bool


def read_statements(folder: Traversable, file: str) -> dict[str, str]:
    """The statements of a folder's file by name, each with its head and comment, and with the parts
    that it uses; none where there is no such file.

    Raises LookupError for a part that is not there.
    """
    text = _read(folder, file)
    shared = text if file == SHARED else _read(folder, SHARED)
    return split_statements(text, shared)


def split_statements(text: str, shared: str = "") -> dict[str, str]:
    """The same of texts: that of the file, and that of the one which also has parts for it."""
    parts = {
        name: _COMMENTS.sub("", block).rstrip()
        for kind, name, block in [*_split(shared), *_split(text)]
        if kind == "part"
    }

    def use(match: re.Match[str]) -> str:
        if match[1] not in parts:
            raise LookupError(f"there is no part {match[1]!r} to use")
        return parts[match[1]]

    return {name: _USE.sub(use, block) for kind, name, block in _split(text) if kind == "name"}


def _read(folder: Traversable, file: str) -> str:
    path = folder.joinpath(file)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _split(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and text of all that a file holds."""
    starts = [*_START.finditer(text)]
    for match, following in zip_longest(starts, starts[1:]):
        end = following.start() if following else len(text)
        yield match[1], match[2], text[match.start() : end]


def read_head(block: str) -> tuple[Head, str]:
    """The head of a statement, and the statement with a head that aiosql reads.

    Raises ValueError where the head cannot be read.
    """
    lines = block.splitlines()
    length = _count_head_lines(lines)
    head = _parse(" ".join(_COMMENT.sub("", line, count=1) for line in lines[:length]))
    names = ", ".join(parameter.name for parameter in head.parameters)
    first = f"-- name: {head.name}({names}){head.mark}"
    return head, "\n".join([first, *lines[length:]])


def row_class_name(statement: str) -> str:
    """The name of the named tuple of a statement: `find_scanned` has `FindScannedRow`."""
    return "".join(word.title() for word in statement.split("_")) + "Row"


def names_class(type_: str) -> bool:
    """Whether a type is a class whose fields are columns, and not that of one column. Types of ids
    end with `Id`."""
    return _CLASS.fullmatch(type_) is not None


def split_list(text: str) -> list[str]:
    """What stands between the commas that are in no bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _count_head_lines(lines: list[str]) -> int:
    length = 1
    while length < len(lines) and _goes_on(lines[:length], lines[length]):
        length += 1
    return length


def _goes_on(head: list[str], line: str) -> bool:
    text = "".join(head)
    is_open = text.count("(") > text.count(")")
    return line.startswith("--") and (is_open or _COMMENT.sub("", line, count=1).startswith("->"))


def _parse(text: str) -> Head:
    match = _HEAD.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not the head of a statement; see turnout/store/heads.py")
    name, parameters, mark, returns = match.groups(default="")
    row = returns.removesuffix(_OPTIONAL)
    is_row = row.startswith("(") and row.endswith(")")
    columns = tuple(_field(part) for part in split_list(row[1:-1])) if is_row else ()
    fields = tuple(_parameter(part) for part in split_list(parameters))
    return Head(name, fields, mark, row, columns, row != returns)


def _field(text: str) -> Field:
    name, colon, type_ = text.partition(":")
    return Field(name.strip(), type_.strip()) if colon else Field("", text)


def _parameter(text: str) -> Field:
    name, _, type_ = text.partition(":")
    return Field(name.strip(), type_.strip())
