"""Reports of jobs of one recipient, gathered to one mail a day (core/messaging/digests.py)."""

from turnout.store.migrations.ddl import index, table

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `due_at` is the midnight on the user's clock after the job has ended.
    table(
        "single_reports",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        user_id BIGINT NOT NULL,
        due_at BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, user_id, due_at, job_id)
        """,
    )
    index("single_reports_due", "single_reports (due_at, org_id, user_id)")
