"""CSV as spreadsheets open it, where no cell is ever taken for a formula."""

import csv
import io
import re
from collections.abc import Iterable

# A cell that begins so is run as a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[\d .,]*\d", re.ASCII)


def defuse(cell: str) -> str:
    """The cell, with an apostrophe before it where it would be taken for a formula; signed
    numbers and telephone numbers stay as they are."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def to_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8 with a byte order mark, which spreadsheets go by)."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([defuse(str(cell)) for cell in row])
    return text.getvalue().encode("utf-8-sig")
