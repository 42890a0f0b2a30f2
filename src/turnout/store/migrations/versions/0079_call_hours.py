"""What calls and faxes of an hour cost an organization, so that they stop at a limit, with an alert
(core/messaging/calling.py)."""

from alembic import op

from turnout.store.migrations.ddl import index, is_sqlite, table

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

KINDS = "'bounces', 'opt_outs', 'standing', 'callbacks', 'domains', 'return_paths', 'calls'"
COLUMNS = "org_id, kind, subject, facts, raised_at"


def upgrade() -> None:
    # `hour` is its beginning (epoch ms); `stopped_at`, when calls began to wait for the next one.
    table(
        "call_hours",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        hour BIGINT NOT NULL,
        micros BIGINT NOT NULL DEFAULT 0 CHECK (micros >= 0),
        stopped_at BIGINT,
        PRIMARY KEY (org_id, hour)
        """,
    )
    if not is_sqlite():
        op.execute("ALTER TABLE alerts DROP CONSTRAINT alerts_kind_check")
        op.execute(f"ALTER TABLE alerts ADD CONSTRAINT alerts_kind_check CHECK (kind IN ({KINDS}))")
        return
    table(
        "new_alerts",
        f"""
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        kind TEXT NOT NULL CHECK (kind IN ({KINDS})),
        subject TEXT NOT NULL,
        facts TEXT NOT NULL,
        raised_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, kind, subject)
        """,
    )
    op.execute(f"INSERT INTO new_alerts ({COLUMNS}) SELECT {COLUMNS} FROM alerts")  # noqa: S608
    op.execute("DROP TABLE alerts")
    op.execute("ALTER TABLE new_alerts RENAME TO alerts")
    index("alerts_age", "alerts (raised_at)")
