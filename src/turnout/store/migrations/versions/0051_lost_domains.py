"""Alerts of mail domains whose records are gone (core/messaging/sender_checks.py)."""

from alembic import op

from turnout.store.migrations.ddl import index, is_sqlite, table

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

KINDS = "'bounces', 'opt_outs', 'standing', 'callbacks', 'domains', 'return_paths'"
COLUMNS = "org_id, kind, subject, facts, raised_at"


def upgrade() -> None:
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
