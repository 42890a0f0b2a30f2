"""Who works for which organization, in which roles; second steps of signing in; links used once.

Users keep their role of the messaging contract. What they may do in the console is in staff_roles:
an Admin is made owner of its organization, an Agent organizer, an Acct messenger
(docs/adr/0040-roles-of-staff.md).
"""

from alembic import op

from turnout.store.migrations.ddl import column, index, sequence, table

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

ROLES = "'owner', 'organizer', 'finance', 'messenger', 'exam_officer', 'door', 'reader'"


def upgrade() -> None:
    _add_staff()
    _add_second_steps()
    _add_links()
    column("page_sessions", "device TEXT NOT NULL DEFAULT ''")
    column("page_sessions", "place TEXT NOT NULL DEFAULT ''")
    column("page_sessions", "number BIGINT NOT NULL DEFAULT 0")
    index("users_by_email", "users (lower(email))")
    op.execute(
        "INSERT INTO staff (org_id, user_id, home_org_id, is_limited, added_at) "
        "SELECT org_id, id, org_id, 0, created_at FROM users WHERE id > 0"
    )
    op.execute(
        "INSERT INTO staff_roles (org_id, user_id, role) SELECT org_id, id, CASE role "
        "WHEN 'Admin' THEN 'owner' WHEN 'Agent' THEN 'organizer' ELSE 'messenger' END "
        "FROM users WHERE id > 0"
    )


def _add_staff() -> None:
    # A user belongs to the organization home_org_id, and may work for others, too.
    table(
        "staff",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        user_id BIGINT NOT NULL,
        home_org_id BIGINT NOT NULL,
        is_limited BIGINT NOT NULL DEFAULT 0,
        added_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, user_id),
        FOREIGN KEY (home_org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    index("staff_by_user", "staff (user_id)")
    table(
        "staff_roles",
        f"""
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ({ROLES})),
        PRIMARY KEY (org_id, user_id, role),
        FOREIGN KEY (org_id, user_id) REFERENCES staff (org_id, user_id)
        """,
    )
    # Those who may see an event that only some may see, or who see no other events.
    table(
        "staff_events",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id, user_id),
        FOREIGN KEY (org_id, user_id) REFERENCES staff (org_id, user_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    table(
        "limited_events",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        PRIMARY KEY (org_id, event_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)
        """,
    )
    table(
        "staff_invitations",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        email TEXT NOT NULL,
        roles TEXT NOT NULL,
        event_ids TEXT NOT NULL,
        inviter TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        accepted_at BIGINT,
        withdrawn_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("staff_invitations_by_digest", "staff_invitations (digest)", unique=True)
    sequence("staff", 1, 1)


def _add_second_steps() -> None:
    table(
        "authenticators",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        secret TEXT NOT NULL,
        last_step BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL,
        confirmed_at BIGINT,
        PRIMARY KEY (org_id, user_id),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    table(
        "recovery_codes",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        used_at BIGINT,
        PRIMARY KEY (org_id, user_id, digest),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    table(
        "passkeys",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        handle TEXT NOT NULL,
        public_key TEXT NOT NULL,
        sign_count BIGINT NOT NULL,
        name TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT,
        PRIMARY KEY (org_id, user_id, handle),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    index("passkeys_by_handle", "passkeys (handle)", unique=True)


def _add_links() -> None:
    # org_id and user_id are 0 for what is nobody's yet: the set-up, a passkey's challenge.
    table(
        "single_uses",
        """
        org_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        purpose TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        credential_id BIGINT NOT NULL,
        note TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest)
        """,
    )
    index("single_uses_by_digest", "single_uses (digest)", unique=True)
    index("single_uses_by_end", "single_uses (ends_at)")
