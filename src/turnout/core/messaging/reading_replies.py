"""What people wrote back, for operators: read, searched, and given to somebody who answers.

A stray reply belongs to no job, and so to no organization, until it is given to a user: from then
on it is one of that user's organization.
"""

from typing import Any, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.countries import find_country
from turnout.core.identity.users import get_user_id
from turnout.core.ids import JobId, OrgId, ReplyId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import list_forms, to_address
from turnout.core.messaging.sights import Viewer
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, to_json

NEWEST = ReplyId(2**62)


class ReplyFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which replies are asked for; empty or None = any. `said` stands somewhere in the text,
    `sender` is a number in any spelling, `user_code` is to whom they were given. `is_open` leaves
    those that were given to nobody."""

    job_id: JobId | None = None
    said: str = ""
    sender: str = ""
    user_code: str = ""
    is_open: bool = False


class ReplyLine(NamedTuple):
    """A reply with what it answers. `job_id` None = it was a stray. `user_code` is to whom it was
    given, empty = nobody; `received_at` in epoch ms."""

    id: ReplyId
    job_id: JobId | None
    job_name: str
    reference: str
    name: str
    sender: str
    number: str
    text: str
    received_at: int
    is_late: int
    is_opt_out: int
    user_code: str


class Stray(NamedTuple):
    """A reply that answers nothing, and was given to nobody. `received_at` in epoch ms."""

    id: ReplyId
    sender: str
    number: str
    text: str
    received_at: int


def list_replies(
    tx: Tx,
    org_id: OrgId,
    wanted: ReplyFilter,
    *,
    limit: int,
    before: ReplyId = NEWEST,
    viewer: Viewer | None = None,
) -> list[ReplyLine]:
    """The organization's replies that are asked for, newest first, to jobs of which the viewer may
    know (None = an operator); `before` is the last that is known. Raises Missing for a user that is
    not there."""
    found: list[ReplyLine] = []
    while len(found) < limit:
        rows = _read(tx, org_id, wanted, limit, before)
        jobs = {row.job_id for row in rows if row.job_id}
        hidden = viewer.find_hidden(tx, org_id, jobs) if viewer else set()
        found += [row for row in rows if row.job_id not in hidden]
        if len(rows) < limit:
            break
        before = rows[-1].id
    return found[:limit]


def _read(
    tx: Tx, org_id: OrgId, wanted: ReplyFilter, limit: int, before: ReplyId
) -> list[ReplyLine]:
    user_id = get_user_id(tx, org_id, wanted.user_code) if wanted.user_code else 0
    senders = to_json(_forms(tx, org_id, wanted.sender)) if wanted.sender else ""
    return sql.list_reply_lines(
        tx,
        org_id=org_id,
        before=before,
        job_id=wanted.job_id or 0,
        said=wanted.said,
        lower_said=wanted.said.lower(),
        senders=senders,
        user_id=user_id,
        is_open=int(wanted.is_open),
        limit=limit,
    )


def get_reply_line(
    tx: Tx, org_id: OrgId, reply_id: ReplyId, *, viewer: Viewer | None = None
) -> ReplyLine:
    """One reply of the organization. Raises Missing."""
    before = ReplyId(reply_id + 1)
    for line in list_replies(tx, org_id, ReplyFilter(), limit=1, before=before, viewer=viewer):
        if line.id == reply_id:
            return line
    raise Missing("reply.missing", reply_id=reply_id)


def list_strays(tx: Tx, *, limit: int) -> list[Stray]:
    """The installation's replies that answer nothing and were given to nobody, newest first."""
    return sql.list_strays(tx, limit=limit)


def assign_reply(tx: Tx, org_id: OrgId, reply_id: ReplyId, user_code: str, *, actor: str) -> None:
    """Give a reply, or a stray that is nobody's yet, to a user of the organization; an empty code
    takes it back. Idempotent. Raises Missing."""
    user_id = get_user_id(tx, org_id, user_code) if user_code else None
    named: dict[str, Any] = {"org_id": org_id, "id": reply_id, "user_id": user_id}
    if not (sql.assign_reply(tx, **named) or sql.assign_stray(tx, **named)):
        raise Missing("reply.missing", reply_id=reply_id)
    record(tx, org_id, actor, "assigned", "reply", reply_id, user_id=user_id)


def _forms(tx: Tx, org_id: OrgId, sender: str) -> list[str]:
    """The digits under which a sender may stand."""
    known = to_address(Channel.SMS, sender, find_country(tx, org_id))
    return list_forms(known) if known else [sender.strip()]
