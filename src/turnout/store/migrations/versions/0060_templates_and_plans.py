"""Message templates and canned answers, invitations that go at a time, and wrong passwords that all
nodes count."""

from turnout.store.migrations.ddl import column, index, table

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "message_templates",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        channel TEXT NOT NULL,
        name_key TEXT NOT NULL,
        name TEXT NOT NULL,
        purpose TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("message_templates_name", "message_templates (org_id, channel, name_key)", unique=True)
    table(
        "canned_answers",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        name_key TEXT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("canned_answers_name", "canned_answers (org_id, name_key)", unique=True)
    # A reminder without a text of its own says what the invitation says. `send_local` and
    # `remind_local` are in the event's zone, the instants are derived from them.
    for definition in (
        "reminder_subject TEXT NOT NULL DEFAULT ''",
        "reminder_body TEXT NOT NULL DEFAULT ''",
        "send_local TEXT NOT NULL DEFAULT ''",
        "send_at BIGINT",
        "remind_local TEXT NOT NULL DEFAULT ''",
        "remind_at BIGINT",
        "planned_by TEXT NOT NULL DEFAULT ''",
        "refusal TEXT NOT NULL DEFAULT ''",
    ):
        column("campaigns", definition)
    index("campaigns_send", "campaigns (send_at, org_id, id) WHERE send_at IS NOT NULL")
    index("campaigns_remind", "campaigns (remind_at, org_id, id) WHERE remind_at IS NOT NULL")
    column("invitations", "reminded_at BIGINT")
    column("invitations", "reminders BIGINT NOT NULL DEFAULT 0")
    # The digest of a name and a place; `wrong` of the `tries` since `started_at` were.
    table(
        "sign_in_tries",
        """
        digest TEXT NOT NULL PRIMARY KEY,
        started_at BIGINT NOT NULL,
        tries BIGINT NOT NULL,
        wrong BIGINT NOT NULL
        """,
    )
    index("sign_in_tries_started", "sign_in_tries (started_at)")
