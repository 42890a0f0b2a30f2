"""What the door has noted is carried over, and may be more than before."""

import pytest

from tests.support.node import BACKENDS
from tests.upgrade.data import ask, execute, restore
from turnout.store.migrations.running import migrate

NOTE = (
    "INSERT INTO door_notes (org_id, id, event_id, ticket_id, kind, reason, device, nonce, at,"
    " recorded_at) VALUES"
)
SCAN = (
    "INSERT INTO scans (org_id, id, event_id, ticket_id, code, result, device, nonce, at,"
    " recorded_at) VALUES"
)
FIRST = 900_000_000


@pytest.mark.parametrize("backend", BACKENDS)
def test_notes_and_scans_are_kept_and_may_be_of_the_new_kinds(backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore("0058", backend, tmp_path, cluster)
    migrate(url, "0080")
    ((org_id, event_id, ticket_id),) = ask(
        url,
        "SELECT t.org_id, r.event_id, t.id FROM tickets t"
        " JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id"
        " ORDER BY t.org_id, t.id LIMIT 1",
    )

    def note(number: int, kind: str) -> str:
        own = f"{org_id}, {FIRST + number}, {event_id}, {ticket_id}, '{kind}', ''"
        return f"{NOTE} ({own}, 'Desk', 'note-{number}', {number}, {number})"

    def scan(number: int, result: str) -> str:
        own = f"{org_id}, {FIRST + number}, {event_id}, {ticket_id}, 'CODE', '{result}'"
        return f"{SCAN} ({own}, 'Desk', 'scan-{number}', {number}, {number})"

    # Of two that were let in anyway, an undo took back the last one.
    execute(url, note(1, "let_in"), note(2, "let_in"), scan(3, "undone"), note(4, "left"))
    before = {one: ask(url, f"SELECT count(*) FROM {one}") for one in ("scans", "door_notes")}
    migrate(url)
    assert before == {one: ask(url, f"SELECT count(*) FROM {one}") for one in before}
    kept = ask(url, f"SELECT id, taken_back_at FROM door_notes WHERE id > {FIRST} ORDER BY id")
    assert [tuple(row) for row in kept] == [
        (FIRST + 1, None),
        (FIRST + 2, 3),
        (FIRST + 4, None),
    ]
    execute(url, scan(5, "ask"), note(6, "paid"))
    for wrong in (scan(7, "maybe"), note(8, "maybe")):
        with pytest.raises(Exception, match=r"(?i)check"):
            execute(url, wrong)
