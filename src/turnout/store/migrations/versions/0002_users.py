"""What is kept about users and their companies for the messaging API.

A user's settings and a company's address are JSON: they are read and written whole, with their
owner. `user_code_key` is the folded user code, for searching in any case.
"""

import json

from alembic import op
from sqlalchemy import text

from turnout.store.migrations.ddl import index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN user_code_key TEXT NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE organizations ADD COLUMN details TEXT NOT NULL DEFAULT '{}'")
    # The directory has the code as Python folds it, which SQL cannot.
    op.execute(
        "UPDATE users SET user_code_key = (SELECT d.name FROM directory d "
        "WHERE d.namespace = 'user' AND d.noun = 'user' "
        "AND d.org_id = users.org_id AND d.target_id = users.id)"
    )
    split_names()
    index("users_id", "users (id)", unique=True)
    index("organizations_agent", "organizations (agent_id)")
    index("credentials_user", "credentials (org_id, user_id) WHERE user_id IS NOT NULL")


def split_names() -> None:
    connection = op.get_bind()
    for org_id, user_id, name in connection.execute(
        text("SELECT org_id, id, name FROM users")
    ).all():
        first, _, last = name.rpartition(" ")
        profile = {"first_name": first, "last_name": last} if first else {"first_name": last}
        connection.execute(
            text("UPDATE users SET profile = :profile WHERE org_id = :org_id AND id = :id"),
            {"profile": json.dumps(profile), "org_id": org_id, "id": user_id},
        )
