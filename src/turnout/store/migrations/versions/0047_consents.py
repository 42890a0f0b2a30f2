"""Consents to marketing: who agreed to which text, when, where and in which language.

A consent that was withdrawn stays, as proof. Texts are kept once each, by their SHA-256, so that
they outlive their event. `consents` of a question are the ways by which its agreement lets people
be written to (JSON).
"""

from turnout.store.migrations.ddl import column, table

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("event_questions", "consents TEXT NOT NULL DEFAULT '[]'")
    table(
        "consent_texts",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        digest TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (org_id, digest)
        """,
    )
    table(
        "consents",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        medium TEXT NOT NULL CHECK (medium IN ('email', 'sms', 'call', 'fax')),
        address TEXT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        question_id BIGINT NOT NULL,
        version BIGINT NOT NULL,
        digest TEXT NOT NULL,
        language TEXT NOT NULL,
        source TEXT NOT NULL,
        given_at BIGINT NOT NULL,
        withdrawn_at BIGINT,
        PRIMARY KEY (org_id, medium, address, id)
        """,
    )
