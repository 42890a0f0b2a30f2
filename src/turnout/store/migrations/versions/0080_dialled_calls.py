"""Calls that Turnout dials by itself are written down before they ring, so that none is dialled a
second time after a crash (core/messaging/dialling.py)."""

from turnout.store.migrations.ddl import index, table

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `id` is the recipient's; by `ends_at` (epoch ms) the call is over, however it went.
    table(
        "dialled_calls",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        account TEXT NOT NULL,
        ends_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("dialled_calls_ends", "dialled_calls (account, ends_at)")
