"""Claims of recipients are numbered.

A worker that was frozen for longer than its lease holds a lower number than whoever has claimed the
recipient since, and so can be told apart (core/messaging/delivering.py).
"""

from turnout.store.migrations.ddl import column

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("recipients", "claim BIGINT NOT NULL DEFAULT 0")
