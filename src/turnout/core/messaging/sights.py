"""Which jobs somebody may know of, by the events that they see (core/identity/sight.py).

A job belongs to the events of the live lists that it goes to, and to the one for which it was made;
it is shown to those who see all of these. A job of no event is the organization's: those who see
some events only are shown it if it is their own.

Over the messaging API an Admin and an Agent also see jobs of other organizations. There an Admin
counts for an owner; from an Agent the events are hidden that only named people see. Those who see
some events only are shown nothing there.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec

from turnout.core.identity.model import Member, Role
from turnout.core.identity.sight import WHOLE, EventSight, find_sight
from turnout.core.ids import EventId, JobId, ListId, OrgId, UserId
from turnout.core.messaging.lists import LIVE_LIST, OWN_LIST, is_list, is_number
from turnout.core.messaging.model import JobOptions
from turnout.core.messaging.sql import sql
from turnout.store import Tx

_list_ids = msgspec.json.Decoder(tuple[str, ...])
_options = msgspec.json.Decoder(JobOptions)


def events_of(list_ids: Sequence[str], event: str) -> set[EventId]:
    """The events of a job: by the names of its lists, and the number for which it was made, empty =
    none."""
    numbers = {event} if event else set[str]()
    for list_id in list_ids:
        if match := LIVE_LIST.fullmatch(list_id) or OWN_LIST.fullmatch(list_id):
            numbers.add(match[1])
    return {EventId(int(number)) for number in numbers}


def may_write_to(tx: Tx, org_id: OrgId, user_id: UserId, list_ids: Sequence[str]) -> bool:
    """Whether the organization has these lists and the user may write to them: live ones of events
    that the user sees, uploaded ones of others only for those who see more than some events."""
    if not list_ids:
        return True
    if not all(is_list(tx, org_id, list_id) for list_id in list_ids):
        return False
    sight = find_sight(tx, org_id, user_id)
    if sight.is_whole:
        return True
    if not all(map(sight.sees, events_of(list_ids, ""))):
        return False
    uploaded = [ListId(int(list_id)) for list_id in list_ids if is_number(list_id)]
    if not uploaded or not sight.is_limited:
        return True
    own = {row.id for row in sql.list_lists(tx, org_id=org_id) if row.user_id == user_id}
    return own.issuperset(uploaded)


def find_hidden_jobs(
    tx: Tx, org_id: OrgId, user_id: UserId, sight: EventSight, job_ids: Collection[JobId]
) -> set[JobId]:
    """Those of an organization's jobs of which the user may not know; one statement."""
    if sight.is_whole or not job_ids:
        return set()
    rows = sql.list_job_ties(tx, org_id=org_id, first=min(job_ids), last=max(job_ids))
    return {
        row.id
        for row in rows
        if not sight.sees_all_of(
            events_of(_list_ids.decode(row.list_ids), _options.decode(row.options).event),
            is_own=row.user_id == user_id,
        )
    }.intersection(job_ids)


class Viewer(NamedTuple):
    """Somebody who looks through an organization's jobs in the console."""

    user_id: UserId
    sight: EventSight

    def find_hidden(self, tx: Tx, org_id: OrgId, job_ids: Collection[JobId]) -> set[JobId]:
        """Those of these jobs of which they may not know."""
        return find_hidden_jobs(tx, org_id, self.user_id, self.sight, job_ids)


class JobSights:
    """The sights of a user of the messaging API, in each organization whose jobs it reaches."""

    def __init__(self, tx: Tx, caller: Member) -> None:
        self._tx = tx
        self._caller = caller
        self._home = find_sight(tx, caller.user.org_id, caller.user.id)

    @property
    def are_whole(self) -> bool:
        """Whether the user may know of every job that it reaches."""
        agent_id = self._caller.company.agent_id
        if not self._home.is_whole or self._caller.user.role is not Role.AGENT or agent_id is None:
            return self._home.is_whole
        return sql.has_closed_events(self._tx, agent_id=agent_id) is None

    def find_hidden(self, jobs: Iterable[tuple[OrgId, JobId]]) -> set[JobId]:
        """Those of which the user may not know."""
        by_org: dict[OrgId, list[JobId]] = {}
        for org_id, job_id in jobs:
            by_org.setdefault(org_id, []).append(job_id)
        user_id = self._caller.user.id
        hidden: set[JobId] = set()
        for org_id, job_ids in by_org.items():
            sight = self._sight_in(org_id)
            hidden |= find_hidden_jobs(self._tx, org_id, user_id, sight, job_ids)
        return hidden

    def _sight_in(self, org_id: OrgId) -> EventSight:
        if org_id == self._caller.user.org_id:
            return self._home
        if self._home.is_limited:
            return EventSight(is_limited=True)
        if self._caller.user.role is Role.ADMIN:
            return WHOLE
        return find_sight(self._tx, org_id, self._caller.user.id)._replace(is_limited=False)
