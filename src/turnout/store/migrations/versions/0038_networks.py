"""Numbers in E.164, and addresses that are not written to again.

`is_read` of opt-outs and conversations says whether their number stands in E.164: NULL = nobody has
looked yet (core/messaging/old_numbers.py does, in batches), 0 = it cannot be read. What was typed
stays beside it. Old nodes write rows without it.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("opt_outs", "typed TEXT NOT NULL DEFAULT ''")
    column("opt_outs", "is_read BIGINT")
    index(
        "opt_outs_unread",
        "opt_outs (org_id, medium, address) WHERE is_read IS NULL AND medium <> 'email'",
    )
    index("opt_outs_unreadable", "opt_outs (org_id, medium, address) WHERE is_read = 0")
    column("conversations", "is_read BIGINT")
    index("conversations_unread", "conversations (number, address) WHERE is_read IS NULL")
    # Addresses that mail came back from, or whose owners complained.
    table(
        "suppressions",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        address TEXT NOT NULL,
        reason TEXT NOT NULL CHECK (reason IN ('bounce', 'complaint', 'manual')),
        notes TEXT NOT NULL,
        job_id BIGINT,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, address)
        """,
    )
