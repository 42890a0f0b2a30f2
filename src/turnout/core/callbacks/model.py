"""What a callback is, and when it is tried again."""

import enum
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import force_setattr

from turnout.core.counterparts import tidy, to_count
from turnout.core.ids import NO_ORG, CallbackId, JobId, OrgId, RecipientId
from turnout.store.back_off import BackOff

LONGEST_ERROR = 300
LARGEST_STATUS = 999
GIVE_UP_AFTER_MS = 24 * 3600 * 1000
KEPT_MS = 30 * 24 * 3600 * 1000
# Between tries, in seconds; the last one again and again until the day is over.
PAUSES_S = BackOff((10, 30, 60, 120, 300, 600, 1200, 1800, 3600))


class CallbackState(enum.StrEnum):
    """Where a callback stands; `failed` is given up, and can be replayed."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    FAILED = "failed"


class NewCallback(msgspec.Struct, frozen=True):
    """A call to be made: `body` is what is posted, as form fields. `carrier` is the network that
    the news comes from."""

    job_id: JobId
    recipient_id: RecipientId
    url: str
    body: str
    carrier: str


class ClaimedCallback(msgspec.Struct, frozen=True):
    """A call that a worker makes now, its own `until` then (epoch ms). `secret` is the key of its
    signature; `next_secret` is the one that takes its place after a grace time, and signs beside it
    until then, or empty."""

    org_id: OrgId
    id: CallbackId
    uuid: str
    url: str
    host: str
    body: str
    carrier: str
    attempts: int
    until: int
    secret: str
    next_secret: str = ""


class CallbackKey(msgspec.Struct, frozen=True):
    """The key of an organization's callbacks, and the one before it as long as that signs too, or
    empty. Instants in epoch ms."""

    secret: str
    created_at: int
    former_secret: str
    former_until: int | None


class Limits(NamedTuple):
    """How many calls may be under way: to a receiver, of an organization, and in all; `at_once` is
    less what is under way already."""

    to_host: int
    of_org: int
    at_once: int


class Busy(NamedTuple):
    """How many calls are under way to each receiver, and of each organization."""

    hosts: Mapping[str, int] = {}
    orgs: Mapping[OrgId, int] = {}


class Turns(NamedTuple):
    """Who was served last: the organization, and the receiver of each."""

    org_id: OrgId = NO_ORG
    hosts: Mapping[OrgId, str] = {}


class CallbackResult(msgspec.Struct, frozen=True):
    """How one try ended: the receiver's HTTP status, or an error when there was none.

    `until` is the end of the claim (epoch ms) under which it was made. `is_final` for what trying
    again cannot change, `is_lapsed` for a call that was not made, since its time was over.
    `took_ms` is how long it took.
    """

    org_id: OrgId
    id: CallbackId
    until: int
    at: int
    took_ms: int
    status: int | None
    error: str = ""
    is_final: bool = False
    is_lapsed: bool = False

    def __post_init__(self) -> None:
        # Both come from the receiver's program.
        force_setattr(self, "error", tidy(self.error, LONGEST_ERROR))
        status = None if self.status is None else to_count(self.status, 0, limit=LARGEST_STATUS)
        force_setattr(self, "status", status)

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took it: any 2xx answer."""
        return self.status is not None and 200 <= self.status < 300


class Callback(msgspec.Struct, frozen=True):
    """A callback as lists show it. Instants in epoch ms."""

    org_id: OrgId
    id: CallbackId
    uuid: str
    job_id: JobId
    url: str
    body: str
    state: CallbackState
    attempts: int
    created_at: int
    due_at: int | None
    done_at: int | None
    last_status: int | None
    last_error: str


class CallbackAttempt(msgspec.Struct, frozen=True):
    """One try. `at` in epoch ms; `status` None = no answer, `error` says why."""

    number: int
    at: int
    took_ms: int
    status: int | None
    error: str


def next_try_at(callback_id: CallbackId, attempts: int, now: int, give_up_at: int) -> int | None:
    """When to try again after so many tries (epoch ms), None when the time is over."""
    at = now + round(PAUSES_S.scatter(attempts, callback_id) * 1000)
    return at if at < give_up_at else None
