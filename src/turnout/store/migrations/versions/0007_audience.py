"""Who watched, asked and answered; reporting users, and where registrations came from."""

from turnout.store.migrations.ddl import column, index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sequence("audience", *SEQUENCES["audience"])
    # The campaign source (`sti`) of the link that somebody registered by.
    column("registrations", "source_tag TEXT NOT NULL DEFAULT ''")
    # `delivery` says what a session is while it runs; afterwards it is watched on demand.
    column("sessions", "delivery TEXT NOT NULL DEFAULT 'live'")
    column("sessions", "media_kind TEXT NOT NULL DEFAULT ''")
    column("sessions", "media_url TEXT NOT NULL DEFAULT ''")
    viewing()
    asking()
    reporting()


def viewing() -> None:
    # Merged: no two intervals of one registration, session and mode overlap or touch.
    table(
        "viewings",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        session_id BIGINT NOT NULL,
        mode TEXT NOT NULL CHECK (mode IN ('live', 'simlive', 'od')),
        starts_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, registration_id, session_id, mode, starts_at),
        CHECK (ends_at > starts_at),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )
    index("viewings_event", "viewings (org_id, event_id)")


def asking() -> None:
    table(
        "asked_questions",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        session_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        asked_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
        """,
    )
    index("asked_questions_registration", "asked_questions (org_id, registration_id, id)")
    index("asked_questions_event", "asked_questions (org_id, event_id)")
    # Surveys are answered at leisure, polls while the session runs. `choices` is a JSON list;
    # empty = any text.
    table(
        "survey_questions",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('survey', 'poll')),
        question TEXT NOT NULL,
        choices TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    index("survey_questions_event", "survey_questions (org_id, event_id, id)")
    table(
        "survey_answers",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        question_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        answer TEXT NOT NULL,
        answered_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, registration_id, question_id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, question_id) REFERENCES survey_questions (org_id, id)
        """,
    )
    index("survey_answers_question", "survey_answers (org_id, question_id)")


def reporting() -> None:
    table(
        "reporting_sessions",
        """
        digest TEXT PRIMARY KEY,
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        credential_id BIGINT NOT NULL,
        used_at BIGINT NOT NULL,
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    index("users_email", "users (email)")
    index("reporting_sessions_used", "reporting_sessions (used_at)")
    # Which events a user may see; one without rows sees all of the organization.
    table(
        "reporting_events",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, user_id, event_id),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
