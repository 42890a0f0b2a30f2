"""Scans that come at the same moment share a transaction, ahead of every other request.

What is not simple (core/checkin/together.py), and every scan whose token is refused, is left: the
caller does it alone, in the way of all other requests, and gets its own refusal.
"""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.checkin.scans import Scan
from turnout.core.checkin.together import Admitted, Asked, check_in_together
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event
from turnout.core.identity.model import Principal
from turnout.dialects.attendance.auth import Doors, ShownToken
from turnout.errors import Failure
from turnout.store import Batcher, Database, Lane, Tx

SCANS_WAITING = 4096


class AdmittedAt(NamedTuple):
    """A scan that was let in, and the event."""

    principal: Principal
    event: Event
    admitted: Admitted


class Gathering:
    """Takes scans that check somebody in."""

    def __init__(self, db: Database, doors: Doors) -> None:
        self._doors = doors
        self._batcher: Batcher[tuple[ShownToken, Scan], AdmittedAt | None] = Batcher(
            db, _check_in_all, limit=SCANS_WAITING, lane=Lane.DOOR
        )

    async def check_in(self, shown: ShownToken, scan: Scan) -> AdmittedAt | None:
        """Check a ticket in that can simply be let in, once that is on disk; None = it is to be
        done alone. Raises Unavailable."""
        found = await self._batcher((shown, scan))
        if found is not None:
            self._doors.note(found.principal)
        return found


def _check_in_all(
    tx: Tx, scans: Sequence[tuple[ShownToken, Scan]]
) -> list[AdmittedAt | Failure | None]:
    doors = {shown: _find_door(tx, shown) for shown in dict.fromkeys(shown for shown, _ in scans)}
    known = [(door, scan) for shown, scan in scans if (door := doors[shown])]
    asked = [Asked(door[0].org_id, door[1].id, scan) for door, scan in known]
    admitted = iter(check_in_together(tx, asked))
    return [
        AdmittedAt(*door, found) if (door := doors[shown]) and (found := next(admitted)) else None
        for shown, _ in scans
    ]


def _find_door(tx: Tx, shown: ShownToken) -> tuple[Principal, Event] | None:
    """Who shows the token, and the event; None where it is refused."""
    try:
        principal = shown.recognize(tx)
        return principal, get_event(tx, principal.org_id, principal.event_id)
    except Failure:
        return None
