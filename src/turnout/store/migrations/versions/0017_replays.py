"""Replies that came already, and ids that a network gave to several messages."""

from turnout.store.migrations.ddl import column, index, table

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What tells a reply from every other, for as long as it could be sent again.
    table(
        "reply_keys",
        """
        carrier TEXT NOT NULL,
        key TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (carrier, key)
        """,
    )
    index("reply_keys_age", "reply_keys (at)")
    # Since when an id leads to nobody, because it would lead to several; null = it leads to one.
    column("network_ids", "shared_at BIGINT")
    index("network_ids_shared", "network_ids (shared_at) WHERE shared_at IS NOT NULL")
