"""Distributors that are shared by history, what belongs to a demo, whose an idempotency key is,
and keys that are rotated.

Every organization was put under one distributor before. That stays as it was, but is marked:
its Admins are not meant to rule organizations that know nothing of them.
"""

import hashlib

from alembic import op
from sqlalchemy import text

from turnout.store.migrations.ddl import column, index, table

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    distributors()
    demo()
    idempotency()
    keys()


def distributors() -> None:
    column("distributors", "is_shared BIGINT NOT NULL DEFAULT 0")
    op.execute(
        """
        UPDATE distributors SET is_shared = 1 WHERE (
            SELECT count(*) FROM organizations o WHERE o.distributor_id = distributors.id
        ) > 1
        """
    )


def demo() -> None:
    column("organizations", "is_demo BIGINT NOT NULL DEFAULT 0")
    column("credentials", "is_demo BIGINT NOT NULL DEFAULT 0")
    # Nobody but the demo's seeding made organizations as `system`; companies that the demo's
    # users made over the API are the demo's too.
    op.execute(
        """
        UPDATE organizations SET is_demo = 1 WHERE slug = 'demo' AND EXISTS (
            SELECT 1 FROM audit_entries a WHERE a.org_id = organizations.org_id
                AND a.noun = 'organization' AND a.action = 'created' AND a.actor = 'system'
        )
        """
    )
    op.execute(
        """
        UPDATE organizations SET is_demo = 1 WHERE EXISTS (
            SELECT 1 FROM audit_entries a
            JOIN users u ON a.actor = 'user:' || u.id
            JOIN organizations d ON d.org_id = u.org_id
            WHERE a.org_id = organizations.org_id AND a.noun = 'organization'
                AND a.action = 'created' AND d.is_demo = 1
        )
        """
    )
    op.execute(
        """
        UPDATE credentials SET is_demo = 1
        WHERE org_id IN (SELECT org_id FROM organizations WHERE is_demo = 1)
        """
    )


def idempotency() -> None:
    """A job's key goes to the job's user, a registration's to the organization's API key where
    it has had only one. The rest keep an empty owner, under which nobody finds them, and are
    swept within a day."""
    op.execute("DROP INDEX idempotency_keys_age")
    op.execute("ALTER TABLE idempotency_keys RENAME TO idempotency_keys_of_organizations")
    table(
        "idempotency_keys",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        owner TEXT NOT NULL,
        key TEXT NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        body_digest TEXT NOT NULL,
        answer TEXT,
        created_at BIGINT NOT NULL,
        CONSTRAINT idempotency_keys_owned PRIMARY KEY (org_id, owner, key)
        """,
    )
    op.execute(
        """
        INSERT INTO idempotency_keys
            (org_id, owner, key, method, path, body_digest, answer, created_at)
        SELECT k.org_id, coalesce('user:' || j.user_id, 'credential:' || c.id, ''), k.key,
            k.method, k.path, k.body_digest, k.answer, k.created_at
        FROM idempotency_keys_of_organizations k
        LEFT JOIN jobs j ON j.org_id = k.org_id
            AND j.id = CASE WHEN k.path LIKE '%/jobs' THEN CAST(k.answer AS BIGINT) END
        LEFT JOIN (
            SELECT org_id, min(id) AS id FROM credentials WHERE kind = 'api_key'
            GROUP BY org_id HAVING count(*) = 1
        ) c ON c.org_id = k.org_id AND k.path LIKE '%/register'
        """
    )
    op.execute("DROP TABLE idempotency_keys_of_organizations")
    index("idempotency_keys_age", "idempotency_keys (created_at)")


def keys() -> None:
    # The one without an end signs. One that was rotated out verifies until its end.
    table(
        "link_keys",
        """
        kid TEXT PRIMARY KEY,
        secret TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        ends_at BIGINT
        """,
    )
    connection = op.get_bind()
    found = connection.execute(
        text("SELECT secret, created_at FROM installation_secrets WHERE name = 'links'")
    ).fetchone()
    if found:
        kid = hashlib.sha256(found[0].encode()).hexdigest()[:12]
        connection.execute(
            text("INSERT INTO link_keys (kid, secret, created_at) VALUES (:kid, :secret, :at)"),
            {"kid": kid, "secret": found[0], "at": found[1]},
        )
        connection.execute(text("DELETE FROM installation_secrets WHERE name = 'links'"))
    column("callback_keys", "former_secret TEXT NOT NULL DEFAULT ''")
    column("callback_keys", "former_until BIGINT")
    column("ticket_keys", "revoked_at BIGINT")
    # Changes of what belongs to the installation and to no organization.
    table(
        "installation_entries",
        """
        id BIGINT PRIMARY KEY,
        at BIGINT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        noun TEXT NOT NULL,
        facts TEXT NOT NULL
        """,
    )
