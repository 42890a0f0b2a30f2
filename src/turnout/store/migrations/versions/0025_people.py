"""People who were merged into another, and the addresses that somebody had before.

A merged person keeps the registrations that cannot be moved (the other has one of the same event),
and nothing else. Former addresses tell whose the messages to them were.
"""

from turnout.store.migrations.ddl import column, index, table

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("people", "merged_into BIGINT")
    index("people_merged", "people (org_id, merged_into) WHERE merged_into IS NOT NULL")
    table(
        "former_addresses",
        """
        org_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        medium TEXT NOT NULL CHECK (medium IN ('email', 'phone')),
        address TEXT NOT NULL,
        until BIGINT NOT NULL,
        PRIMARY KEY (org_id, person_id, medium, address),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
        """,
    )
