"""Verification codes know what they are for: a caller's `client_ref` never meets a page's own.

Nothing tells which of the stored codes and tries are of pages, so all end: who waits for one asks
for another.
"""

from alembic import op

from turnout.store.migrations.ddl import index, table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TABLE verification_codes")
    op.execute("DROP TABLE verification_tries")
    table(
        "verification_codes",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        purpose TEXT NOT NULL CHECK (purpose IN ('api', 'watch')),
        client_key TEXT NOT NULL,
        id BIGINT NOT NULL,
        destination_key TEXT NOT NULL,
        digest TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT,
        PRIMARY KEY (org_id, purpose, client_key, id)
        """,
    )
    index("verification_codes_age", "verification_codes (created_at)")
    index(
        "verification_codes_destination",
        "verification_codes (org_id, purpose, destination_key, created_at)",
    )
    table(
        "verification_tries",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        purpose TEXT NOT NULL CHECK (purpose IN ('api', 'watch')),
        key TEXT NOT NULL,
        window_started_at BIGINT NOT NULL,
        window_ms BIGINT NOT NULL,
        wrong BIGINT NOT NULL,
        PRIMARY KEY (org_id, purpose, key)
        """,
    )
    index("verification_tries_age", "verification_tries (window_started_at)")
