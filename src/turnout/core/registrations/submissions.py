"""What enters the intake queue and what comes of it."""

import enum
from typing import Any, NamedTuple

import msgspec

from turnout.core.ids import OrgId, PersonId, QueueItemId, SubmissionId
from turnout.core.registrations.model import Submitted
from turnout.errors import Failure


class TargetNoun(enum.StrEnum):
    """What a registration is addressed to."""

    EVENT = "event"
    CHANNEL = "channel"


class ItemStatus(enum.StrEnum):
    """Where a queue item stands; the last two are final."""

    QUEUED = "queued"
    SUCCESS = "success"
    FAILED = "failed"


class Application(msgspec.Struct, frozen=True):
    """Somebody asks to be registered: for sessions of one event or channel, named by paks."""

    noun: TargetNoun
    pak: str
    session_paks: list[str]
    submitted: Submitted


class QueueItem(msgspec.Struct, frozen=True):
    """One session of one application. `person_id` is None until it has succeeded, `code` unless it
    has failed, or there is more to say; `facts` are the code's. One that failed before codes were
    kept has its sentence for people in `message` instead."""

    id: QueueItemId
    session_pak: str
    status: ItemStatus
    email: str
    person_id: PersonId | None = None
    code: str | None = None
    facts: dict[str, Any] = {}
    message: str | None = None


class ItemPage(msgspec.Struct, frozen=True):
    """Some of the items asked for, by number, and how many there are in all."""

    total: int
    items: list[QueueItem]


class QueuedItem(NamedTuple):
    """One session of a submission that waits to be decided."""

    id: QueueItemId
    pak: str


class Submission(NamedTuple):
    """An application as the queue keeps it."""

    org_id: OrgId
    id: SubmissionId
    noun: TargetNoun
    target_id: int
    submitted: Submitted
    items: list[QueuedItem]


class Outcome(NamedTuple):
    """How an item ends; `refusal` says why it failed, `note` is the code of what there is to say of
    one that succeeded."""

    id: QueueItemId
    refusal: Failure | None = None
    note: str | None = None

    @property
    def status(self) -> ItemStatus:
        return ItemStatus.FAILED if self.refusal else ItemStatus.SUCCESS
