"""Things that a command is about, looked up first: an unknown number is not an empty list."""

from turnout.core.events.programme import get_event
from turnout.core.identity.names import find_name
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, SessionId
from turnout.errors import Missing
from turnout.store import Database, Tx


def org_of_event(db: Database, org: str, event: EventId) -> OrgId:
    """The organization of that short name, which has the event. Raises Missing."""
    org_id = db.call(get_organization, org).org_id
    db.call(get_event, org_id, event)
    return org_id


def find_session(tx: Tx, org_id: OrgId, session: str) -> SessionId:
    """The session of that number or pak. Raises Missing."""
    target = find_name(tx, "pak", session)
    if target and (target.org_id, target.noun) == (org_id, "session"):
        return SessionId(target.target_id)
    if session.isascii() and session.isdigit() and len(session) < 16:
        return SessionId(int(session))
    raise Missing("session.missing", session_id=session)
