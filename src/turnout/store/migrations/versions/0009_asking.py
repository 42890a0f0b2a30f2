"""Who is asking: places of right passwords, page sessions, counted forms, proxies to be named."""

from turnout.store.migrations.ddl import index, table

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Where a user's password was right: a keyed digest of user and place.
    table(
        "known_places",
        """
        org_id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        seen_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, user_id, digest),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    # A sign-in on the pages; only the digest of its token is kept.
    table(
        "page_sessions",
        """
        org_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        credential_id BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest),
        FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
        """,
    )
    index("page_sessions_digest", "page_sessions (digest)", unique=True)
    index("page_sessions_used", "page_sessions (used_at)")
    # How often something was done since started_at; `name` is a digest of what is counted.
    table(
        "form_windows",
        """
        org_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        forms BIGINT NOT NULL,
        PRIMARY KEY (org_id, name),
        FOREIGN KEY (org_id) REFERENCES organizations (org_id)
        """,
    )
    index("form_windows_ended", "form_windows (ends_at)")
    # Near peers that forward requests and are not trusted; `turnout doctor` tells of them.
    table(
        "untrusted_proxies",
        """
        address TEXT NOT NULL PRIMARY KEY,
        seen_at BIGINT NOT NULL
        """,
    )
