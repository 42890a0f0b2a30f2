"""Why a queue item failed is kept as a code with facts.

The sentence for people is looked up by the code. An item that was decided before has only its
sentence, in `message`, and keeps it.
"""

from turnout.store.migrations.ddl import column

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("queue_items", "code TEXT")
    column("queue_items", "facts TEXT")
