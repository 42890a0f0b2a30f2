"""What those who watch do together: votes for questions that all are shown; and chapters of what a
session shows."""

from turnout.store.migrations.ddl import column, index, table

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # JSON: from which second on which chapter is shown, in order.
    column("session_media", "chapters TEXT NOT NULL DEFAULT '[]'")
    table(
        "question_votes",
        """
        org_id BIGINT NOT NULL,
        question_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        voted_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, question_id, registration_id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id)
        """,
    )
    index("question_votes_registration", "question_votes (org_id, registration_id, question_id)")
