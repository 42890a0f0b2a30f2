"""Two more doors: booking's calendar keys, and events that platforms' clients register people for
with a password of the event's.
"""

from alembic import op

from turnout.store.migrations.ddl import index, is_sqlite, table

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = "'api_key', 'company_token', 'event_token', 'developer_secret', 'calendar_key', 'password'"


def upgrade() -> None:
    if is_sqlite():
        rebuild_credentials()
    else:
        op.execute("ALTER TABLE credentials DROP CONSTRAINT credentials_kind_check")
        op.execute(
            "ALTER TABLE credentials ADD CONSTRAINT credentials_kind_check "
            f"CHECK (kind IN ({KINDS}))"
        )
    table(
        "registration_passwords",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        hash TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )


def rebuild_credentials() -> None:
    """SQLite cannot change a constraint; nothing refers to this table."""
    table(
        "new_credentials",
        f"""
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ({KINDS})),
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        hint TEXT NOT NULL,
        user_id BIGINT,
        event_id BIGINT,
        created_at BIGINT NOT NULL,
        expires_at BIGINT,
        revoked_at BIGINT,
        last_used_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    columns = (
        "org_id, id, kind, name, digest, hint, user_id, event_id, created_at, expires_at, "
        "revoked_at, last_used_at"
    )
    op.execute(f"INSERT INTO new_credentials ({columns}) SELECT {columns} FROM credentials")  # noqa: S608
    op.execute("DROP TABLE credentials")
    op.execute("ALTER TABLE new_credentials RENAME TO credentials")
    index("credentials_user", "credentials (org_id, user_id) WHERE user_id IS NOT NULL")
