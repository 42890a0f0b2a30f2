"""The house: identity, programme, people, registrations, tickets, intake.

Column types are BIGINT and TEXT on purpose: both databases mean the same by them. Instants are
epoch milliseconds (`*_at`); what is planned in local time keeps the local time and the zone as
the source (`*_local`, `timezone`) beside the instant derived from them.
"""

from alembic import op

from turnout.store.migrations.ddl import index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST_SEQUENCES = (
    "organization",
    "identity",
    "programme",
    "event",
    "audit",
    "queue_item",
    "person",
    "registration",
    "ticket",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        table("sequences", "name TEXT PRIMARY KEY, next_value BIGINT NOT NULL")
    for name in FIRST_SEQUENCES:
        sequence(name, *SEQUENCES[name])
    identity()
    programme()
    people()
    intake()


def identity() -> None:
    # Every globally unique name (paks, event ids, user codes, digests of tokens, GUIDs).
    table(
        "directory",
        """
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        org_id BIGINT NOT NULL,
        noun TEXT NOT NULL,
        target_id BIGINT NOT NULL,
        PRIMARY KEY (namespace, name)
        """,
    )
    table("distributors", "id BIGINT PRIMARY KEY, name TEXT NOT NULL, created_at BIGINT NOT NULL")
    table(
        "agents",
        """
        id BIGINT PRIMARY KEY,
        distributor_id BIGINT NOT NULL REFERENCES distributors (id),
        name TEXT NOT NULL,
        created_at BIGINT NOT NULL
        """,
    )
    table(
        "organizations",
        """
        org_id BIGINT PRIMARY KEY,
        uuid TEXT NOT NULL UNIQUE,
        distributor_id BIGINT NOT NULL REFERENCES distributors (id),
        agent_id BIGINT REFERENCES agents (id),
        slug TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        timezone TEXT NOT NULL,
        locale TEXT NOT NULL,
        rate_limit BIGINT CHECK (rate_limit >= 0),
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL
        """,
    )
    table(
        "users",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        user_code TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('Acct', 'Agent', 'Admin')),
        name TEXT NOT NULL,
        email TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        disabled_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    table(
        "credentials",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN
            ('api_key', 'company_token', 'event_token', 'developer_secret', 'password')),
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        hint TEXT NOT NULL,
        user_id BIGINT,
        event_id BIGINT,
        created_at BIGINT NOT NULL,
        expires_at BIGINT,
        revoked_at BIGINT,
        last_used_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    table(
        "signing_keys",
        """
        kid TEXT PRIMARY KEY,
        private_pem TEXT NOT NULL,
        public_pem TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        retired_at BIGINT
        """,
    )
    table(
        "rate_windows",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        endpoint TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        requests BIGINT NOT NULL,
        PRIMARY KEY (org_id, endpoint)
        """,
    )
    table(
        "idempotency_keys",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        key TEXT NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        body_digest TEXT NOT NULL,
        answer TEXT,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, key)
        """,
    )
    index("idempotency_keys_age", "idempotency_keys (created_at)")
    table(
        "audit_entries",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        at BIGINT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        noun TEXT NOT NULL,
        noun_id BIGINT NOT NULL,
        facts TEXT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("audit_entries_noun", "audit_entries (org_id, noun, noun_id)")


def programme() -> None:
    table(
        "venues",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        city TEXT NOT NULL,
        country_code TEXT NOT NULL,
        timezone TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    table(
        "channels",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        pak TEXT NOT NULL,
        title TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    table(
        "events",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        pak TEXT NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'cancelled')),
        timezone TEXT NOT NULL,
        starts_local TEXT NOT NULL,
        ends_local TEXT NOT NULL,
        starts_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        venue_id BIGINT,
        capacity BIGINT,
        held BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        CHECK (held >= 0 AND (capacity IS NULL OR held <= capacity)),
        FOREIGN KEY (org_id, venue_id) REFERENCES venues (org_id, id)
        """,
    )
    index("events_start", "events (org_id, starts_at, id)")
    table(
        "channel_events",
        """
        org_id BIGINT NOT NULL,
        channel_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, channel_id, event_id),
        FOREIGN KEY (org_id, channel_id) REFERENCES channels (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    table(
        "sessions",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        pak TEXT NOT NULL,
        event_id BIGINT NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'cancelled')),
        starts_local TEXT NOT NULL,
        ends_local TEXT NOT NULL,
        starts_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        capacity BIGINT,
        held BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        CHECK (held >= 0 AND (capacity IS NULL OR held <= capacity)),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("sessions_pak", "sessions (org_id, pak)", unique=True)
    index("sessions_event", "sessions (org_id, event_id, starts_at)")
    table(
        "ticket_types",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        is_default BIGINT NOT NULL,
        price_minor BIGINT NOT NULL,
        currency TEXT NOT NULL,
        capacity BIGINT,
        held BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        CHECK (held >= 0 AND (capacity IS NULL OR held <= capacity)),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("ticket_types_event", "ticket_types (org_id, event_id, id)")
    index(
        "ticket_types_default",
        "ticket_types (org_id, event_id) WHERE is_default = 1",
        unique=True,
    )


def people() -> None:
    # email_key is null where a person has no e-mail or shares one (learners).
    table(
        "people",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        email TEXT NOT NULL,
        email_key TEXT,
        title TEXT NOT NULL,
        first_name TEXT NOT NULL,
        last_name TEXT NOT NULL,
        company TEXT NOT NULL,
        job_title TEXT NOT NULL,
        address_line1 TEXT NOT NULL,
        address_line2 TEXT NOT NULL,
        address_line3 TEXT NOT NULL,
        city TEXT NOT NULL,
        county_or_state TEXT NOT NULL,
        post_code TEXT NOT NULL,
        country_code TEXT NOT NULL,
        phone TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("people_email", "people (org_id, email_key)", unique=True)
    # `sitting` is 0 but for exams, where one person may sit the same event more than once.
    table(
        "registrations",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        event_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        sitting BIGINT NOT NULL DEFAULT 0,
        ticket_type_id BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('confirmed', 'cancelled')),
        source TEXT NOT NULL,
        answers TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id),
        FOREIGN KEY (org_id, ticket_type_id) REFERENCES ticket_types (org_id, id)
        """,
    )
    index(
        "registrations_person",
        "registrations (org_id, person_id, event_id, sitting)",
        unique=True,
    )
    index("registrations_event", "registrations (org_id, event_id, id)")
    table(
        "session_bookings",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        session_id BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, registration_id, session_id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )
    index("session_bookings_session", "session_bookings (org_id, session_id, registration_id)")
    table(
        "tickets",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        code TEXT NOT NULL,
        registration_id BIGINT NOT NULL,
        ticket_type_id BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('valid', 'cancelled')),
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, ticket_type_id) REFERENCES ticket_types (org_id, id)
        """,
    )
    index("tickets_code", "tickets (org_id, code)", unique=True)
    index("tickets_registration", "tickets (org_id, registration_id)")


def intake() -> None:
    # A submission bears the number of its first queue item; the others stand between that and
    # `last_item_id`, where another submission's may stand too.
    table(
        "submissions",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        last_item_id BIGINT NOT NULL,
        noun TEXT NOT NULL CHECK (noun IN ('event', 'channel')),
        target_id BIGINT NOT NULL,
        email TEXT NOT NULL,
        contact TEXT NOT NULL,
        accepted_at BIGINT NOT NULL,
        due_at BIGINT NOT NULL,
        attempts BIGINT NOT NULL DEFAULT 0,
        done_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("submissions_due", "submissions (due_at, org_id, id) WHERE done_at IS NULL")
    table(
        "queue_items",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        submission_id BIGINT NOT NULL,
        session_pak TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('queued', 'success', 'failed')),
        message TEXT,
        person_id BIGINT,
        done_at BIGINT,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, submission_id) REFERENCES submissions (org_id, id)
        """,
    )
