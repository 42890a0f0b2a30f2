"""Following newer zone data when a node starts (core/maintenance/time_zones.py)."""

import structlog

from turnout.core.maintenance.time_zones import Place, derive_again, is_due, note_followed
from turnout.core.zone_data import UNKNOWN, zone_data_version
from turnout.store import Database

log = structlog.get_logger()


def follow_zone_data(db: Database) -> int | None:
    """Derive the instants that lie ahead again, if the zone data is newer than what the database
    went by; how many things moved, or None where nothing was due. Idempotent."""
    version = zone_data_version()
    if version == UNKNOWN or not db.call(is_due, version):
        return None
    moved = 0
    place: Place | None = Place()
    while place is not None:
        count, place = db.call(derive_again, place, version)
        moved += count
    db.call(note_followed, version, moved)
    if moved:
        log.warning("zone data moved what lies ahead", zone_data=version, moved=moved)
    return moved
