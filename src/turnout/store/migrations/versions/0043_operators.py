"""What operators do: replies are given to somebody, failed messages go again, jobs wait for leave.

A stray reply belongs to the organization of the user to whom it was given. `retried_in` is the job
that tries a failed message again, so that none is tried in two. `approval` of jobs is empty,
`waiting`, `approved` or `refused`.
"""

from turnout.store.migrations.ddl import column, index

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("replies", "assigned_to BIGINT")
    column("stray_replies", "org_id BIGINT")
    column("stray_replies", "assigned_to BIGINT")
    index("stray_replies_given", "stray_replies (org_id, id) WHERE org_id IS NOT NULL")
    column("recipients", "retried_in BIGINT")
    column("jobs", "approval TEXT NOT NULL DEFAULT ''")
    index("jobs_waiting_for_leave", "jobs (org_id, id) WHERE approval = 'waiting'")
