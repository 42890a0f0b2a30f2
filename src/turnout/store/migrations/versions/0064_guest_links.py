"""Personal links of guests: only digests of them are kept (core/tickets/guest_links.py)."""

from turnout.store.migrations.ddl import index, table

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "guest_links",
        """
        org_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        registration_id BIGINT NOT NULL,
        made_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest)
        """,
    )
    index("guest_links_registration", "guest_links (org_id, registration_id)")
