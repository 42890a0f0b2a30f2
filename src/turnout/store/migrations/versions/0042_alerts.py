"""What an organization is alerted of (core/messaging/alerts.py)."""

from turnout.store.migrations.ddl import column, index, table

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "alerts",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        kind TEXT NOT NULL CHECK (kind IN ('bounces', 'opt_outs', 'standing', 'callbacks')),
        subject TEXT NOT NULL,
        facts TEXT NOT NULL,
        raised_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, kind, subject)
        """,
    )
    index("alerts_age", "alerts (raised_at)")
    # How many had failed when the bounces of a job were last counted.
    column("jobs", "failed_seen BIGINT NOT NULL DEFAULT 0")
    index(
        "jobs_failing",
        "jobs (accepted_at, org_id, id) WHERE kind = 'broadcast' AND failed >= 20",
    )
    index("opt_outs_age", "opt_outs (created_at, org_id)")
    index(
        "callbacks_failing",
        "callbacks (org_id, host) WHERE due_at IS NOT NULL AND attempts >= 3",
    )
