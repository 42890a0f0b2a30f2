"""What the callers need in a database, and whether all that they were told is in it, once."""

from collections import Counter
from typing import Any

from tests.core.exams.college import BILLING, College
from tests.core.registrations.invariants import find_faults
from tests.deploy.callers import (
    ALREADY,
    Booking,
    Deed,
    House,
    Joining,
    Load,
    Registering,
    Scanning,
    Sending,
)
from tests.dialects.messaging.people import HASH, PASSWORD
from tests.support.node import Account, LocalNode, WallClock, open_node
from turnout.core.events.passwords import set_registration_password
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId
from turnout.core.people.model import Contact
from turnout.core.registrations.joining import register_from_program
from turnout.settings import Settings
from turnout.store import Tx, open_database

USER = "acme/caller"


def make_house(url: str, tickets: int) -> House:
    """An organization with what all five kinds of callers call for."""
    with open_node(url, clock=WallClock()) as node:
        account = node.add_account()
        college = College(node, number=1)
        made: dict[str, Any] = node.db.call(_make, account, college.org_id, tickets)
        return _describe(node, account, college, made)


def _make(tx: Tx, account: Account, college_id: OrgId, tickets: int) -> dict[str, Any]:
    org_id, event_id = account.org_id, account.event.id
    set_registration_password(tx, org_id, event_id, HASH, actor="test")
    create_user(
        tx,
        org_id,
        USER,
        name="Caller",
        email="caller@example.com",
        password_hash=HASH,
        actor="test",
    )
    for number in range(tickets):
        contact = Contact(email=f"guest{number}@example.com", first_name="Guest")
        register_from_program(tx, org_id, event_id, contact, answers=[], sti="", is_mailed=False)
    event_token, secret = CredentialKind.EVENT_TOKEN, CredentialKind.DEVELOPER_SECRET
    _, token = issue_credential(tx, org_id, event_token, "door", event_id=event_id, actor="test")
    _, booking = issue_credential(tx, college_id, secret, "exams", actor="test")
    codes = tx.connection.execute("SELECT code FROM tickets ORDER BY id").fetchall()
    return {"event_token": token, "secret": booking, "codes": [code for (code,) in codes]}


def _describe(node: LocalNode, account: Account, college: College, made: dict[str, Any]) -> House:
    return House(
        token=account.token,
        event_pak=account.event.pak,
        session_pak=account.sessions[0].pak,
        event_id=account.event.id,
        event_token=made["event_token"],
        password=PASSWORD,
        codes=made["codes"],
        secret=made["secret"],
        venue=college.hall,
        learners=list(college.learners.values()),
        billing_code=BILLING,
        form="W1",
        user=USER,
        user_password=PASSWORD,
    )


# -- afterwards --------------------------------------------------------------------------------

# By kind of caller: one row (name of the deed, and what it was told) for each time it was done.
DONE: dict[type, str] = {
    Registering: """
        SELECT replace(s.email, '@example.com', ''), i.id FROM submissions s
        JOIN queue_items i ON i.org_id = s.org_id AND i.submission_id = s.id
    """,
    Scanning: """
        SELECT nonce, CASE result WHEN 'admitted' THEN 1 WHEN 'undone' THEN 0 ELSE -1 END
        FROM scans WHERE nonce IS NOT NULL
    """,
    Booking: """
        SELECT r.uuid, e.uuid FROM exam_registrations x
        JOIN registrations r ON r.org_id = x.org_id AND r.id = x.registration_id
        JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id
    """,
    Sending: """
        SELECT j.name, j.id FROM jobs j JOIN recipients r
        ON r.org_id = j.org_id AND r.job_id = j.id WHERE j.kind = 'broadcast'
    """,
    Joining: """
        SELECT replace(p.email, '@example.com', ''), 0 FROM registrations r
        JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id WHERE r.source = 'program'
        AND p.first_name <> 'Guest'
    """,
}

UNDECIDED = "SELECT count(*) FROM queue_items WHERE status = 'queued'"
UNSENT = "SELECT count(*) FROM recipients WHERE state IN ('waiting', 'claimed')"
COPIES = """
    SELECT r.address, r.is_repeated, count(m.id) FROM recipients r
    LEFT JOIN simulated_messages m ON m.org_id = r.org_id AND m.destination = r.address
    WHERE r.carrier = 'simulator' AND m.channel = 'sms'
    GROUP BY r.org_id, r.job_id, r.id, r.address, r.is_repeated HAVING count(m.id) <> 1
"""


def count_unsettled(tx: Tx) -> int:
    """How much was accepted and not worked on yet."""
    counts = [tx.connection.execute(count).fetchone()[0] for count in (UNDECIDED, UNSENT)]
    return sum(counts)


def find_wrongs(url: str, load: Load) -> list[str]:
    """Hold what the callers were told against the database; [] when all of it is true."""
    db = open_database(Settings(database_url=url))
    try:
        wrongs = [f"{name}: {rows}" for name, rows in db.call(find_faults).items()]
        copies = db.call(_ask, COPIES)
        wrongs += [f"message to {row[0]}: {row[2]} copies" for row in copies if not row[1]]
        for kind, question in DONE.items():
            rows = db.call(_ask, question)
            wrongs += [f"{kind.__name__} {count}" for count in _compare(kind, rows, load)]
        return wrongs
    finally:
        db.close()


def _ask(tx: Tx, question: str) -> list[Any]:
    return tx.connection.execute(question).fetchall()


def _compare(kind: type, rows: list[Any], load: Load) -> list[str]:
    times = Counter(name for name, _ in rows)
    told = dict(rows)
    deeds = {deed.name: deed for deed in load.deeds(kind)}
    wrongs = [f"{name}: nobody asked for it" for name in times if name not in deeds]
    for name, deed in deeds.items():
        if complaint := judge(kind, deed, times[name], told.get(name)):
            wrongs.append(f"{name}: {complaint}")
    return wrongs


def judge(kind: type, deed: Deed, times: int, told: Any) -> str:
    """What is wrong between what a caller was told and what is there; "" if nothing."""
    if deed.outcome == "done" and times != 1:
        return f"answered {deed.told!r}, and {times} times in the database"
    if deed.outcome == "done" and kind is not Joining and deed.told not in (told, ALREADY):
        return f"answered {deed.told!r}, and {told!r} in the database"
    if deed.outcome == "refused" and times:
        return f"nothing was changed, it said; {times} times in the database"
    if deed.outcome == "open" and times > 1:
        return f"{times} times in the database"
    return ""
