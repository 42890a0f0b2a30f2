"""What the door keeps beside scans: why somebody was let in anyway, who went out and came back, and
scans of several phones that contradict each other; and what changed since, found quickly.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 1 = whoever goes out there is noted, and may come back.
    column("gates", "has_exit BIGINT NOT NULL DEFAULT 0")
    table(
        "door_notes",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        ticket_id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('let_in', 'left', 'returned')),
        reason TEXT NOT NULL,
        device TEXT NOT NULL,
        nonce TEXT NOT NULL,
        gate_id BIGINT,
        at BIGINT NOT NULL,
        recorded_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("door_notes_ticket", "door_notes (org_id, ticket_id, id)")
    index("door_notes_nonce", "door_notes (org_id, event_id, device, nonce)", unique=True)
    # The first scan is the check-in and stays; `device` let the ticket in, too, or instead.
    table(
        "door_conflicts",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        ticket_id BIGINT,
        verdict TEXT NOT NULL,
        first_device TEXT NOT NULL,
        first_at BIGINT,
        device TEXT NOT NULL,
        nonce TEXT NOT NULL,
        at BIGINT NOT NULL,
        recorded_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("door_conflicts_nonce", "door_conflicts (org_id, event_id, device, nonce)", unique=True)
    index("door_conflicts_event", "door_conflicts (org_id, event_id, id)")
    index("tickets_changed", "tickets (org_id, updated_at)")
    index("registrations_changed", "registrations (org_id, event_id, updated_at)")
    index("people_changed", "people (org_id, updated_at)")
    index("payments_changed", "payments (org_id, updated_at)")
    index("departures_changed", "departures (org_id, event_id, left_at)")
