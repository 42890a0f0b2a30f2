"""Values of people leave the audit; erased addresses are known by keyed hashes, unused pictures.

The audit of changes to people and of what they take part in keeps numbers, flags, names of fields,
codes of tickets and the product's own words; whatever else an earlier version wrote there goes.
`erased_addresses` tells an import whom it would bring back. A picture that nothing shows is marked
(`unused_at`), and deleted a day later.
"""

import json
from typing import Any

from alembic import op
from sqlalchemy import text

from turnout.store.migrations.ddl import column, index, table, tell

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

PEOPLE = (
    *("person", "learner", "registration", "invitation", "waiting_entry", "opt_out", "party"),
    *("question", "viewing", "candidate", "ticket"),
)
KEPT = {"fields", "codes", "code", "medium", "currency", "state", "mode", "reference", "action"}
PAGE = 2_000


def upgrade() -> None:
    column("pictures", "checked_at BIGINT NOT NULL DEFAULT 0")
    column("pictures", "unused_at BIGINT")
    index("pictures_checked", "pictures (checked_at)")
    table(
        "erased_addresses",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        digest TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest)
        """,
    )
    clean_audit()


def clean_audit() -> None:
    bind = op.get_bind()
    nouns = ", ".join(f"'{noun}'" for noun in PEOPLE)
    where = f"noun IN ({nouns}) AND facts <> '{{}}'"
    total = bind.execute(text(f"SELECT count(*) FROM audit_entries WHERE {where}")).scalar_one()  # noqa: S608
    page = text(
        f"SELECT org_id, id, noun, facts FROM audit_entries WHERE {where}"  # noqa: S608
        " AND (org_id, id) > (:org_id, :after) ORDER BY org_id, id LIMIT :page"
    )
    change = text("UPDATE audit_entries SET facts = :facts WHERE org_id = :org_id AND id = :id")
    after, done = {"org_id": 0, "after": 0}, 0
    while rows := bind.execute(page, {**after, "page": PAGE}).fetchall():
        cleaned = [(row, clean(row.noun, row.facts)) for row in rows]
        changes = [
            {"org_id": row.org_id, "id": row.id, "facts": facts}
            for row, facts in cleaned
            if facts != row.facts
        ]
        if changes:
            bind.execute(change, changes)
        after, done = {"org_id": rows[-1].org_id, "after": rows[-1].id}, done + len(rows)
        tell("values of people leave the audit", done, total)


def clean(noun: str, facts: str) -> str:
    """The facts without values of people; as they were where there are none."""
    found: dict[str, Any] = json.loads(facts)
    kept = {
        name: value
        for name, value in found.items()
        if (name in KEPT and (name, noun) != ("code", "learner")) or says_nobody(value)
    }
    return facts if kept == found else json.dumps(kept, separators=(",", ":"))


def says_nobody(value: object) -> bool:
    """Whether it is a number or flag, or a list of those."""
    if isinstance(value, list):
        return all(map(says_nobody, value))
    return value is None or isinstance(value, int)
