"""How long the texts and addresses of messages are kept (core/erasure/emptying.py)."""

from turnout.store.migrations.ddl import column, index, table

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "message_retention",
        """
        org_id BIGINT PRIMARY KEY REFERENCES organizations (org_id),
        days BIGINT NOT NULL CHECK (days > 0),
        set_at BIGINT NOT NULL,
        starts_at BIGINT NOT NULL
        """,
    )
    # The last recipient of whom nothing is left, and when nothing was left of the whole job.
    column("jobs", "emptied_until BIGINT NOT NULL DEFAULT 0")
    column("jobs", "emptied_at BIGINT")
    index(
        "jobs_kept",
        "jobs (org_id, id, completed_at) WHERE completed_at IS NOT NULL AND emptied_at IS NULL",
    )
