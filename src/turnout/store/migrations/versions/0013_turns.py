"""Callbacks whose organizations take turns, and the receivers of each."""

from alembic import op

from turnout.store.migrations.ddl import index

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX callbacks_due")
    index("callbacks_turn", "callbacks (org_id, host, due_at, id) WHERE due_at IS NOT NULL")
