"""Filters of an event's registrations that its team saved by name."""

from turnout.store.migrations.ddl import table

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `query` is that of the list's address. It has no search text: that may name a person.
    table(
        "saved_filters",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        name_key TEXT NOT NULL,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, name_key),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id) ON DELETE CASCADE
        """,
    )
