"""Canned answers: short texts that an organization keeps by name, to answer replies with."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import CannedAnswerId, OrgId
from turnout.core.messaging.merging import Template
from turnout.core.messaging.reading_replies import ReplyLine
from turnout.core.messaging.sql import sql
from turnout.core.neutral import neutralize
from turnout.core.text import fold, is_line, is_storable
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

NOUN = "canned_answer"
LONGEST_NAME, LONGEST_TEXT, MOST = 100, 1000, 200
FIELDS = ("recipient", "firstname", "lastname", "number", "message", "user")
"""The merge fields of answers: who wrote, from which number, what they answered, who answers."""


class CannedAnswer(NamedTuple):
    """A text by its name; it may have the merge fields in FIELDS. `updated_at` in epoch ms."""

    id: CannedAnswerId
    name: str
    text: str
    updated_at: int


def list_canned(tx: Tx, org_id: OrgId) -> list[CannedAnswer]:
    """The organization's canned answers, by name."""
    return sql.list_canned(tx, org_id=org_id)


def get_canned(tx: Tx, org_id: OrgId, answer_id: CannedAnswerId) -> CannedAnswer:
    """The canned answer of that number. Raises Missing."""
    found = sql.find_canned(tx, org_id=org_id, id=answer_id)
    if found is None:
        raise Missing("canned.missing", answer_id=answer_id)
    return found


def create_canned(tx: Tx, org_id: OrgId, name: str, text: str, *, actor: str) -> CannedAnswerId:
    """Keep a text of up to 1,000 characters by a name of up to 100; its number. Raises Invalid,
    Conflict for a name that another has in any case, and for the 201st."""
    name, text = _check(name, text)
    if sql.count_canned(tx, org_id=org_id) >= MOST:
        raise Conflict("canned.many", limit=MOST)
    answer_id = CannedAnswerId(tx.next_id("programme"))
    kept = {"name_key": fold(name), "name": name, "text": text}
    if not sql.add_canned(tx, org_id=org_id, id=answer_id, now=tx.now, **kept):
        raise Conflict("canned.same_name", name=name)
    record(tx, org_id, actor, "created", NOUN, answer_id, name=name)
    return answer_id


def change_canned(
    tx: Tx, org_id: OrgId, answer_id: CannedAnswerId, name: str, text: str, *, actor: str
) -> None:
    """Change its name and text. Idempotent. Raises Missing, Invalid, Conflict."""
    get_canned(tx, org_id, answer_id)
    name, text = _check(name, text)
    if sql.find_canned_named(tx, org_id=org_id, name_key=fold(name)) not in (None, answer_id):
        raise Conflict("canned.same_name", name=name)
    kept = {"name_key": fold(name), "name": name, "text": text}
    sql.set_canned(tx, org_id=org_id, id=answer_id, now=tx.now, **kept)
    record(tx, org_id, actor, "changed", NOUN, answer_id, name=name)


def delete_canned(tx: Tx, org_id: OrgId, answer_id: CannedAnswerId, *, actor: str) -> None:
    """Forget a canned answer. Raises Missing."""
    known = get_canned(tx, org_id, answer_id)
    sql.delete_canned(tx, org_id=org_id, id=answer_id)
    record(tx, org_id, actor, "deleted", NOUN, answer_id, name=known.name)


def fill_canned(answer: CannedAnswer, reply: ReplyLine, user_name: str) -> str:
    """The text as it answers one reply, by the user of that name."""
    name = neutralize(reply.name)
    first, _, last = name.partition(" ")
    values = (name or reply.sender, first, last, reply.number, neutralize(reply.job_name))
    return Template(answer.text).merge(dict(zip(FIELDS, (*values, user_name), strict=True)))


def _check(name: str, text: str) -> tuple[str, str]:
    name, text = name.strip(), text.strip()
    if not name or len(name) > LONGEST_NAME or not is_line(name) or not is_storable(name):
        raise Invalid("canned.name", limit=LONGEST_NAME)
    if not text or len(text) > LONGEST_TEXT or not is_storable(text):
        raise Invalid("canned.text", limit=LONGEST_TEXT)
    return name, text
