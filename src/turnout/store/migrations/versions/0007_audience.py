"""Who watched, asked and answered, and who may see reports of it.

Viewings are clustered as reports read them: an event's registrations by rising number. The
intervals of one registration, session and mode never touch each other; instants are whole seconds.
"""

from turnout.store.migrations.ddl import column, index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sequence("audience", *SEQUENCES["audience"])
    # The campaign source of the link with which somebody came to register, or to wait, or of the
    # invitation.
    for name in ("registrations", "waiting_entries", "campaigns"):
        column(name, "sti TEXT NOT NULL DEFAULT ''")
    watching()
    asking()
    reporting()


def watching() -> None:
    table(
        "session_media",
        """
        org_id BIGINT NOT NULL,
        session_id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('hls', 'mp4', 'embed')),
        url TEXT NOT NULL,
        is_simulated BIGINT NOT NULL,
        is_on_demand BIGINT NOT NULL,
        live_from BIGINT NOT NULL,
        live_until BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, session_id),
        CHECK (live_from < live_until),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )
    table(
        "viewings",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        mode TEXT NOT NULL CHECK (mode IN ('live', 'simlive', 'od')),
        session_id BIGINT NOT NULL,
        starts_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, registration_id, mode, session_id, starts_at),
        CHECK (starts_at < ends_at),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )


def asking() -> None:
    table(
        "questions",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        session_id BIGINT NOT NULL,
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        asked_at BIGINT NOT NULL,
        answered_at BIGINT,
        PRIMARY KEY (org_id, event_id, registration_id, id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )
    index("questions_id", "questions (org_id, id)", unique=True)
    # `items` is JSON: what is asked, in order, with the choices there are.
    table(
        "surveys",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        session_id BIGINT,
        is_poll BIGINT NOT NULL,
        title TEXT NOT NULL,
        items TEXT NOT NULL,
        is_open BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )
    index("surveys_event", "surveys (org_id, event_id, id)")
    # The question is kept as it was asked.
    table(
        "survey_answers",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        is_poll BIGINT NOT NULL,
        survey_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        answered_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, registration_id, is_poll, survey_id, number),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, survey_id) REFERENCES surveys (org_id, id)
        """,
    )


def reporting() -> None:
    table(
        "reporting_users",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        is_all BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, user_id),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    table(
        "reporting_user_events",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, user_id, event_id),
        FOREIGN KEY (org_id, user_id) REFERENCES reporting_users (org_id, user_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    # A sign-in; only the digest of its id is kept.
    table(
        "reporting_sessions",
        """
        org_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        credential_id BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    index("reporting_sessions_digest", "reporting_sessions (digest)", unique=True)
    index("reporting_sessions_used", "reporting_sessions (used_at)")
