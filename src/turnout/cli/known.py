"""Things that a command is about, looked up first: an unknown number is not an empty list."""

from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId
from turnout.store import Database


def org_of_event(db: Database, org: str, event: EventId) -> OrgId:
    """The organization of that short name, which has the event. Raises Missing."""
    org_id = db.call(get_organization, org).org_id
    db.call(get_event, org_id, event)
    return org_id
