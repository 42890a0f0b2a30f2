"""What somebody was called before, for their own history.

Names change at many doors: forms, APIs, imports, staff. The database itself keeps the old one, so
that none is left out and no door needs a statement more (docs/adr/0034-old-names-by-trigger.md).
A name that is taken away, as erasing does, is not kept.
"""

from alembic import op

from turnout.store.migrations.ddl import is_sqlite, table

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

RENAMED = """(OLD.first_name <> NEW.first_name OR OLD.last_name <> NEW.last_name)
    AND (OLD.first_name <> '' OR OLD.last_name <> '')
    AND (NEW.first_name <> '' OR NEW.last_name <> '')"""
KEEP = """INSERT INTO former_names (org_id, person_id, first_name, last_name, until)
    VALUES (OLD.org_id, OLD.id, OLD.first_name, OLD.last_name, NEW.updated_at)
    ON CONFLICT (org_id, person_id, first_name, last_name) DO UPDATE SET until = excluded.until;"""


def upgrade() -> None:
    table(
        "former_names",
        """
        org_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        first_name TEXT NOT NULL,
        last_name TEXT NOT NULL,
        until BIGINT NOT NULL,
        PRIMARY KEY (org_id, person_id, first_name, last_name),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
        """,
    )
    # Erasures count the places of people's data, of which this is one more: those at work begin
    # again, which changes nothing.
    op.execute("UPDATE erasures SET place = 0, after = '' WHERE done_at IS NULL")
    event = "AFTER UPDATE OF first_name, last_name ON people FOR EACH ROW"
    if is_sqlite():
        op.execute(f"CREATE TRIGGER people_renamed {event} WHEN {RENAMED} BEGIN {KEEP} END")
        return
    op.execute(
        "CREATE FUNCTION keep_former_name() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {KEEP} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER people_renamed {event} WHEN ({RENAMED}) "
        "EXECUTE FUNCTION keep_former_name()"
    )
