"""Commits that came long after the instant that their rows bear (turnout/store/late.py)."""

from turnout.store.migrations.ddl import index, table

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "late_commits",
        """
        id TEXT NOT NULL PRIMARY KEY,
        began_at BIGINT NOT NULL,
        ended_at BIGINT NOT NULL
        """,
    )
    index("late_commits_ended", "late_commits (ended_at, began_at)")
