"""Files of scans that a phone saved because it could not upload them, taken as from the phone.

Theory. A file has what the phone's outbox had, each act with its nonce. It is taken in the name of
the phone, so a phone that uploads the same acts later, or a file that is loaded twice, changes
nothing. The phone's clock is corrected by the difference that the phone had measured, and an act
counts as at most 12 hours older than the file. The audit log has who loaded it.
"""

from collections.abc import Sequence

import msgspec

from turnout.core.audit.recording import record
from turnout.core.door.devices import get_device, get_post, list_devices
from turnout.core.door.model import Device, Standing
from turnout.core.door.sql import sql
from turnout.core.door.uploading import OfflineScan, Uploaded, upload_scans
from turnout.core.ids import DeviceId, EventId, OrgId
from turnout.core.text import is_storable
from turnout.errors import Invalid
from turnout.store import Tx

LARGEST = 8_000_000
MOST_ACTS = 20_000
LARGEST_SKEW_MS = 10 * 365 * 86_400_000


class RescuedScan(OfflineScan, frozen=True, kw_only=True):
    """An act in a file, and the event at whose door it was."""

    event: EventId = EventId(0)


class RescueFile(msgspec.Struct, frozen=True):
    """What a phone saved. `saved_at` in epoch ms by its own clock, 0 = not said; `skew` ms are to
    be added to that clock."""

    scans: list[RescuedScan]
    phone: str = ""
    saved_at: int = 0
    skew: int = 0

    def of_event(self, event_id: EventId) -> list[RescuedScan]:
        """The acts at the doors of an event, in their order."""
        return [one for one in self.scans if one.event in (0, event_id)]


def read_rescue(content: bytes) -> RescueFile:
    """What is in a file. Raises Invalid for one that no phone saved."""
    if len(content) > LARGEST:
        raise Invalid("door.rescue_large", limit=MOST_ACTS)
    try:
        file = msgspec.json.decode(content, type=RescueFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("door.rescue") from error
    if len(file.scans) > MOST_ACTS:
        raise Invalid("door.rescue_large", limit=MOST_ACTS)
    texts = (file.phone, *(f"{one.code}{one.reason}{one.question}" for one in file.scans))
    if abs(file.skew) > LARGEST_SKEW_MS or not all(map(is_storable, texts)):
        raise Invalid("door.rescue")
    return file


def find_rescued_phone(tx: Tx, org_id: OrgId, event_id: EventId, name: str) -> Device:
    """The phone of the event that a file names, the newest of that name. Raises Invalid."""
    for device in list_devices(tx, org_id, event_id):
        if device.name == name:
            return device
    raise Invalid("door.rescue_phone", phone=name)


def load_rescued(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    device_id: DeviceId,
    file: RescueFile,
    scans: Sequence[RescuedScan],
    *,
    actor: str,
) -> list[Uploaded]:
    """Take up to 500 acts of a file in the name of a phone, also of one that is signed out. What
    the role of the phone does not allow is refused. Idempotent. Raises Missing, Denied for a phone
    that was never confirmed, Invalid for more."""
    device = get_device(tx, org_id, event_id, device_id)
    posts = sql.list_posts(tx, org_id=org_id, device_id=device_id)
    standing = Standing(org_id, device, posts)
    post = get_post(standing, event_id)
    saved_at = min(tx.now, file.saved_at + file.skew) if file.saved_at else tx.now
    done = upload_scans(tx, standing, post, scans, tx.now - file.skew, saved_at=saved_at)
    conflicts = sum(one.is_conflict for one in done)
    refused = sum(bool(one.refusal) for one in done)
    facts = {"scans": len(done), "conflicts": conflicts, "refused": refused, "name": device.name}
    record(tx, org_id, actor, "loaded", "door_device", device_id, **facts)
    return done
