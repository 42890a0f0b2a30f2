"""Many attendees of one event, as copies of one who is there; in seconds, on both databases."""

from typing import Any

from turnout.core.ids import EventId
from turnout.store import Tx

Row = dict[str, Any]


def add_attendees(tx: Tx, event_id: EventId, count: int) -> None:
    """Copy the event's newest attendee with a ticket `count` times, with names of their own. The
    event's count of places stays as it was, and so do the sequences: make nothing afterwards."""
    mark = "?" if tx.backend == "sqlite" else "%s"
    model = _find(
        tx,
        "SELECT r.* FROM registrations r JOIN tickets t ON t.org_id = r.org_id "
        f"AND t.registration_id = r.id WHERE r.event_id = {mark} AND r.state = 'confirmed' "
        "AND t.state = 'valid' ORDER BY r.id DESC LIMIT 1",
        event_id,
    )
    person = _find(tx, f"SELECT * FROM people WHERE id = {mark}", model["person_id"])
    ticket = _find(tx, f"SELECT * FROM tickets WHERE registration_id = {mark}", model["id"])
    first = {name: _last(tx, name) + 1 for name in ("people", "registrations", "tickets")}
    people, registrations, tickets = [], [], []
    for number in range(count):
        ids = {name: value + number for name, value in first.items()}
        email = f"crowd{ids['people']}@example.com"
        own = {"id": ids["people"], "uuid": tx.uuid(), "email": email, "email_key": email}
        people.append(person | own)
        own = {"id": ids["registrations"], "uuid": tx.uuid(), "person_id": ids["people"]}
        registrations.append(model | own)
        own = {"id": ids["tickets"], "code": f"C{ids['tickets']:09d}"}
        tickets.append(ticket | own | {"registration_id": ids["registrations"]})
    for table, rows in (("people", people), ("registrations", registrations), ("tickets", tickets)):
        _add(tx, table, rows, mark)


def _find(tx: Tx, statement: str, *values: object) -> Row:
    cursor = tx.connection.execute(statement, values)
    names = [column[0] for column in cursor.description]
    return dict(zip(names, cursor.fetchone(), strict=True))


def _last(tx: Tx, table: str) -> int:
    (last,) = tx.connection.execute(f"SELECT max(id) FROM {table}").fetchone()
    return int(last)


def _add(tx: Tx, table: str, rows: list[Row], mark: str) -> None:
    names = ", ".join(rows[0])
    marks = ", ".join([mark] * len(rows[0]))
    tx.connection.cursor().executemany(
        f"INSERT INTO {table} ({names}) VALUES ({marks})",
        [tuple(row.values()) for row in rows],
    )
