"""Names of events and series in the addresses of their pages; and the pictures of events' cards."""

from turnout.store.migrations.ddl import index, table

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `noun` is event or series. Of one thing, one name is current; its former ones lead to that.
    table(
        "page_names",
        """
        org_id BIGINT NOT NULL,
        noun TEXT NOT NULL,
        name TEXT NOT NULL,
        target_id BIGINT NOT NULL,
        is_current BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, noun, name)
        """,
    )
    index("page_names_target", "page_names (org_id, noun, target_id)")
    # `digest` is that of what the picture shows.
    table(
        "event_cards",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        content BYTES NOT NULL,
        checked_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id) ON DELETE CASCADE
        """,
    )
