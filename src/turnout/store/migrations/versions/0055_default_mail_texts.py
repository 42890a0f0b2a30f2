"""Texts of mails that an organization writes once, for all of its events without their own."""

from turnout.store.migrations.ddl import table

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "default_mail_texts",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        kind TEXT NOT NULL,
        language TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, kind, language)
        """,
    )
