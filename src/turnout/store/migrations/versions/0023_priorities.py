"""The next of a waiting list is found by its order: priority, then number."""

from alembic import op

from turnout.store.migrations.ddl import index

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX waiting_open")
    index(
        "waiting_open",
        "waiting_entries (org_id, event_id, priority DESC, id) WHERE state = 'waiting'",
    )
