"""Mails that were queued, as each recipient gets them."""

import json
from typing import Any, NamedTuple

from turnout.core.messaging.merging import Template

QUESTION = """SELECT r.id, r.destination, r.fields, j.content FROM recipients r
    JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
    WHERE r.org_id = {org_id} AND r.id > {after} ORDER BY r.id"""


class QueuedMail(NamedTuple):
    """A mail to somebody; `id` is the recipient's number."""

    id: int
    address: str
    subject: str
    text: str


def list_mails(tx: Any, org_id: int, after: int = 0) -> list[QueuedMail]:
    """What was queued for recipients of an organization whose number is higher, oldest first."""
    rows = tx.connection.execute(QUESTION.format(org_id=int(org_id), after=int(after))).fetchall()
    return [_read(id_, address, json.loads(fields or "{}"), json.loads(content))
            for id_, address, fields, content in rows]  # fmt: skip


def _read(id_: int, address: str, fields: dict[str, str], content: dict[str, str]) -> QueuedMail:
    known = {name.lower(): value for name, value in fields.items()}
    subject, text = (Template(content.get(part, "")).merge(known) for part in ("subject", "text"))
    return QueuedMail(id_, address, subject, text.removesuffix("\n"))
