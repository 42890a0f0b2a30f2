"""Captions of a session's media: a WebVTT file for each language."""

from turnout.store.migrations.ddl import index, table

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "captions",
        """
        org_id BIGINT NOT NULL,
        session_id BIGINT NOT NULL,
        language TEXT NOT NULL,
        content TEXT NOT NULL,
        digest TEXT NOT NULL,
        size BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, session_id, language),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id) ON DELETE CASCADE
        """,
    )
    index("captions_digest", "captions (org_id, digest)")
