"""Which column of a file is what: its heading matched against what an import knows."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from turnout.core.importing.headings import (
    HEADINGS,
    WITH_FIRST,
    WITH_LAST,
    Export,
    find_export,
    normalize,
)
from turnout.errors import Invalid

# Where an import does not know a column, another may do instead.
_INSTEAD = {"mobile": "phone", "phone": "mobile"}
_FULL, _FIRST, _LAST = "fullname", "firstname", "lastname"


class Known(NamedTuple):
    """What an import knows: `keys` of columns in small letters without blanks, of which each group
    in `needed` must have one. `customs`: how many unknown columns become fields of their own, or
    those of `custom_keys` that the file does not use itself.
    `labels`: how columns are called where that is not their key; `full` is the key that has a
    person's whole name, where that is one column."""

    keys: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...] = ()
    customs: int = 0
    labels: Mapping[str, str] = {}
    full: str = ""
    custom_keys: tuple[str, ...] = ()

    def label(self, key: str) -> str:
        """How people call a column."""
        return self.labels.get(key, _LABELS.get(key, key.capitalize()))


_LABELS = {
    "firstname": "First name",
    "lastname": "Last name",
    "fullname": "Full name",
    "jobtitle": "Job title",
    "postcode": "Post code",
    "tickettype": "Ticket type",
    "timelimit": "Time limit",
    "timezone": "Time zone",
}


class Use(StrEnum):
    """How a column is used."""

    FIELD = "field"
    CUSTOM = "custom"
    LEFT_OUT = "left out"


class Column(NamedTuple):
    """A column of a file; of several with one `key` the lowest `rank` that is not empty counts."""

    place: int
    heading: str
    use: Use
    key: str = ""
    rank: int = 0


class Layout(NamedTuple):
    """How a file is read. `state` is the place of the column that says whose rows are gone."""

    known: Known
    columns: tuple[Column, ...]
    width: int
    export: Export | None = None
    state: int | None = None


def lay_out(
    heading: Sequence[str], known: Known, *, ignores_unknown: bool = False, file: str = "The file"
) -> Layout:
    """Match a heading. Raises Invalid for a heading that names a column twice or lacks what is
    needed, and for unknown columns beyond `known.customs` unless they are to be ignored."""
    names = [normalize(text) for text in heading]
    export = find_export(set(names))
    keys = _find_keys(names, known, export)
    _refuse_twice(heading, keys, known, export)
    _refuse_missing(heading, set(filter(None, keys)), known, file)
    columns = []
    unknown = []
    for place, (text, name, key) in enumerate(zip(heading, names, keys, strict=True)):
        if not name and not text.strip():
            continue
        if key:
            columns.append(Column(place, text, Use.FIELD, key, _rank(name, export)))
        elif export and name in export.left_out:
            columns.append(Column(place, text, Use.LEFT_OUT))
        else:
            unknown.append((place, text))
    free = [key for key in known.custom_keys if key not in keys]
    columns += _place_unknown(unknown, known, free, ignores_unknown=ignores_unknown, file=file)
    state = names.index(export.state) if export and export.state in names else None
    columns.sort(key=lambda column: column.place)
    return Layout(known, tuple(columns), len(heading), export, state)


def _find_keys(names: Sequence[str], known: Known, export: Export | None) -> list[str]:
    """The key of each column, empty where none fits."""
    keys = set(known.keys)
    takes_names = {_FIRST, _LAST} <= keys or bool(known.full)
    by_name = {name: key for key in reversed(known.keys) for name in HEADINGS.get(key, ())}
    by_name |= {key: key for key in keys}
    if takes_names:
        for key in (_FULL, _FIRST, _LAST):
            by_name |= {name: key for name in HEADINGS[key] if name not in by_name}
    for other, key in _INSTEAD.items():
        if other not in keys and key in keys:
            by_name |= {name: key for name in HEADINGS[other] if name not in by_name}
    found = [by_name.get(name, "") for name in names]
    if export:
        found = [
            "" if name in export.left_out else key for name, key in zip(names, found, strict=True)
        ]
    if takes_names and "name" not in keys:
        has_first = _FIRST in found
        has_last = _LAST in found
        for place, name in enumerate(names):
            if found[place] == _FULL and name in WITH_FIRST and has_first and not has_last:
                found[place] = _LAST
            elif found[place] == _FULL and name in WITH_LAST and has_last and not has_first:
                found[place] = _FIRST
    return found


def _rank(name: str, export: Export | None) -> int:
    if export and name in export.prefers:
        return 0
    return 1


def _refuse_twice(
    heading: Sequence[str], keys: Sequence[str], known: Known, export: Export | None
) -> None:
    """An export may have a column for the buyer and one for the guest; in any other file nobody
    knows which is meant."""
    if export:
        return
    for place, key in enumerate(keys):
        if key and key in keys[:place]:
            first = heading[keys.index(key)]
            raise Invalid("import.twice", name=known.label(key), first=first, second=heading[place])


def _refuse_missing(heading: Sequence[str], found: set[str], known: Known, file: str) -> None:
    if _FULL in found:
        found = found | {_FIRST, _LAST, known.full}
    if known.full and {_FIRST, _LAST} & found:
        found = found | {known.full}
    missing = [
        " or ".join(map(known.label, group)) for group in known.needed if not set(group) & found
    ]
    if missing:
        seen = [text for text in heading if text] or ["nothing"]
        raise Invalid("import.columns_missing", file=file, missing=missing, seen=seen)


def _place_unknown(
    unknown: Sequence[tuple[int, str]],
    known: Known,
    free: Sequence[str],
    *,
    ignores_unknown: bool,
    file: str,
) -> list[Column]:
    if ignores_unknown:
        return [Column(place, text, Use.LEFT_OUT) for place, text in unknown]
    limit = len(free) if known.custom_keys else known.customs
    if len(unknown) > limit:
        labels = [known.label(key) for key in known.keys]
        texts = [text for _, text in unknown]
        if limit:
            raise Invalid("import.customs", file=file, unknown=texts, known=labels, limit=limit)
        raise Invalid("import.columns", file=file, unknown=texts, known=labels)
    if known.custom_keys:
        return [
            Column(place, text, Use.FIELD, key)
            for (place, text), key in zip(unknown, free, strict=False)
        ]
    return [Column(place, text, Use.CUSTOM, text.strip()) for place, text in unknown]
