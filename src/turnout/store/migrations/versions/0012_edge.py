"""What the installation knows of itself, and work that was claimed and did not end.

`work_claims` has a row for work in hand: how often it was claimed since it last came to a result,
and until when the claim counts. Work that was claimed too often is set aside there.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "installation",
        """
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL,
        at BIGINT NOT NULL
        """,
    )
    table(
        "work_claims",
        """
        org_id BIGINT NOT NULL,
        queue TEXT NOT NULL,
        id BIGINT NOT NULL,
        claims BIGINT NOT NULL,
        claimed_until BIGINT NOT NULL,
        set_aside_at BIGINT,
        note TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (org_id, queue, id)
        """,
    )
    index("work_set_aside", "work_claims (set_aside_at) WHERE set_aside_at IS NOT NULL")
    column("organizations", "file_quota_bytes BIGINT")
