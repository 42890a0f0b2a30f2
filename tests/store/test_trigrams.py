"""Texts found by three letters, and what is left of those that were taken out."""

import pytest

from turnout.store import Database, Tx, trigrams

TEXTS = [(7, 1, "zyx wvu\nana@example.com"), (7, 2, "anna 'o\"hara\nqqq"), (8, 3, "zyx other")]


def add(tx: Tx) -> None:
    tx.connection.execute("DELETE FROM people_search_texts")
    if tx.backend == "sqlite":
        tx.connection.execute(
            "INSERT INTO people_search_grams (people_search_grams) VALUES ('delete-all')"
        )
    for owner, number, text in TEXTS:
        tx.connection.execute(
            "INSERT INTO people_search_texts (org_id, person_id, kind, text) VALUES"
            + (" (?, ?, 1, ?)" if tx.backend == "sqlite" else " (%s, %s, 1, %s)"),
            (owner, number, text),
        )
    trigrams.replace(tx, [], TEXTS)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["zyx"], [1]),
        (["ana@ex"], [1]),
        (["anna", "qqq"], [2]),
        (['o"ha'], [2]),
        (["100%"], []),
        (["other"], []),
    ],
)
def test_a_row_is_found_by_a_part_of_its_text(
    db: Database, words: list[str], found: list[int]
) -> None:
    db.call(add)
    assert db.call(trigrams.find, 7, words, 10) == found


def test_nothing_is_left_of_what_was_taken_out(db: Database) -> None:
    if db.backend == "postgresql":
        assert not db.call(trigrams.compact, is_first=True)
        return
    db.call(add)
    db.call(trigrams.replace, TEXTS[:1], [])
    assert db.call(trigrams.find, 7, ["zyx"], 10) == []
    is_more = db.call(trigrams.compact, is_first=True)
    while is_more:
        is_more = db.call(trigrams.compact, is_first=False)

    def list_terms(tx: Tx) -> set[str]:
        tx.connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5vocab(people_search_grams, row)"
        )
        return {row[0] for row in tx.connection.execute("SELECT term FROM terms").fetchall()}

    terms = db.call(list_terms)
    assert "wvu" not in terms
    assert {"zyx", "qqq"} <= terms
