"""Phones at the door: devices that were paired, where each stands, and the codes that pair them.

Of credentials and codes only digests are kept (core/door/pairing.py).
"""

from turnout.store.migrations.ddl import index, table

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `confirmed_at` is null while the console has not confirmed the `word` that the phone shows.
    table(
        "door_devices",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('steward', 'supervisor')),
        digest TEXT NOT NULL,
        word TEXT NOT NULL,
        browser TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        confirmed_at BIGINT,
        revoked_at BIGINT,
        last_seen_at BIGINT,
        battery BIGINT,
        unsent BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("door_devices_digest", "door_devices (digest)", unique=True)
    index("door_devices_end", "door_devices (ends_at)")
    # A device at an event; no gate = it lets in everybody who has a ticket. `snapshot_key` makes
    # codes unreadable on this device.
    table(
        "door_posts",
        """
        org_id BIGINT NOT NULL,
        device_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        gate_id BIGINT,
        snapshot_key TEXT NOT NULL,
        PRIMARY KEY (org_id, device_id, event_id),
        FOREIGN KEY (org_id, device_id) REFERENCES door_devices (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("door_posts_event", "door_posts (org_id, event_id, device_id)")
    # `posts` is a list of events and gates.
    table(
        "pairing_codes",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        link_digest TEXT NOT NULL,
        code_digest TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('steward', 'supervisor')),
        posts TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        device_ends_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("pairing_codes_link", "pairing_codes (link_digest)", unique=True)
    index("pairing_codes_code", "pairing_codes (code_digest)", unique=True)
    index("pairing_codes_event", "pairing_codes (org_id, event_id)")
    index("pairing_codes_end", "pairing_codes (ends_at)")
    # Letters that were tried from a place, whose name is a digest, since its window began.
    table(
        "pairing_tries",
        """
        place TEXT PRIMARY KEY,
        started_at BIGINT NOT NULL,
        tries BIGINT NOT NULL
        """,
    )
