"""What belongs to an organization and not to one of its events."""

from turnout.errors import Missing
from turnout.web.console.page import Visit


def require_organization(visit: Visit) -> None:
    """Raise Missing for a visit at an event, which has no such page."""
    if visit.event is not None:
        raise Missing("path.missing", path=str(visit.event.id))
