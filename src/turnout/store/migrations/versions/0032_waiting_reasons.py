"""Why somebody on a waiting list waits again or no more, and what they asked for with a place."""

from turnout.store.migrations.ddl import column

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The code of a sentence, such as `event.cancelled`; empty = the state says all.
    column("waiting_entries", "reason TEXT NOT NULL DEFAULT ''")
    # JSON of core/registrations/extras.py; empty = nothing but the place.
    column("waiting_entries", "extras TEXT NOT NULL DEFAULT ''")
