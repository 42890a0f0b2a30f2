"""The rows of an imported file that were refused, as a file of their own: each with what is wrong
beside it. Mended, it is given again as it is: that column is left out when it is read."""

import io
from collections.abc import Iterable

from falcon.asgi import Request, Response

from turnout.formats.spreadsheets import to_csv
from turnout.formats.tables import read_table
from turnout.web.console.forms import Form
from turnout.web.console.page import Console
from turnout.web.console.people.files import name_file

REASON = "What is wrong"
FIELD = "faulty"


def keep_faulty(content: bytes, name: str, refused: Iterable[tuple[int, str]]) -> str:
    """The heading of a file and its rows on those lines, as CSV with a column of reasons; empty
    where none is refused. Raises Invalid for a file that cannot be read."""
    reasons: dict[int, list[str]] = {}
    for line, why in refused:
        reasons.setdefault(line, []).append(why)
    if not reasons:
        return ""
    with read_table(io.BytesIO(content), name) as table:
        heading, *rows = table.rows
        # A row that is short must not have its reason under another heading.
        width = len(heading.cells)
        kept = [
            [*row.cells[:width], *[""] * (width - len(row.cells)), "; ".join(reasons[row.line])]
            for row in rows
            if row.line in reasons
        ]
    return to_csv([[*heading.cells, REASON], *kept]).decode()


def drop_reasons(content: bytes, name: str) -> bytes:
    """The file without the column that `keep_faulty` added. Raises Invalid for one that cannot be
    read."""
    if not content.strip():
        return content
    with read_table(io.BytesIO(content), name) as table:
        rows = [row.cells for row in table.rows]
    if not rows or REASON not in rows[0]:
        return content
    at = rows[0].index(REASON)
    return to_csv([[*row[:at], *row[at + 1 :]] for row in rows])


def send_faulty(console: Console, req: Request, resp: Response, form: Form, scope: str) -> None:
    """Answer with the file that a page carried. Raises Denied for a form that is not of a page of
    this session."""
    console.sessions.check_own_form(req, form.token)
    resp.content_type = "text/csv; charset=utf-8"
    name_file(resp, f"faulty-{scope}.csv")
    resp.data = form.value(FIELD).encode()
