"""Fixed windows of all kinds have one table: requests, forms and wrong codes are counted there.

What runs now is carried over: nobody may try or send more because of an upgrade. `rate_windows`,
`form_windows` and `verification_tries` stay for servers of the version before, and nothing reads
them any more.
"""

from alembic import op

from turnout.store.migrations.ddl import index, table

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "windows",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        counted BIGINT NOT NULL,
        PRIMARY KEY (org_id, kind, name)
        """,
    )
    for source in (
        "org_id, 'requests', endpoint, started_at, started_at + 60000, requests FROM rate_windows",
        "org_id, 'forms', name, started_at, ends_at, forms FROM form_windows",
        "org_id, purpose || ' codes', key, window_started_at, window_started_at + window_ms, wrong"
        " FROM verification_tries",
    ):
        op.execute(
            "INSERT INTO windows (org_id, kind, name, started_at, ends_at, counted) "
            f"SELECT {source}"
        )
    index("windows_ended", "windows (ends_at)")
