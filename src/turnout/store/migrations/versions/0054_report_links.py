"""Links that show an event's report to somebody without an account, until they end.

Only the digest of a link is kept (core/audience/sharing.py).
"""

from turnout.store.migrations.ddl import index, table

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `query` is the address of the report that is shown, `has_names`: its files may be had, too.
    table(
        "report_links",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        label TEXT NOT NULL,
        query TEXT NOT NULL,
        has_names BIGINT NOT NULL,
        created_by TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        revoked_at BIGINT,
        opened_at BIGINT,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("report_links_digest", "report_links (digest)", unique=True)
    index("report_links_event", "report_links (org_id, event_id, id)")
    index("report_links_end", "report_links (ends_at)")
