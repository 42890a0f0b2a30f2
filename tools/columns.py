"""What a statement calls its columns, read from its text: for those that are made into a class."""

import re

from turnout.store.heads import Head, names_class, split_list
from turnout.store.rows import fields_of
from turnout.store.statements import find_class

_NOISE = re.compile(r"--[^\n]*|'[^']*'")
_WORDS = re.compile(r"[()]|\b(?:SELECT|FROM|RETURNING|UNION)\b|;", re.IGNORECASE)
_NAME = re.compile(r"(?:\bAS\s+|^(?:\w+\.)?)(\w+)$", re.IGNORECASE)


def check_columns(package: str, head: Head, text: str) -> None:
    """Raise ValueError where a class that a statement declares has other fields than the statement
    has columns, by name and in order."""
    if not list_classes(package, head):
        return
    declared = list_fields(package, head)
    if (found := list_columns(text)) != declared:
        raise ValueError(f"{package}: {head.name} selects {found}, its head declares {declared}")


def list_classes(package: str, head: Head) -> list[type]:
    """The classes that a statement makes of its columns."""
    names = [column.type for column in head.columns if column.name] or [head.returns]
    if head.mark not in ("", "^"):
        return []
    return [find_class(package, name) for name in names if names_class(name)]


def list_fields(package: str, head: Head) -> list[str]:
    """What the columns of a statement are called by its head, and by the classes that it names."""
    if not head.columns:
        return list(fields_of(find_class(package, head.returns)))
    fields: list[str] = []
    for column in head.columns:
        is_class = names_class(column.type)
        fields += fields_of(find_class(package, column.type)) if is_class else [column.name]
    return fields


def list_columns(text: str) -> list[str]:
    """The names of the columns of a SELECT or a RETURNING; empty for an expression without one."""
    bare = _NOISE.sub(" ", text)
    start, end = _bounds(bare)
    listed = re.sub(r"^\s*DISTINCT\s", "", bare[start:end], flags=re.IGNORECASE)
    found = [_NAME.search(" ".join(part.split())) for part in split_list(listed)]
    return [match[1] if match else "" for match in found]


def _bounds(text: str) -> tuple[int, int]:
    """From where to where the columns are listed: outside of brackets, what is returned by a change
    before what it reads."""
    depth, words = 0, []
    for match in _WORDS.finditer(text):
        depth += (match[0] == "(") - (match[0] == ")")
        if not depth and match[0] not in "()":
            words.append((match[0].upper(), match))
    kinds = [kind for kind, _ in words]
    first = kinds.index("RETURNING" if "RETURNING" in kinds else "SELECT")
    start = words[first][1].end()
    return start, words[first + 1][1].start() if first + 1 < len(words) else len(text)
