"""What was sent to somebody is found by their address or number, and replies by who sent them.

The address stands as it was typed, so the index has it in lower case. What is searched must be
written alike: `address <> '' AND lower(address) = …`, with what `sought_addresses` of
core/messaging/numbers.py returns.
"""

from alembic import op

from turnout.store.migrations.ddl import index

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index(
        "recipients_address",
        "recipients (org_id, lower(address), job_id, id) WHERE address <> ''",
    )
    index("replies_recipient", "replies (org_id, recipient_id, id)")
    # Erasures count their passes another way now: those at work begin again, which changes nothing.
    op.execute("UPDATE erasures SET place = 0, after = '' WHERE done_at IS NULL")
