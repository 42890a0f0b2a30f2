"""How long people are kept: rules of organizations and events, and what each run removed.

`event_id` 0 is the rule of the organization. The view says until when the people of each event are
kept: the rule of the event counts before that of the organization.
"""

from alembic import op

from turnout.store.migrations.ddl import index, table

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "retention_rules",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        event_id BIGINT NOT NULL,
        days BIGINT NOT NULL CHECK (days > 0),
        exam_days BIGINT CHECK (exam_days > 0),
        payment_days BIGINT CHECK (payment_days > 0),
        set_at BIGINT NOT NULL,
        starts_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id)
        """,
    )
    table(
        "retention_runs",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        began_at BIGINT NOT NULL,
        phase BIGINT NOT NULL,
        after BIGINT NOT NULL,
        counts TEXT NOT NULL,
        ended_at BIGINT,
        PRIMARY KEY (org_id, began_at)
        """,
    )
    index("retention_runs_open", "retention_runs (began_at) WHERE ended_at IS NULL")
    op.execute(
        """
        CREATE VIEW event_retention AS
        SELECT e.org_id, e.id AS event_id, e.ends_at,
            CASE WHEN v.event_id IS NULL THEN o.days ELSE v.days END AS days,
            CASE WHEN v.event_id IS NULL THEN o.starts_at ELSE v.starts_at END AS starts_at
        FROM events e
        LEFT JOIN retention_rules v ON v.org_id = e.org_id AND v.event_id = e.id
        LEFT JOIN retention_rules o ON o.org_id = e.org_id AND o.event_id = 0
        """
    )
