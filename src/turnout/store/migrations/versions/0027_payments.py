"""What is to be paid for a ticket, and the door's answer where it is not."""

from alembic import op

from turnout.store.migrations.ddl import column, index, is_sqlite, table

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SCANS = """
    org_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    ticket_id BIGINT,
    code TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN
        ('admitted', 'repeated', 'cancelled', 'elsewhere', 'unknown', 'undone', 'unpaid')),
    gate_id BIGINT,
    device TEXT NOT NULL,
    nonce TEXT,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)"""


def upgrade() -> None:
    # Off: an unpaid ticket is let in like any other.
    column("events", "refuses_unpaid BIGINT NOT NULL DEFAULT 0")
    payments()
    scans()


def payments() -> None:
    # A ticket without a row costs nothing. `lapsed_at`: it was not paid in time, so it was
    # cancelled.
    table(
        "payments",
        """
        org_id BIGINT NOT NULL,
        ticket_id BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'refunded', 'waived')),
        amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        reference TEXT NOT NULL,
        due_at BIGINT NOT NULL,
        settled_at BIGINT,
        lapsed_at BIGINT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, ticket_id),
        FOREIGN KEY (org_id, ticket_id) REFERENCES tickets (org_id, id)
        """,
    )
    index("payments_reference", "payments (org_id, reference)", unique=True)
    index("payments_due", "payments (due_at) WHERE state = 'open' AND lapsed_at IS NULL")


def scans() -> None:
    if not is_sqlite():
        op.execute("ALTER TABLE scans DROP CONSTRAINT scans_result_check")
        op.execute(
            "ALTER TABLE scans ADD CONSTRAINT scans_result_check CHECK (result IN ('admitted', "
            "'repeated', 'cancelled', 'elsewhere', 'unknown', 'undone', 'unpaid'))"
        )
        return
    columns = "org_id, id, event_id, ticket_id, code, result, gate_id, device, nonce, at"
    table("new_scans", SCANS)
    op.execute(
        f"INSERT INTO new_scans ({columns}, recorded_at) "  # noqa: S608
        f"SELECT {columns}, recorded_at FROM scans ORDER BY org_id, id"
    )
    op.execute("DROP TABLE scans")
    op.execute("ALTER TABLE new_scans RENAME TO scans")
    index("scans_ticket", "scans (org_id, ticket_id, id)")
    index("scans_event", "scans (org_id, event_id, id)")
    index("scans_nonce", "scans (org_id, event_id, device, nonce)", unique=True)
