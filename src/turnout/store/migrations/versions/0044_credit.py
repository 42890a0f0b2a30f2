"""Prepaid credit: what an organization may still spend on messages (core/messaging/credit.py)."""

from turnout.store.migrations.ddl import table

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An organization without a row pays afterwards.
    table(
        "credit",
        """
        org_id BIGINT PRIMARY KEY REFERENCES organizations (org_id),
        balance_micros BIGINT NOT NULL,
        alert_micros BIGINT,
        alerted_at BIGINT
        """,
    )
    table(
        "credit_entries",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        number BIGINT NOT NULL,
        amount_micros BIGINT NOT NULL,
        note TEXT NOT NULL,
        actor TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (org_id, number)
        """,
    )
