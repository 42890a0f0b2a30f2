"""Each registration has what it is sorted by, so that lists by name are read in order, however many
are registered and whatever is asked of them (docs/adr/0046-lists-by-name.md)."""

from alembic import op
from sqlalchemy import text

from turnout.store.migrations.ddl import column, index, is_sqlite, tell

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

CHUNK = 20_000
NAMED = ("first_name", "last_name", "email")
CHANGED = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in NAMED)
NAME = "lower({p}.last_name || ' ' || {p}.first_name || ' ' || {p}.email)"
NAME_OF = f"""(SELECT {NAME.format(p="p")} FROM people p
    WHERE p.org_id = {{r}}.org_id AND p.id = {{r}}.person_id)"""  # noqa: S608
RENAME = f"""UPDATE registrations SET name_key = {NAME.format(p="NEW")}
    WHERE org_id = NEW.org_id AND person_id = NEW.id;"""  # noqa: S608
LAST_OF_CHUNK = """SELECT org_id, id FROM registrations WHERE (org_id, id) > (:org_id, :id)
    ORDER BY org_id, id LIMIT 1 OFFSET :count - 1"""
NAME_CHUNK = f"""UPDATE registrations SET name_key = {NAME_OF.format(r="registrations")}
    WHERE (org_id, id) > (:org_id, :id) AND (org_id, id) <= (:last_org, :last_id)"""  # noqa: S608
RENAMED = f"AFTER UPDATE OF {', '.join(NAMED)} ON people FOR EACH ROW"


def upgrade() -> None:
    column("registrations", "name_key TEXT NOT NULL DEFAULT ''")
    _name_all()
    op.execute("DROP INDEX people_name")
    index("registrations_name", "registrations (org_id, event_id, name_key, id, state)")
    # Last, since SQLite takes the youngest of two that are as good: it is in the order of the rows.
    # With the state, an event is counted without a look at its registrations.
    op.execute("DROP INDEX registrations_event")
    index("registrations_event", "registrations (org_id, event_id, id, state)")
    # With what they are of, so that SQLite need not look at the rows.
    op.execute("DROP INDEX registrations_cancelled")
    index(
        "registrations_cancelled",
        "registrations (org_id, event_id, id, state) WHERE state = 'cancelled'",
    )
    op.execute("DROP INDEX tickets_checked_in")
    index(
        "tickets_checked_in",
        "tickets (org_id, ticket_type_id, registration_id, checked_in_at)"
        " WHERE checked_in_at IS NOT NULL",
    )
    if is_sqlite():
        _follow_on_sqlite()
    else:
        _follow_on_postgresql()


def _name_all() -> None:
    database = op.get_bind()
    total = database.execute(text("SELECT count(*) FROM registrations")).scalar_one()
    done, org_id, id_ = 0, 0, 0
    while done < total:
        here = {"org_id": org_id, "id": id_, "count": min(CHUNK, total - done)}
        org_id, id_ = database.execute(text(LAST_OF_CHUNK), here).one()
        database.execute(text(NAME_CHUNK), here | {"last_org": org_id, "last_id": id_})
        done += here["count"]
        tell("names of registrations", done, total)


def _follow_on_sqlite() -> None:
    op.execute(f"CREATE TRIGGER registrations_renamed {RENAMED} WHEN {CHANGED} BEGIN {RENAME} END")
    for name, event in (
        ("named", "AFTER INSERT ON registrations FOR EACH ROW WHEN NEW.name_key = ''"),
        (
            "handed_over",
            "AFTER UPDATE OF person_id ON registrations FOR EACH ROW"
            " WHEN OLD.person_id <> NEW.person_id",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER registrations_{name} {event} BEGIN"  # noqa: S608
            f" UPDATE registrations SET name_key = {NAME_OF.format(r='NEW')}"
            " WHERE org_id = NEW.org_id AND id = NEW.id; END"
        )


def _follow_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION rename_registrations() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {RENAME} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER registrations_renamed {RENAMED} WHEN ({CHANGED}) "
        "EXECUTE FUNCTION rename_registrations()"
    )
    op.execute(
        "CREATE FUNCTION name_registration() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN NEW.name_key := coalesce({NAME_OF.format(r='NEW')}, ''); RETURN NEW; END $$"
    )
    for name, event in (
        ("named", "BEFORE INSERT ON registrations FOR EACH ROW WHEN (NEW.name_key = '')"),
        (
            "handed_over",
            "BEFORE UPDATE OF person_id ON registrations FOR EACH ROW"
            " WHEN (OLD.person_id <> NEW.person_id)",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER registrations_{name} {event} EXECUTE FUNCTION name_registration()"
        )
