"""Phones at the door. Instants in epoch ms."""

import enum
from typing import NamedTuple

from turnout.core.ids import DeviceId, EventId, GateId, OrgId, PairingId
from turnout.errors import Denied

DAY_MS = 24 * 3_600_000


class DoorRole(enum.StrEnum):
    """A steward scans; a supervisor also searches, lets in anyway and registers walk-ins."""

    STEWARD = "steward"
    SUPERVISOR = "supervisor"


class Device(NamedTuple):
    """A phone that was paired. `word` is what the console confirms; `confirmed_at` None = it has
    not yet. `battery` in percent, None = not told; `unsent` scans wait on it."""

    id: DeviceId
    name: str
    role: DoorRole
    word: str
    browser: str
    created_by: str
    created_at: int
    ends_at: int
    confirmed_at: int | None
    revoked_at: int | None
    last_seen_at: int | None
    battery: int | None
    unsent: int

    def is_good(self, now: int) -> bool:
        """Whether it has not ended at that instant, by itself or by hand."""
        return self.revoked_at is None and now < self.ends_at


class Post(NamedTuple):
    """Where a device stands: an event, and one of its gates or (None) none in particular."""

    event_id: EventId
    gate_id: GateId | None
    snapshot_key: str


class Standing(NamedTuple):
    """A device of an organization, and where it stands."""

    org_id: OrgId
    device: Device
    posts: list[Post]

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return f"device:{self.device.name}"

    def require_supervisor(self) -> None:
        """Raise Denied for a steward's device."""
        if self.device.role is not DoorRole.SUPERVISOR:
            raise Denied("door.supervisor")


class Pairing(NamedTuple):
    """A code that pairs one phone, without its secrets."""

    id: PairingId
    event_id: EventId
    name: str
    role: DoorRole
    posts: str
    created_by: str
    ends_at: int
    device_ends_at: int
