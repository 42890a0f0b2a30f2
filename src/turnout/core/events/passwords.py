"""An event's registration password: with it, other programs register people for the event.

An event has none until somebody sets one. Only an argon2id hash is kept; it is checked outside any
transaction (core/identity/passwords.py).
"""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.events.sql import sql
from turnout.core.ids import EventId, OrgId
from turnout.errors import Missing
from turnout.store import Tx


class RegistrationPassword(NamedTuple):
    """Which organization's event it opens, and its hash."""

    org_id: OrgId
    event_id: EventId
    hashed: str


def set_registration_password(
    tx: Tx, org_id: OrgId, event_id: EventId, hashed: str, *, actor: str
) -> None:
    """Let anyone who knows the password (`hashed` by `hash_password`) register people for the
    event, in place of an earlier one. Raises Missing for an unknown event."""
    get_event(tx, org_id, event_id)
    sql.put_registration_password(tx, org_id=org_id, event_id=event_id, hash=hashed, now=tx.now)
    record(tx, org_id, actor, "set registration password", "event", event_id)


def clear_registration_password(tx: Tx, org_id: OrgId, event_id: EventId, *, actor: str) -> None:
    """Let nobody register people that way any more, at once. Raises Missing for an event that has
    no password."""
    if not sql.delete_registration_password(tx, org_id=org_id, event_id=event_id):
        raise Missing("registration_password.missing", event_id=event_id)
    record(tx, org_id, actor, "cleared registration password", "event", event_id)


def find_registration_password(tx: Tx, event_id: EventId) -> RegistrationPassword | None:
    """The password of the event of that number, which is one in the whole installation; None where
    it has none, and for an unknown event."""
    return sql.find_registration_password(tx, event_id=event_id)
