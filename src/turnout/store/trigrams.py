"""Finding texts by a part of them, of three letters or more, by an index of their trigrams.

Theory. Texts stand in a table of the product; here is what finds those that have some letters. On
PostgreSQL that is an index of the table (`pg_trgm`), which follows by itself; where the right to
make it is missing, nothing is found here and `is_ready` says so. On SQLite it is a table of FTS5
that holds no texts and no places: only which rows have which three letters. So it is told what
stood in a row before, and gives rows that may have the letters: the caller looks at each.

What is taken out of FTS5 stays in its older parts until they are merged. `compact` merges all of
them, a slice at a time.

`owner` keeps organizations apart: on SQLite three letters of their own, which nobody types.
"""

from collections.abc import Iterable, Sequence

from turnout.store.transaction import Tx

SHORTEST = 3
MAKE_INDEX = (
    "CREATE INDEX CONCURRENTLY people_search_trigrams ON people_search_texts"
    " USING gin (text gin_trgm_ops)"
    " WHERE kind = 1"
)
"""On PostgreSQL, with the extension `pg_trgm`; for a server that runs, so not in a transaction."""
MOST_TRIGRAMS = 24
# Pages of the index that one slice merges.
SLICE_PAGES = 200
_PRIVATE, _PRIVATE_SIZE = 0xE000, 6_000

Entry = tuple[int, int, str]
"""An owner, a number that no other row has, and a text."""


def is_ready(tx: Tx) -> bool:
    """Whether texts can be found by a part of them."""
    if tx.backend == "sqlite":
        return True
    query = "SELECT to_regclass('people_search_trigrams') IS NOT NULL"
    return bool(tx.connection.execute(query).fetchone()[0])


def replace(tx: Tx, old: Iterable[Entry], new: Iterable[Entry]) -> None:
    """Take the texts of `old` out of the index, exactly as they were put in, and put in `new`."""
    if tx.backend != "sqlite":
        return
    remove = "INSERT INTO people_search_grams (people_search_grams, rowid, grams)"
    tx.connection.executemany(f"{remove} VALUES ('delete', ?, ?)", map(_row, old))
    add = "INSERT INTO people_search_grams (rowid, grams) VALUES (?, ?)"
    tx.connection.executemany(add, map(_row, new))


def find(tx: Tx, owner: int, words: Sequence[str], limit: int) -> list[int]:
    """Up to `limit` rows of the owner that may have all the words, each of three letters or
    more."""
    if tx.backend == "sqlite":
        query = (
            "SELECT rowid FROM people_search_grams WHERE people_search_grams MATCH ?"
            " ORDER BY rowid DESC LIMIT ?"
        )
        rows = tx.connection.execute(query, (_match(owner, words), limit))
    else:
        longest = sorted(words, key=len)[-2:]
        query = (
            "SELECT person_id FROM people_search_texts WHERE org_id = %s AND kind = 1"
            " AND text LIKE %s AND text LIKE %s LIMIT %s"
        )
        patterns = (_like(longest[0]), _like(longest[-1]))
        rows = tx.connection.execute(query, (owner, *patterns, limit))
    return [row[0] for row in rows.fetchall()]


def compact(tx: Tx, *, is_first: bool) -> bool:
    """Merge a slice of the index, so that nothing of what was taken out is left; whether there is
    more to do. The first slice says so."""
    if tx.backend != "sqlite":
        return False
    before = tx.connection.total_changes
    tx.connection.execute(
        "INSERT INTO people_search_grams (people_search_grams, rank) VALUES ('merge', ?)",
        (-SLICE_PAGES if is_first else SLICE_PAGES,),
    )
    return is_first or bool(tx.connection.total_changes - before > 1)


def _row(entry: Entry) -> tuple[int, str]:
    owner, number, text = entry
    return number, f"{_token(owner)}\n{text}"


def _token(owner: int) -> str:
    first, rest = divmod(owner, _PRIVATE_SIZE**2)
    second, third = divmod(rest, _PRIVATE_SIZE)
    return "".join(chr(_PRIVATE + number) for number in (first, second, third))


def _match(owner: int, words: Sequence[str]) -> str:
    grams = [word[start : start + 3] for word in words for start in range(len(word) - 2)]
    chosen = [_token(owner), *dict.fromkeys(grams)][: MOST_TRIGRAMS + 1]
    return " AND ".join('"{}"'.format(gram.replace('"', '""')) for gram in chosen)


def _like(word: str) -> str:
    for sign in ("\\", "%", "_"):
        word = word.replace(sign, f"\\{sign}")
    return f"%{word}%"
