"""What the door knows of itself: a scan at which a phone sent somebody to a supervisor, a payment
that was taken there, twice perhaps, what was taken back of what it noted, and whether a phone shows
a ticket before it checks it in.
"""

from alembic import op

from turnout.store.migrations.ddl import column, index, is_sqlite, table

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

RESULTS = "'admitted', 'repeated', 'cancelled', 'elsewhere', 'unknown', 'undone', 'unpaid', 'ask'"
KINDS = "'let_in', 'left', 'returned', 'paid'"
SCANS = f"""
    org_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    ticket_id BIGINT,
    code TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ({RESULTS})),
    gate_id BIGINT,
    device TEXT NOT NULL,
    nonce TEXT,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)"""
NOTES = f"""
    org_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ({KINDS})),
    reason TEXT NOT NULL,
    device TEXT NOT NULL,
    nonce TEXT NOT NULL,
    gate_id BIGINT,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id)"""
SCAN_COLUMNS = (
    "org_id, id, event_id, ticket_id, code, result, gate_id, device, nonce, at, recorded_at"
)
NOTE_COLUMNS = (
    "org_id, id, event_id, ticket_id, kind, reason, device, nonce, gate_id, at, recorded_at"
)
# Until now, letting somebody in anyway was taken back by a later undo of the same device, the last
# one first.
TAKEN_BACK = """
    UPDATE door_notes AS n SET taken_back_at = (
        SELECT max(u.at) FROM scans u
        WHERE u.org_id = n.org_id AND u.ticket_id = n.ticket_id AND u.result = 'undone'
            AND u.device = n.device AND u.id > n.id)
    WHERE n.kind = 'let_in' AND (
        SELECT count(*) FROM scans u
        WHERE u.org_id = n.org_id AND u.ticket_id = n.ticket_id AND u.result = 'undone'
            AND u.device = n.device AND u.id > n.id
    ) > (
        SELECT count(*) FROM door_notes l
        WHERE l.org_id = n.org_id AND l.ticket_id = n.ticket_id AND l.kind = 'let_in'
            AND l.device = n.device AND l.id > n.id)"""


def upgrade() -> None:
    if is_sqlite():
        _rebuild("scans", SCANS, SCAN_COLUMNS)
        index("scans_ticket", "scans (org_id, ticket_id, id)")
        index("scans_event", "scans (org_id, event_id, id)")
        index("scans_nonce", "scans (org_id, event_id, device, nonce)", unique=True)
        _rebuild("door_notes", NOTES, NOTE_COLUMNS)
        index("door_notes_ticket", "door_notes (org_id, ticket_id, id)")
        index("door_notes_nonce", "door_notes (org_id, event_id, device, nonce)", unique=True)
    else:
        _widen("scans", "result", RESULTS)
        _widen("door_notes", "kind", KINDS)
    # When a later undo of the same device took it back.
    column("door_notes", "taken_back_at BIGINT")
    op.execute(TAKEN_BACK)
    # What was paid a second time; null = it is no conflict of payments.
    column("door_conflicts", "amount_minor BIGINT")
    column("door_conflicts", "currency TEXT NOT NULL DEFAULT ''")
    # 1 = phones show a ticket first, and check it in with a tap.
    column("events", "door_looks_first BIGINT NOT NULL DEFAULT 0")


def _rebuild(name: str, body: str, columns: str) -> None:
    table(f"new_{name}", body)
    op.execute(f"INSERT INTO new_{name} ({columns}) SELECT {columns} FROM {name}")  # noqa: S608
    op.execute(f"DROP TABLE {name}")
    op.execute(f"ALTER TABLE new_{name} RENAME TO {name}")


def _widen(name: str, checked: str, values: str) -> None:
    op.execute(f"ALTER TABLE {name} DROP CONSTRAINT {name}_{checked}_check")
    op.execute(
        f"ALTER TABLE {name} ADD CONSTRAINT {name}_{checked}_check CHECK ({checked} IN ({values}))"
    )
