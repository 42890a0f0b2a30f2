"""The bare server's database where that is PostgreSQL: one session of psycopg.

What waits is stored in one transaction. Rows of one kind go to the server together, by psycopg's
`executemany`, which sends them without waiting for each answer; the tickets of all scans are found
by one statement.
"""

import time
from typing import Any

import psycopg

from bench import bare
from bench.bare_booking import Exam, Seat


def _numbered(text: str) -> str:
    return text.replace("?", "%s")


_FIND_PEOPLE = "SELECT uuid, id FROM people WHERE org_id = %s AND uuid = ANY(%s)"
_FIND_TICKETS = _numbered(bare.FIND_TICKET).replace("t.code = %s", "t.code = ANY(%s)")


class PostgresqlStore:
    """One session on a copy of a Turnout database."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)
        self._numbers = bare.Numbers(self._connection)
        self._exam = Exam(self._connection)
        self._connection.commit()

    def commit(
        self, registrations: list[bare.Keyed], codes: list[str], seats: list[Seat]
    ) -> bare.Answers:
        """As `bare.Store` has it."""
        now = time.time_ns() // 1_000_000
        firsts, added = self._numbers.rows_of(registrations, now)
        with self._connection.cursor() as cursor:
            for statement, rows in added.items():
                if rows:
                    cursor.executemany(_numbered(statement), rows)
            answers = self._check_in(cursor, codes, now) if codes else []
            booked = self._book(cursor, seats, now) if seats else []
        self._connection.commit()
        return firsts, answers, booked

    def _book(self, cursor: "psycopg.Cursor[Any]", seats: list[Seat], now: int) -> list[bytes]:
        exam = self._exam
        uuids = [seat.learner for seat in seats]
        found = dict(cursor.execute(_FIND_PEOPLE, (exam.org_id, uuids)).fetchall())
        for text, values in exam.take(len(seats)):
            cursor.execute(_numbered(text), values)
        rows = exam.rows_of([(found[seat.learner], seat) for seat in seats], now)
        for statement, own in rows.items():
            cursor.executemany(_numbered(statement), own)
        return [exam.say(seat) for seat in seats]

    def _check_in(self, cursor: "psycopg.Cursor[Any]", codes: list[str], now: int) -> list[bytes]:
        org_id, event_id = self._numbers.org_id, self._numbers.event_id
        rows = cursor.execute(_FIND_TICKETS, (org_id, codes, event_id)).fetchall()
        found = {row[CODE_PLACE]: row for row in rows}
        marks = [(now, now, org_id, row[0]) for row in rows]
        cursor.executemany(_numbered(bare.CHECK_IN), marks)
        scans = [
            self._numbers.scan_row(
                row[0], code, "admitted" if bare.is_good(row) else "repeated", now
            )
            for code, row in found.items()
        ]
        cursor.executemany(_numbered(bare.ADD_SCAN), scans)
        return [bare.say_attendee(found[code], now) if code in found else b"null" for code in codes]


# Where a row of FIND_TICKET has the code.
CODE_PLACE = 11
