"""Why a queue item failed is kept as a code with facts.

The sentence for people is looked up by the code. An item that was decided before has only its
sentence, in `message`, and keeps it.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE queue_items ADD COLUMN code TEXT")
    op.execute("ALTER TABLE queue_items ADD COLUMN facts TEXT")
