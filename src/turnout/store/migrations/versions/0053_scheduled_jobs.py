"""What an event's overview asks for: the messages that are scheduled, the next first."""

from turnout.store.migrations.ddl import index

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    index("jobs_scheduled", "jobs (org_id, scheduled_at, id) WHERE state = 'scheduled'")
