"""The door and invitations: scans, gates, campaigns, and what events say of themselves.

`details` of events and venues are JSON: they are read and written whole, and nobody looks for
anything in them.
"""

from alembic import op

from turnout.store.migrations.ddl import column, index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("scan", "invitation"):
        sequence(name, *SEQUENCES[name])
    column("events", "details TEXT NOT NULL DEFAULT '{}'")
    column("venues", "details TEXT NOT NULL DEFAULT '{}'")
    column("ticket_types", "is_rsvp BIGINT NOT NULL DEFAULT 0")
    column("ticket_types", "is_locked BIGINT NOT NULL DEFAULT 0")
    door()
    inviting()


def door() -> None:
    # A gate lets in those with one of its ticket types or bookings; both lists empty = everybody.
    table(
        "gates",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        ticket_type_ids TEXT NOT NULL,
        session_ids TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("gates_event", "gates (org_id, event_id, id)")
    # `at` is the device's time, `recorded_at` ours. `ticket_id` is null for a code that is none.
    table(
        "scans",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        ticket_id BIGINT,
        code TEXT NOT NULL,
        result TEXT NOT NULL CHECK (result IN
            ('admitted', 'repeated', 'cancelled', 'elsewhere', 'unknown', 'undone')),
        gate_id BIGINT,
        device TEXT NOT NULL,
        nonce TEXT,
        at BIGINT NOT NULL,
        recorded_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("scans_ticket", "scans (org_id, ticket_id, id)")
    index("scans_event", "scans (org_id, event_id, id)")
    index("scans_nonce", "scans (org_id, event_id, device, nonce)", unique=True)


def inviting() -> None:
    table(
        "campaigns",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        ticket_type_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        subject TEXT NOT NULL,
        sender_email TEXT NOT NULL,
        sender_name TEXT NOT NULL,
        body TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        sent_at BIGINT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, ticket_type_id) REFERENCES ticket_types (org_id, id)
        """,
    )
    index("campaigns_event", "campaigns (org_id, event_id, id)")
    # Nobody had any: the table was made before there was a way to invite.
    op.execute("DROP TABLE invitations")
    table(
        "invitations",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        campaign_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'declined')),
        sent_at BIGINT,
        answered_at BIGINT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, campaign_id) REFERENCES campaigns (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
        """,
    )
    index("invitations_campaign", "invitations (org_id, campaign_id, person_id)", unique=True)
    index("invitations_event", "invitations (org_id, event_id, person_id)")
    index("invitations_id", "invitations (id)", unique=True)
