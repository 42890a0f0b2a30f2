"""Printers of badges that the server reaches, for the phones at the door of an event."""

from turnout.store.migrations.ddl import index, table

revision = "0073"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `language` is what the printer understands; host and port are judged with each call.
    table(
        "door_printers",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        language TEXT NOT NULL CHECK (language IN ('zpl', 'escpos')),
        host TEXT NOT NULL,
        port BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("door_printers_event", "door_printers (org_id, event_id, id)")
