"""Certificates of attendance, and whether an event's tickets name who has them.

A certificate holds no name: who it is of is its registration's person, and it goes with the
registration.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "certificate_templates",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        signer TEXT NOT NULL,
        minimum_minutes BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id) ON DELETE CASCADE
        """,
    )
    table(
        "certificates",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        code TEXT NOT NULL,
        minutes BIGINT NOT NULL,
        issued_at BIGINT NOT NULL,
        mailed_at BIGINT,
        withdrawn_at BIGINT,
        PRIMARY KEY (org_id, registration_id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id)
            ON DELETE CASCADE
        """,
    )
    index("certificates_code", "certificates (org_id, code)", unique=True)
    index("certificates_event", "certificates (org_id, event_id, registration_id)")
    column("events", "has_nameless_tickets BIGINT NOT NULL DEFAULT 0")
