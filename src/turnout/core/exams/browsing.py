"""The candidates of an exam and the learners of an organization, as lists that are searched."""

from typing import Any, NamedTuple

from turnout.core.exams.model import MINUTE_MS, Learner
from turnout.core.exams.sql import sql
from turnout.core.identity.staff import Access
from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId
from turnout.core.text import fold
from turnout.errors import Missing
from turnout.store import Tx


class ListedCandidate(NamedTuple):
    """A candidate, cancelled or not. `minutes` is the time that this candidate has; `seat` None =
    none."""

    registration_id: RegistrationId
    uuid: str
    event_id: EventId
    person_id: PersonId
    learner_uuid: str
    state: str
    sequence: int
    seat: int | None
    first_name: str
    last_name: str
    code: str
    email: str
    form_code: str | None
    form: str | None
    registrant_type: str
    minutes: int
    attendance: str
    grading: str

    @property
    def name(self) -> str:
        """First and last name; the code of somebody without."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.code


class CloseExam(NamedTuple):
    """A candidate's other exam, at the same time or just before or after. Instants in epoch ms."""

    uuid: str
    first_name: str
    last_name: str
    starts_at: int
    minutes: int
    other_event_id: EventId
    other_title: str
    other_starts_at: int
    other_minutes: int

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))

    @property
    def is_overlap(self) -> bool:
        """Whether both are at one time."""
        ends_at = self.starts_at + self.minutes * MINUTE_MS
        other_ends_at = self.other_starts_at + self.other_minutes * MINUTE_MS
        return self.starts_at < other_ends_at and self.other_starts_at < ends_at

    @property
    def gap(self) -> int:
        """Minutes between the two."""
        ends_at = self.starts_at + self.minutes * MINUTE_MS
        other_ends_at = self.other_starts_at + self.other_minutes * MINUTE_MS
        later = max(self.starts_at - other_ends_at, self.other_starts_at - ends_at)
        return later // MINUTE_MS


def list_listed(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    *,
    text: str = "",
    state: str = "",
    after: int = 0,
    limit: int = 100,
) -> list[ListedCandidate]:
    """The candidates of an exam after a sequence number. `text` is in a name, an address or a code;
    `state` is one of registrations, empty = any."""
    return sql.list_listed(
        tx,
        org_id=org_id,
        event_id=event_id,
        state=state,
        like=like_of(text),
        after=after,
        limit=limit,
    )


def get_listed(tx: Tx, org_id: OrgId, event_id: EventId, uuid: str) -> ListedCandidate:
    """A candidate of an exam. Raises Missing, also for somebody who was moved to another."""
    found = sql.find_listed(tx, org_id=org_id, uuid=uuid)
    if found is None or found.event_id != event_id:
        raise Missing("sitting.missing", uuid=uuid)
    return found


def count_by_state(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[str, int]:
    """How many candidates of an exam are `confirmed` and `cancelled`."""
    rows = sql.count_by_state(tx, org_id=org_id, event_id=event_id)
    return {"confirmed": 0, "cancelled": 0} | {row.state: row.candidates for row in rows}


def find_learners(
    tx: Tx,
    org_id: OrgId,
    *,
    text: str = "",
    after: str = "",
    limit: int = 50,
    viewer: Access | None = None,
) -> list[Learner]:
    """Learners by code, after a code; `text` is in a name, an address or a code. A viewer gets
    nobody who is only in events that they do not see."""
    found: dict[str, Any] = {"like": like_of(text), "after": fold(after), "limit": limit}
    if viewer is None or viewer.sight.is_whole:
        return sql.list_found_learners(tx, org_id=org_id, **found)
    user_id, is_limited = viewer.member.user.id, int(viewer.is_limited)
    return sql.list_seen_learners(
        tx, org_id=org_id, user_id=user_id, is_limited=is_limited, **found
    )


def like_of(text: str) -> str:
    """What finds a text anywhere in a folded one, for LIKE."""
    escaped = fold(text.strip()).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
