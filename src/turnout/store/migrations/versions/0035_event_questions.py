"""What events ask of those who register.

`removed_at`: it is not asked any more, and was answered. The texts of an agreement stay with their
number, so that an answer says what was agreed to.
"""

from turnout.store.migrations.ddl import table

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "event_questions",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        position BIGINT NOT NULL,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL,
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        hint TEXT NOT NULL,
        choices TEXT NOT NULL,
        is_required BIGINT NOT NULL,
        ticket_type_ids TEXT NOT NULL,
        version BIGINT NOT NULL,
        is_answered BIGINT NOT NULL DEFAULT 0,
        removed_at BIGINT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, id),
        UNIQUE (org_id, event_id, name_key),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    table(
        "agreement_texts",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        question_id BIGINT NOT NULL,
        version BIGINT NOT NULL,
        text TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, question_id, version),
        FOREIGN KEY (org_id, event_id, question_id)
            REFERENCES event_questions (org_id, event_id, id)
        """,
    )
