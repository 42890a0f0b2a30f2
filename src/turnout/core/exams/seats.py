"""Seats of a room by number: those that are free, and as an invigilator gives them out."""

from itertools import islice

from turnout.core.audit.recording import record
from turnout.core.exams.model import Exam
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sittings import check_confirmed, require_sitting
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Invalid
from turnout.store import Tx


def find_seat(tx: Tx, org_id: OrgId, exam: Exam) -> int | None:
    """The lowest free seat of the room that the exam is in."""
    [seat] = list_free_seats(tx, org_id, exam, 1)
    return seat


def list_free_seats(tx: Tx, org_id: OrgId, exam: Exam, count: int) -> list[int | None]:
    """The lowest free seats of the room that the exam is in; None each where it is in none."""
    if exam.room_id is None:
        return [None] * count
    taken = {seat for (seat,) in sql.list_seats(tx, org_id=org_id, event_id=exam.event_id)}
    free = (number for number in range(1, len(taken) + count + 1) if number not in taken)
    return [*islice(free, count)]


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


def swap_seats(tx: Tx, org_id: OrgId, uuid: str, other: str, *, actor: str) -> None:
    """Give two candidates of one exam each other's seat; one without a seat gives the other none.
    Not idempotent. Raises Missing, Conflict for a cancelled registration, and for two that are one
    or are of two exams."""
    # Locked in one order: two swaps of the same candidates do not wait for each other.
    locked = {named: require_sitting(tx, org_id, named) for named in sorted((uuid, other))}
    one, two = locked[uuid], locked[other]
    if one.registration_id == two.registration_id or one.event_id != two.event_id:
        raise Conflict("seat.swap")
    had = [
        sql.find_own_seat(tx, org_id=org_id, registration_id=sitting.registration_id)
        for sitting in (one, two)
    ]
    for sitting, seat in zip((two, one), had, strict=True):
        check_confirmed(sitting)
        sql.set_seat(tx, org_id=org_id, registration_id=sitting.registration_id, seat=seat)
        record(tx, org_id, actor, "seated", "registration", sitting.registration_id, seat=seat)
