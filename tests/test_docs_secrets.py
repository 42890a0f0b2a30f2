"""What docs/operations.md says is secret in the database, held against the tables there are."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.node import new_database
from turnout.store.sqlite import path_of

DOCS = Path(__file__).parents[1] / "docs/operations.md"
SECRET = re.compile(r"secret|private|passcode|digest|hash|token")
# Digests of what is no secret: of a request, of a file, and keyed ones of addresses.
HARMLESS = {
    *("files", "file_pieces", "job_files", "pictures", "idempotency_keys", "known_places"),
    *("consents", "consent_texts", "captions", "event_cards"),
}


def named_in_docs() -> set[str]:
    section = DOCS.read_text().partition("*Secrets in the database.*")[2]
    table = section.strip().partition("\n\n")[2].partition("\n\n")[0]
    return {name for row in table.splitlines() for name in re.findall(r"`([a-z_]+)`", row)}


def test_every_table_with_a_secret_is_named_and_every_name_is_a_table(tmp_path: Path) -> None:
    columns: dict[str, set[str]] = {}
    with closing(sqlite3.connect(path_of(new_database("sqlite", tmp_path)))) as connection:
        for table, column in connection.execute(
            """SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'"""
        ):
            columns.setdefault(table, set()).add(column)
    named = named_in_docs()
    # Rows of `installation_secrets`.
    assert {name for name in named if name not in columns} == {"codes", "places"}
    secret = {table for table, names in columns.items() if any(map(SECRET.search, names))}
    assert secret - HARMLESS - named == set()
