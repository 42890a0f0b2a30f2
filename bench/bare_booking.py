"""What the bare server writes for a candidate of an exam: the rows that Turnout writes.

The exam is the one of the newest registration, whose row is the model for all others. Nothing is
looked up or checked but the learner's number.
"""

from typing import Any

import msgspec

PATH = "/api/registrations/"

ADD_NAME = """
INSERT INTO directory (namespace, name, org_id, noun, target_id)
VALUES ('registration', ?, ?, 'registration', ?)
"""
ADD_REGISTRATION = """
INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting, ticket_type_id, state,
    source, name_key, answers, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 'confirmed', 'booking', ?, ?, ?, ?)
"""
ADD_TICKET = """
INSERT INTO tickets (org_id, id, code, registration_id, ticket_type_id, state, granted_by,
    created_at, updated_at)
VALUES (?, ?, ?, ?, ?, 'valid', 'exam', ?, ?)
"""
ADD_SITTING = """
INSERT INTO exam_registrations (org_id, registration_id, event_id, person_id, form_id,
    registrant_type, attendance, grading, is_eligible, sequence, passcode, time_limit, changed_at,
    change_type)
VALUES (?, ?, ?, ?, ?, 'Apprentice', 'Pending', '', 1, ?, ?, ?, ?, 'Form Assigned')
"""
ADD_CHANGE = """
INSERT INTO exam_changes (org_id, id, registration_id, registration_uuid, type, at, actor, reason,
    was, became)
VALUES (?, ?, ?, ?, ?, ?, 'bench', '', '{}', '{}')
"""
TAKE = (
    "UPDATE ticket_types SET held = held + ? WHERE org_id = ? AND id = ?",
    "UPDATE events SET held = held + ? WHERE org_id = ? AND id = ?",
    "UPDATE exams SET next_sequence = next_sequence + ? WHERE org_id = ? AND event_id = ?",
)
FIND_PERSON = "SELECT id FROM people WHERE org_id = ? AND uuid = ?"
_FIND_MODEL = """
SELECT r.org_id, r.event_id, r.ticket_type_id, r.answers, s.form_id, s.time_limit, e.uuid,
    x.next_sequence, (SELECT max(id) FROM registrations), (SELECT max(id) FROM tickets),
    (SELECT max(id) FROM exam_changes)
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN exams x ON x.org_id = e.org_id AND x.event_id = e.id
ORDER BY s.registration_id DESC LIMIT 1
"""


class Seat(msgspec.Struct):
    """Who is registered, by GUID, and the GUID of the registration."""

    learner: str
    uuid: str


class _Body(msgspec.Struct, rename="pascal"):
    learner: str


_decode = msgspec.json.Decoder(_Body).decode


def read_seat(path: str, body: bytes) -> Seat:
    """The seat that a request asks for."""
    return Seat(_decode(body).learner, path[len(PATH) :].partition("/")[0])


class Exam:
    """The exam that the load is for, and the numbers given out so far; used by one thread."""

    def __init__(self, connection: Any) -> None:
        found = connection.execute(_FIND_MODEL).fetchone()
        self.org_id, self._event_id, self._type_id, self._answers = found[:4]
        self._form_id, self._minutes, self._uuid, self._sequence = found[4:8]
        self._last_id, self._last_ticket, self._last_change = found[8:]

    def rows_of(self, seats: list[tuple[int, Seat]], now: int) -> dict[str, list[tuple[Any, ...]]]:
        """The rows to add by each statement, for people by number."""
        added: dict[str, list[tuple[Any, ...]]] = {
            text: [] for text in (ADD_NAME, ADD_REGISTRATION, ADD_TICKET, ADD_SITTING, ADD_CHANGE)
        }
        for person_id, seat in seats:
            self._last_id += 1
            self._last_ticket += 1
            of, id_ = self.org_id, self._last_id
            names = (of, id_, seat.uuid, self._event_id, person_id, id_, self._type_id)
            added[ADD_NAME].append((seat.uuid, of, id_))
            added[ADD_REGISTRATION].append((*names, seat.learner, self._answers, now, now))
            ticket = (of, self._last_ticket, f"B{id_:09}", id_, self._type_id, now, now)
            added[ADD_TICKET].append(ticket)
            sitting = (of, id_, self._event_id, person_id, self._form_id, self._sequence)
            added[ADD_SITTING].append((*sitting, f"{id_:012}", self._minutes, now))
            self._sequence += 1
            for kind in ("Requested", "Form Assigned"):
                self._last_change += 1
                added[ADD_CHANGE].append((of, self._last_change, id_, seat.uuid, kind, now))
        return added

    def take(self, count: int) -> list[tuple[str, tuple[int, ...]]]:
        """What counts so many places."""
        wheres = (self._type_id, self._event_id, self._event_id)
        pairs = zip(TAKE, wheres, strict=True)
        return [(text, (count, self.org_id, number)) for text, number in pairs]

    def say(self, seat: Seat) -> bytes:
        """What a registration is answered."""
        return msgspec.json.encode({"Exam": self._uuid, "registration": seat.uuid})
