"""The calls that were made for one message are found by its recipient, however many a job has."""

from turnout.store.migrations.ddl import index

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index("callbacks_recipient", "callbacks (org_id, recipient_id, id)")
