"""An organization's page lists what is over, the last first, without reading all of its events."""

from turnout.store.migrations.ddl import index

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index("events_end", "events (org_id, ends_at, id)")
