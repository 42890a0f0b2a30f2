"""An index of the tickets that are cancelled: the door counts those that are not."""

from turnout.store.migrations.ddl import index

revision = "0078"
down_revision = "0075"


def upgrade() -> None:
    index(
        "tickets_cancelled",
        "tickets (org_id, ticket_type_id, checked_in_at) WHERE state = 'cancelled'",
    )
