"""What happens to jobs by the clock: they start, their lists become recipients, they are cut off.

`jobs.due_at` says when a job needs this next. A list is turned into recipients a slice a
transaction; `list_cursor` is JSON, `[which list, where in it]`, and is written with each slice, so
that after a crash nobody is left out and nobody comes twice.
"""

from collections.abc import Callable, Sequence

import msgspec

from turnout.core.ids import JobId, ListId, OrgId
from turnout.core.messaging.controlling import begin_closing
from turnout.core.messaging.ending import end_job
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.lists import drop_list, is_number, list_entries
from turnout.core.messaging.model import Channel, JobHead, JobState, Kind, NewRecipient, Person
from turnout.core.messaging.notices import queue_reply_digest
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.reckoning import Reckoning, reckoning_of
from turnout.core.messaging.spending import reserve_more, settle_spending
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import SCHEDULE, SLICE, add_recipients, start_sending
from turnout.core.work.claims import Queue
from turnout.errors import Invalid
from turnout.store import Tx, to_json

JOBS_AT_ONCE = 16
SCHEDULE_QUEUE = "schedule"
STALE_MS = 3_600_000
# Why a job to a list is closed before anybody is sent to, by the code of the refusal.
_CLOSING = {"limit.exceeded": "limit", "credit.exhausted": "credit"}


Page = tuple[Sequence[Person], str]
"""Some of a list, and where to go on: empty at its end."""

Resolve = Callable[[Tx, OrgId, str, str, int], Page]
"""`resolve(tx, org_id, list_id, cursor, most)`: a page of a live list; cursor empty = from the
beginning."""


def schedule_queue(resolve: Resolve, prices: Prices) -> Queue:
    """The jobs that need something by the clock, as a queue of turns; `prices` are those of what
    lists add."""
    return Queue(
        SCHEDULE_QUEUE,
        lambda tx, limit: sorted(sql.list_due_jobs(tx, now=tx.now, limit=limit)),
        lambda tx, key: _step(tx, get_job_head(tx, key[0], JobId(key[1])), resolve, prices),
    )


def sweep_staged(tx: Tx, limit: int) -> int:
    """Delete up to `limit` recipients of jobs that were never finished, jobs that have none left,
    and a list whose import was interrupted; returns how much was found."""
    found = 0
    for org_id, job_id in sql.list_stale_jobs(tx, before=tx.now - STALE_MS, limit=4):
        settle_spending(tx, org_id, job_id)
        deleted = sql.delete_staged(tx, org_id=org_id, job_id=job_id, limit=limit)
        if deleted < limit:
            sql.delete_job(tx, org_id=org_id, id=job_id)
        found += deleted + 1
    for org_id, list_id in sql.list_stale_lists(tx, before=tx.now - STALE_MS, limit=1):
        drop_list(tx, org_id, list_id)
        found += 1
    return found


def _step(tx: Tx, head: JobHead, resolve: Resolve, prices: Prices) -> None:
    match head.state:
        case JobState.SCHEDULED:
            _begin(tx, head)
        case JobState.LISTING:
            _list_some(tx, head, resolve, prices)
        case JobState.SENDING:
            _look_at_clock(tx, head)
        case _:
            sql.set_job_due(tx, org_id=head.org_id, id=head.id, due_at=None)
            if head.expires_at is not None and head.expires_at <= tx.now:
                queue_reply_digest(tx, head)


def _begin(tx: Tx, head: JobHead) -> None:
    list_ids, _ = _lists_of(tx, head)
    if list_ids:
        sql.begin_listing(tx, org_id=head.org_id, id=head.id, now=tx.now)
        tx.wake(SCHEDULE)
    else:
        start_sending(tx, head.org_id, head.id)


def _list_some(tx: Tx, head: JobHead, resolve: Resolve, prices: Prices) -> None:
    list_ids, cursor = _lists_of(tx, head)
    number, place = msgspec.json.decode(cursor, type=tuple[int, str]) if cursor else (0, "")
    if number < len(list_ids):
        list_id = list_ids[number]
        people: Sequence[Person]
        if is_number(list_id):
            people, place = list_entries(tx, head.org_id, ListId(int(list_id)), place, SLICE)
        else:
            people, place = resolve(tx, head.org_id, list_id, place, SLICE)
        if refusal := _add_people(tx, head, people, prices):
            begin_closing(tx, head.org_id, head.id, _CLOSING[refusal])
            return
        number += not place
        cursor = to_json((number, place))
        sql.set_cursor(tx, org_id=head.org_id, id=head.id, cursor=cursor, now=tx.now)
    if number < len(list_ids):
        tx.wake(SCHEDULE)
        return
    start_sending(tx, head.org_id, head.id)
    if sql.count_open(tx, org_id=head.org_id, id=head.id) == 0:
        end_job(tx, head.org_id, head.id, head.kind, is_whole=True)


def _add_people(tx: Tx, head: JobHead, people: Sequence[Person], prices: Prices) -> str:
    """Add people of a list; why what their messages cost could not be reserved, a code, empty = it
    was. They are there all the same, so that the job's reports have them."""
    recipients = [to_recipient(head, person) for person in people]
    micros = add_recipients(tx, head.org_id, head.id, recipients, _reckoning_of(head, prices))
    if head.kind is not Kind.BROADCAST:
        return ""
    try:
        reserve_more(tx, head.org_id, head.id, micros)
    except Invalid as refusal:
        sql.count_added(tx, org_id=head.org_id, id=head.id, added=0, reserved=-micros)
        return refusal.code
    return ""


def _reckoning_of(head: JobHead, prices: Prices) -> Reckoning | None:
    return reckoning_of(head, prices) if head.kind is Kind.BROADCAST else None


def to_recipient(head: JobHead, person: Person) -> NewRecipient:
    """Somebody on a list as a recipient of the job: reached where its channel reaches them."""
    return reach(head.job_type.channel, person, head.options.preferred_number)


def reach(channel: Channel, person: Person, preferred_number: str = "") -> NewRecipient:
    """Somebody as a recipient of a job on that channel; `preferred_number` as options have it."""
    fixed = {
        "Email": person.email,
        "Fax": person.fax,
        "Phone": person.phone,
        "Mobile": person.mobile,
    }
    match channel:
        case Channel.EMAIL:
            destination = person.email
        case Channel.FAX:
            destination = person.fax
        case Channel.SMS | Channel.MMS:
            destination = person.mobile
        case _:
            first, second = person.phone, person.mobile
            if preferred_number == "Mobile":
                first, second = second, first
            destination = first or second
    fields = {name: value for name, value in (fixed | person.fields).items() if value}
    return NewRecipient(destination, person.reference, person.name, fields)


def _look_at_clock(tx: Tx, head: JobHead) -> None:
    cutoff_at = sql.get_cutoff(tx, org_id=head.org_id, id=head.id)
    if cutoff_at is not None and cutoff_at <= tx.now:
        sql.clear_cutoff(tx, org_id=head.org_id, id=head.id)
        begin_closing(tx, head.org_id, head.id, "cut off")
        return
    if head.expires_at is not None and head.expires_at <= tx.now:
        queue_reply_digest(tx, head)
        sql.set_job_due(tx, org_id=head.org_id, id=head.id, due_at=None)
        return
    sql.set_job_due(tx, org_id=head.org_id, id=head.id, due_at=cutoff_at or head.expires_at)


def _lists_of(tx: Tx, head: JobHead) -> tuple[list[str], str]:
    list_ids, cursor = sql.get_lists(tx, org_id=head.org_id, id=head.id)
    return msgspec.json.decode(list_ids), cursor
