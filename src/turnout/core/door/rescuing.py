"""Files of scans that a phone saved because it could not upload them, taken as from the phone.

Theory. A file has what the phone's outbox had, each act with its nonce. It is taken in the name of
the phone, so a phone that uploads the same acts later, or a file that is loaded twice, changes
nothing. The phone's clock is corrected by the difference that the phone had measured, and an act
counts as at most 12 hours older than the file. The audit log has who loaded it, for which phone. A
file gives the number of its phone, since a name may be given again once its phone is signed out;
and of each act, since a browser that was paired again keeps what it made as another phone.
"""

from collections.abc import Sequence
from typing import NamedTuple

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
    """An act in a file, the event at whose door it was, and the phone that made it, where that is
    another one than the file's."""

    event: EventId = EventId(0)
    device: DeviceId = DeviceId(0)
    phone: str = ""


class RescueFile(msgspec.Struct, frozen=True):
    """What a phone saved: `device` is its number, 0 = not said, as by older pages. `saved_at` in
    epoch ms by its own clock, 0 = not said; `skew` ms are to be added to that clock."""

    scans: list[RescuedScan]
    phone: str = ""
    device: DeviceId = DeviceId(0)
    saved_at: int = 0
    skew: int = 0

    def of_event(self, event_id: EventId) -> list[RescuedScan]:
        """The acts at the doors of an event, in their order."""
        return [one for one in self.scans if one.event in (0, event_id)]

    def maker_of(self, scan: RescuedScan) -> "Maker":
        """The phone that made an act."""
        if scan.device:
            return Maker(scan.device, scan.phone)
        return Maker(self.device, self.phone)


class Maker(NamedTuple):
    """A phone as a file names it: its number, 0 = not said, and its name."""

    device_id: DeviceId
    name: str


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
    texts = (
        file.phone,
        *(f"{one.code}{one.reason}{one.question}{one.phone}" for one in file.scans),
    )
    if abs(file.skew) > LARGEST_SKEW_MS or not all(map(is_storable, texts)):
        raise Invalid("door.rescue")
    return file


def find_makers(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    file: RescueFile,
    chosen: DeviceId | None = None,
) -> list[tuple[Device, list[RescuedScan]]]:
    """The phones of the event that made the acts in a file, and what each of them made. `chosen` is
    the phone of a file that gives no number. Raises Invalid for a phone that is not the event's, a
    name that several have had, and a choice that the file contradicts."""
    made: dict[Maker, list[RescuedScan]] = {}
    for scan in file.of_event(event_id):
        made.setdefault(file.maker_of(scan), []).append(scan)
    if not made:
        made[Maker(file.device, file.phone)] = []
    known = list_devices(tx, org_id, event_id)
    found = [(_find_maker(known, maker, chosen), scans) for maker, scans in made.items()]
    if len({device.id for device, _ in found}) == len(found):
        return found
    together: dict[DeviceId, tuple[Device, list[RescuedScan]]] = {}
    for device, scans in found:
        together.setdefault(device.id, (device, []))[1].extend(scans)
    return [*together.values()]


def _find_maker(known: Sequence[Device], maker: Maker, chosen: DeviceId | None) -> Device:
    if maker.device_id:
        fit = [one for one in known if (one.id, one.name) == maker]
        if fit and chosen not in (None, maker.device_id):
            raise Invalid("door.rescue_other", phone=maker.name)
    elif chosen is not None:
        fit = [one for one in known if one.id == chosen]
    else:
        fit = [one for one in known if one.name == maker.name]
    if len(fit) > 1:
        raise Invalid("door.rescue_which", phone=maker.name)
    if not fit:
        raise Invalid("door.rescue_phone", phone=maker.name)
    return fit[0]


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
