"""Mailboxes told apart, the event's choices for registrations by API, staff's notes and tags, and
priorities on waiting lists.
"""

import re
import unicodedata

from alembic import op
from sqlalchemy import text

from turnout.store.migrations.ddl import column, index, is_sqlite, table

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    choices()
    waiting()
    notes()
    mailboxes()


def choices() -> None:
    # What becomes of those who register by API: whether a ticket is mailed to them, and whether
    # they wait when the event is full.
    column("events", "mails_api_tickets BIGINT NOT NULL DEFAULT 0")
    column("events", "waits_when_full BIGINT NOT NULL DEFAULT 0")


def waiting() -> None:
    column("events", "is_waiting_closed BIGINT NOT NULL DEFAULT 0")
    column("waiting_entries", "priority BIGINT NOT NULL DEFAULT 0")


def notes() -> None:
    table(
        "registration_notes",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        note TEXT NOT NULL,
        actor TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, registration_id, id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id)
        """,
    )
    table(
        "registration_tags",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        tag_key TEXT NOT NULL,
        tag TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, registration_id, tag_key),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id)
        """,
    )
    index("registration_tags_tag", "registration_tags (org_id, tag_key)")


def mailboxes() -> None:
    # Keys no longer join `weiß` and `weiss`. A row follows the address that was typed first; two
    # people who share one since then stay one.
    is_foreign = (
        "length(CAST(email AS BLOB)) <> length(email)"
        if is_sqlite()
        else "octet_length(email) <> char_length(email)"
    )
    rows = op.get_bind().execute(
        text(
            f"SELECT org_id, id, email, email_key FROM people "  # noqa: S608
            f"WHERE email_key IS NOT NULL AND {is_foreign}"
        )
    )
    changed = [
        {"org_id": org_id, "id": id_, "key": key}
        for org_id, id_, email, old in rows
        if (key := _new_key(email, old)) != old
    ]
    if changed:
        op.get_bind().execute(
            text("UPDATE people SET email_key = :key WHERE org_id = :org_id AND id = :id"), changed
        )


def _new_key(email: str, old: str) -> str:
    """The key as core/text.py made it at this revision; the domain's part was right before."""
    local, domain = email.strip().rpartition("@")[0], old.rpartition("@")[2]
    if local.isascii():
        return old
    parts = re.split("([\u037e\u1fef\u212a])", local)
    kept = (part if number % 2 else _compose(part) for number, part in enumerate(parts))
    return f"{''.join(kept)}@{domain}"


def _compose(part: str) -> str:
    lower = "".join(map(_lower, unicodedata.normalize("NFD", part)))
    return unicodedata.normalize("NFC", lower)


def _lower(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 and lower.isascii() == letter.isascii() else letter
