"""Networks' ids of messages stay for a day after their report, and are found in any spelling.

`told` is what the first report said, or the second, which corrected it; '' while none has come. Old
nodes delete ids with their report, as before. `plain` is the id without case, quotes and leading
zeros where that is another; ids from before have none.
"""

from turnout.store.migrations.ddl import column, index

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("network_ids", "told TEXT NOT NULL DEFAULT ''")
    column("network_ids", "told_at BIGINT")
    column("network_ids", "is_corrected BIGINT NOT NULL DEFAULT 0")
    column("network_ids", "plain TEXT NOT NULL DEFAULT ''")
    index("network_ids_told", "network_ids (told_at) WHERE told_at IS NOT NULL")
    index("network_ids_plain", "network_ids (carrier, plain) WHERE plain <> ''")
