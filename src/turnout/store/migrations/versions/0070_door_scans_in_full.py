"""What the door says at a scan: answers and notes that are meant for it, and on which day a gate is
open. Letters that are tried are counted in `windows`, like everything that is counted for a while.
"""

from alembic import op

from turnout.store.migrations.ddl import column, index

revision = "0070"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 1 = phones at the door show the answer, or the agreement while it is not agreed to.
    column("event_questions", "is_at_door BIGINT NOT NULL DEFAULT 0")
    # 1 = phones at the door show the note.
    column("registration_notes", "is_at_door BIGINT NOT NULL DEFAULT 0")
    # YYYY-MM-DD by the event's clock; empty = every day.
    column("gates", "day TEXT NOT NULL DEFAULT ''")
    index("registration_notes_door", "registration_notes (org_id, created_at) WHERE is_at_door = 1")
    op.execute("DROP TABLE pairing_tries")
