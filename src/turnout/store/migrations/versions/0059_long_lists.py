"""Lists of a million registrations are read a page at a time, in any order and by any filter, and
people are found by any part of what is known of them (core/people/searching.py)."""

from alembic import op

from turnout.store.migrations.ddl import index, is_sqlite, table

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

NAME = "lower(last_name || ' ' || first_name || ' ' || email)"
SEARCHED = ("email", "first_name", "last_name", "company", "phone", "merged_into")
CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in SEARCHED)
NOTE = """INSERT INTO people_search_due (org_id, person_id) VALUES ({row}.org_id, {row}.id)
    ON CONFLICT (org_id, person_id) DO UPDATE SET org_id = excluded.org_id;"""
# Of a statement that adds many, one for all of them.
NOTE_ADDED = """INSERT INTO people_search_due (org_id, person_id)
    SELECT org_id, id FROM added ORDER BY org_id, id
    ON CONFLICT (org_id, person_id) DO UPDATE SET org_id = excluded.org_id;"""
# Where the role may not make the extension, `turnout doctor` says what an administrator does.
TRIGRAMS = """DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX people_search_trigrams ON people_search_texts USING gin (text gin_trgm_ops)
        WHERE kind = 1;
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file
    OR undefined_object THEN NULL;
END $$"""


def upgrade() -> None:
    index("people_name", f"people (org_id, ({NAME}), id)")
    index(
        "registrations_cancelled",
        "registrations (org_id, event_id, id) WHERE state = 'cancelled'",
    )
    index("tickets_type", "tickets (org_id, ticket_type_id, registration_id)")
    index(
        "tickets_checked_in",
        "tickets (org_id, ticket_type_id, registration_id) WHERE checked_in_at IS NOT NULL",
    )
    op.execute("DROP INDEX waiting_untold")
    index(
        "waiting_to_tell",
        "waiting_entries (id) WHERE state IN ('waiting', 'offered') AND told_at IS NULL",
    )
    op.execute("DROP INDEX registration_tags_tag")
    index("registration_tags_tag", "registration_tags (org_id, tag_key, registration_id)")
    _search()


def _search() -> None:
    table(
        "people_search_due",
        "org_id BIGINT NOT NULL, person_id BIGINT NOT NULL, PRIMARY KEY (org_id, person_id)",
    )
    # `kind` 1 is all of it, the others are what it may begin with.
    table(
        "people_search_texts",
        """
        org_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        kind BIGINT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (org_id, person_id, kind)
        """,
    )
    if is_sqlite():
        index("people_search_beginning", "people_search_texts (org_id, text) WHERE kind > 1")
        op.execute(
            "CREATE VIRTUAL TABLE people_search_grams USING fts5"
            "(grams, content='', detail=none, tokenize='trigram')"
        )
        _note_on_sqlite()
    else:
        op.execute('ALTER TABLE people_search_texts ALTER COLUMN text TYPE TEXT COLLATE "C"')
        index("people_search_beginning", "people_search_texts (org_id, text) WHERE kind > 1")
        op.execute(TRIGRAMS)
        _note_on_postgresql()
    op.execute("INSERT INTO people_search_due (org_id, person_id) SELECT org_id, id FROM people")


def _note_on_sqlite() -> None:
    changed = CHANGED.replace("IS DISTINCT FROM", "IS NOT")
    for name, event, row in (
        ("added", "AFTER INSERT ON people FOR EACH ROW", "NEW"),
        (
            "changed",
            f"AFTER UPDATE OF {', '.join(SEARCHED)} ON people FOR EACH ROW WHEN {changed}",
            "NEW",
        ),
        ("deleted", "AFTER DELETE ON people FOR EACH ROW", "OLD"),
    ):
        op.execute(f"CREATE TRIGGER people_search_{name} {event} BEGIN {NOTE.format(row=row)} END")


def _note_on_postgresql() -> None:
    for name, event, note in (
        (
            "added",
            "AFTER INSERT ON people REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
            NOTE_ADDED,
        ),
        (
            "changed",
            f"AFTER UPDATE OF {', '.join(SEARCHED)} ON people FOR EACH ROW WHEN ({CHANGED})",
            NOTE.format(row="NEW"),
        ),
        ("deleted", "AFTER DELETE ON people FOR EACH ROW", NOTE.format(row="OLD")),
    ):
        op.execute(
            f"CREATE FUNCTION people_search_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {note} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER people_search_{name} {event} EXECUTE FUNCTION people_search_{name}()"
        )
