"""Mail domains that organizations send from, with their keys, and sender ids of their texts.

A key is private like those that sign tokens: anyone who reads the database can sign.
"""

from turnout.store.migrations.ddl import table

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "sender_domains",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        domain TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        checked_at BIGINT,
        returning_at BIGINT,
        PRIMARY KEY (org_id, domain)
        """,
    )
    table(
        "sender_keys",
        """
        org_id BIGINT NOT NULL,
        domain TEXT NOT NULL,
        selector TEXT NOT NULL,
        algorithm TEXT NOT NULL CHECK (algorithm IN ('rsa', 'ed25519')),
        private_pem TEXT NOT NULL,
        public TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        verified_at BIGINT,
        PRIMARY KEY (org_id, domain, selector),
        FOREIGN KEY (org_id, domain) REFERENCES sender_domains (org_id, domain)
        """,
    )
    # `sender_key`: what spellings of one sender have in common.
    table(
        "sender_ids",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        sender_key TEXT NOT NULL,
        sender TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, sender_key)
        """,
    )
