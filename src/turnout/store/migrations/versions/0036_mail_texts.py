"""Texts of mails that an organizer wrote, the language in which somebody registered, and reminders.

`language` empty = the event's. `remind_at` is when an event reminds those who are registered, and
`reminded_of` the start of which somebody was reminded.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "mail_texts",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        kind TEXT NOT NULL,
        language TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, kind, language),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id) ON DELETE CASCADE
        """,
    )
    column("registrations", "language TEXT NOT NULL DEFAULT ''")
    column("registrations", "reminded_of BIGINT")
    column("waiting_entries", "language TEXT NOT NULL DEFAULT ''")
    column("events", "remind_at BIGINT")
    index("events_to_remind", "events (remind_at) WHERE remind_at IS NOT NULL")
