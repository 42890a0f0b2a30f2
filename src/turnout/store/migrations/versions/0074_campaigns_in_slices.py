"""Invitees of a campaign in their order, so that a large one is written to a slice at a time."""

from turnout.store.migrations.ddl import index

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index("invitations_in_order", "invitations (org_id, campaign_id, id)")
