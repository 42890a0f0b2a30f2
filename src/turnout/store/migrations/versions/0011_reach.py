"""The address in links."""

from turnout.store.migrations.ddl import table

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One row. `is_set`: an operator set it; else a server listens there.
    table(
        "site_address",
        """
        id BIGINT PRIMARY KEY CHECK (id = 1),
        url TEXT NOT NULL,
        is_set BIGINT NOT NULL CHECK (is_set IN (0, 1)),
        stored_at BIGINT NOT NULL
        """,
    )
