"""Who was erased, and how far that has come.

`marks` are the addresses by which the rest is found; they go when it is done. The row stays: it
tells a restored backup who is to be erased again.
"""

from turnout.store.migrations.ddl import index, table

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "erasures",
        """
        org_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        asked_at BIGINT NOT NULL,
        marks TEXT NOT NULL,
        place BIGINT NOT NULL,
        after TEXT NOT NULL,
        counts TEXT NOT NULL,
        done_at BIGINT,
        cleaned_at BIGINT,
        PRIMARY KEY (org_id, person_id)
        """,
    )
    index("erasures_open", "erasures (asked_at) WHERE cleaned_at IS NULL")
