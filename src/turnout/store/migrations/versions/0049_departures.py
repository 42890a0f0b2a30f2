"""Attendees who are no longer an event's: numbers alone, so that a device that was away learns it.

A registration that is deleted, moves to another event or loses its tickets to another one leaves no
row of the event that a list of changes could show (docs/adr/0039-departures.md).
"""

from turnout.store.migrations.ddl import table

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "departures",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        code TEXT NOT NULL,
        ticket_type_id BIGINT NOT NULL,
        checked_in_at BIGINT,
        created_at BIGINT NOT NULL,
        left_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, registration_id, code)
        """,
    )
