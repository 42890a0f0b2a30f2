"""Questions of viewers that are shown to all of them, and those that nobody is to answer; jobs that
failed and replies that are nobody's, for those who look after them."""

from turnout.store.migrations.ddl import column, index

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("questions", "published_at BIGINT")
    column("questions", "dismissed_at BIGINT")
    index(
        "questions_published",
        "questions (org_id, session_id, published_at) WHERE published_at IS NOT NULL",
    )
    index("jobs_failed", "jobs (org_id, id) WHERE kind = 'broadcast' AND failed > 0")
    index(
        "replies_open",
        "replies (org_id, received_at) WHERE assigned_to IS NULL AND is_opt_out = 0",
    )
