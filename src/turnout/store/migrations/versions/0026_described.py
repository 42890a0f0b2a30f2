"""What organizers say of their events, sessions, ticket types and organizations; speakers, and
pictures.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    events()
    sessions()
    ticket_types()
    speakers()
    pictures()
    by_event()


def events() -> None:
    column("events", "cover TEXT NOT NULL DEFAULT ''")
    column("events", "registration_ends_local TEXT NOT NULL DEFAULT ''")
    column("events", "registration_ends_at BIGINT")
    column("organizations", "profile TEXT NOT NULL DEFAULT '{}'")


def sessions() -> None:
    # The numbers in the two lists are JSON; no ticket type = any of them.
    column("sessions", "description TEXT NOT NULL DEFAULT ''")
    column("sessions", "track TEXT NOT NULL DEFAULT ''")
    column("sessions", "room TEXT NOT NULL DEFAULT ''")
    column("sessions", "position BIGINT NOT NULL DEFAULT 0")
    column("sessions", "ticket_type_ids TEXT NOT NULL DEFAULT '[]'")
    column("sessions", "speaker_ids TEXT NOT NULL DEFAULT '[]'")


def ticket_types() -> None:
    column("ticket_types", "description TEXT NOT NULL DEFAULT ''")
    column("ticket_types", "sale_starts_local TEXT NOT NULL DEFAULT ''")
    column("ticket_types", "sale_starts_at BIGINT")
    column("ticket_types", "sale_ends_local TEXT NOT NULL DEFAULT ''")
    column("ticket_types", "sale_ends_at BIGINT")
    column("ticket_types", "is_hidden BIGINT NOT NULL DEFAULT 0")
    column("ticket_types", "access_code TEXT NOT NULL DEFAULT ''")
    column("ticket_types", "position BIGINT NOT NULL DEFAULT 0")


def speakers() -> None:
    table(
        "speakers",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        headline TEXT NOT NULL,
        description TEXT NOT NULL,
        picture TEXT NOT NULL,
        position BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("speakers_event", "speakers (org_id, event_id, position, id)")


def pictures() -> None:
    # A picture is named by the digest of its larger form; both forms are files.
    table(
        "pictures",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        digest TEXT NOT NULL,
        small_digest TEXT NOT NULL,
        width BIGINT NOT NULL,
        height BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest)
        """,
    )
    index("pictures_small", "pictures (org_id, small_digest)")


def by_event() -> None:
    # What is deleted with a draft.
    index("channel_events_event", "channel_events (org_id, event_id)")
    index("reporting_user_events_event", "reporting_user_events (org_id, event_id)")
    index("credentials_event", "credentials (org_id, event_id) WHERE event_id IS NOT NULL")
