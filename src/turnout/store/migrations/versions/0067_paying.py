"""Registrations are filtered by how a payment stands without going through all of them, and people
are found without their accents: everybody whose texts have any is written again by the worker."""

from alembic import op

from turnout.store.migrations.ddl import index, is_sqlite

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

NOTE_ON_SQLITE = """INSERT INTO people_search_due (org_id, person_id)
    SELECT DISTINCT org_id, person_id FROM people_search_texts
    WHERE text GLOB '*[^' || char(1) || '-' || char(126) || ']*'
    ON CONFLICT (org_id, person_id) DO NOTHING"""
NOTE_ON_POSTGRESQL = r"""INSERT INTO people_search_due (org_id, person_id)
    SELECT DISTINCT org_id, person_id FROM people_search_texts WHERE text ~ '[^\x01-\x7e]'
    ON CONFLICT (org_id, person_id) DO NOTHING"""


def upgrade() -> None:
    index("payments_state", "payments (org_id, state, ticket_id)")
    op.execute(NOTE_ON_SQLITE if is_sqlite() else NOTE_ON_POSTGRESQL)
