"""The table of places: whole, and true to the schema."""

from turnout.core.erasure.not_personal import list_not_personal
from turnout.core.erasure.places import PLACES

SCHEMA = {
    "sqlite": "SELECT m.name, c.name, c.type, c.pk"
    " FROM sqlite_schema m, pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
    # FTS5's own: letters and numbers of rows (store/trigrams.py).
    " AND m.name NOT LIKE 'people_search_grams%'",
    "postgresql": "SELECT c.table_name, c.column_name, c.data_type, 0"
    " FROM information_schema.columns c JOIN information_schema.tables t"
    " ON t.table_schema = c.table_schema AND t.table_name = c.table_name"
    " WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'",
}
NUMBERS = {"INTEGER", "bigint", "integer"}


def read_schema(db) -> list[tuple[str, str, str, int]]:
    return db.call(lambda tx: tx.connection.execute(SCHEMA[db.backend]).fetchall())


def test_every_column_of_text_is_personal_or_not(db):
    found = {(table, name) for table, name, type_, _ in read_schema(db) if type_ not in NUMBERS}
    personal = {(place.table, name) for place in PLACES for name in place.texts}
    keys = {(place.table, name) for place in PLACES for name in place.key}
    other = set(list_not_personal())
    assert found - personal - keys - other == set()
    assert other - found <= {("sequences", "name")}  # PostgreSQL has sequences of its own
    assert other & personal == set()


def test_every_place_stands_in_the_schema_with_its_key(db):
    schema = read_schema(db)
    columns = {(table, name) for table, name, _, _ in schema}
    for place in PLACES:
        for name in (*place.whole_key, *place.texts, *place.facts):
            assert (place.table, name) in columns
    assert len({place.table for place in PLACES}) == len(PLACES)
    if db.backend == "sqlite":
        keys = {place.table: set(place.whole_key) for place in PLACES}
        found: dict[str, set[str]] = {table: set() for table in keys}
        for table, name, _, number in schema:
            if table in keys and number:
                found[table].add(name)
        # questions have a shorter unique key, which is theirs for ever.
        assert {table for table in keys if keys[table] != found[table]} == {"questions"}


def test_all_that_names_a_person_is_a_place(db):
    names = ("person_id", "contact_id", "registration_id", "ticket_id", "recipient_id")
    tables = {table for table, name, _, _ in read_schema(db) if name in names}
    # These hold numbers alone: who came together or left or changed, what networks call a message.
    numbers = {"parties", "network_ids", "erasures", "departures", "door_conflicts"}
    numbers.add("people_search_due")
    assert tables - {place.table for place in PLACES} == numbers
