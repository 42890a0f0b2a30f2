"""Seats of a room by number, as an invigilator gives them out."""

from turnout.core.audit.recording import record
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sittings import check_confirmed, require_sitting
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Invalid
from turnout.store import Tx


def set_seat(tx: Tx, org_id: OrgId, uuid: str, seat: int, *, actor: str) -> None:
    """Give a candidate a seat of the exam's room by its number; idempotent.

    Raises Missing, Conflict for a cancelled registration, an exam without a room and a seat that is
    taken, Invalid for a seat that the room does not have.
    """
    sitting = require_sitting(tx, org_id, uuid)
    check_confirmed(sitting)
    exam = get_exam(tx, org_id, sitting.event_id)
    room = sql.find_room(tx, org_id=org_id, id=exam.room_id) if exam.room_id else None
    if room is None:
        raise Conflict("seat.no_room", event_id=exam.event_id)
    if not 1 <= seat <= room.seats:
        raise Invalid("seat.unknown", seat=seat, room=room.name, seats=room.seats)
    own = sql.find_seat(tx, org_id=org_id, event_id=exam.event_id, seat=seat)
    if own is not None and own != sitting.registration_id:
        raise Conflict("seat.taken", seat=seat)
    sql.set_seat(tx, org_id=org_id, registration_id=sitting.registration_id, seat=seat)
    record(tx, org_id, actor, "seated", "registration", sitting.registration_id, seat=seat)
