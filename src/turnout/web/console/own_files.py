"""The organization's own lists as files: who works there, keys, calls to integrators, venues and
templates. Each has what its page has, with its filters; none has a secret."""

from collections.abc import Iterator

from falcon.asgi import Request

from turnout.core.callbacks.model import CallbackState
from turnout.core.exams.rooms import UsedVenue
from turnout.core.times import wall_clock
from turnout.web.console.callbacks import SEE as SEE_CALLBACKS
from turnout.web.console.callbacks import list_seen, read_state
from turnout.web.console.credentials import SEE as SEE_CREDENTIALS
from turnout.web.console.credentials import list_shown
from turnout.web.console.exams.venues import list_all
from turnout.web.console.list_files import ListCsv, Listed, Row
from turnout.web.console.messages.templates import SEE as SEE_TEMPLATES
from turnout.web.console.messages.templates import find_all
from turnout.web.console.page import Visit
from turnout.web.console.users import SEE as SEE_USERS
from turnout.web.console.users import read_users

MOST_CALLBACKS = 10_000


def list_users(visit: Visit) -> Listed:
    """Who works for the organization, and who is invited to."""
    zone, view = visit.organization.timezone, read_users(visit)
    heading = ("Name", "Code", "Email", "Roles", "Events", "State", "Last used", "Invited until")
    rows: list[Row] = [
        (
            *(one.user.name, one.user.user_code, one.user.email, " ".join(sorted(one.roles))),
            " ".join(map(str, sorted(one.event_ids))) if one.is_limited else "all",
            *("disabled" if one.disabled_at else "active", _clock(one.used_at, zone), ""),
        )
        for one in view.colleagues
    ]
    rows += [
        (
            *("", "", one.email, " ".join(sorted(one.role_set))),
            *("", f"invitation {one.state(view.now)}", "", wall_clock(one.ends_at, zone)),
        )
        for one in view.invitations
    ]
    return Listed([heading, *rows], "user", 0, "users")


class UsersCsv(ListCsv):
    """`/console/{org}/users.csv`."""

    name, permission, find = "users", SEE_USERS, list_users


def list_keys(visit: Visit) -> Listed:
    """Keys, tokens and secrets without what they say, newest first."""
    zone, now = visit.organization.timezone, visit.tx.now
    heading = ("Number", "Name", "Kind", "Begins", "Event", "State", "Made", "Expires", "Last used")
    rows = [
        (
            *(str(one.id), one.name, one.kind.value, one.hint, str(one.event_id or "")),
            *(one.state(now), wall_clock(one.created_at, zone)),
            *(_clock(one.expires_at, zone), _clock(one.last_used_at, zone)),
        )
        for one in list_shown(visit)
    ]
    return Listed([heading, *rows], "credential", 0, "credentials")


class CredentialsCsv(ListCsv):
    """`/console/{org}/credentials.csv`."""

    name, permission, find = "credentials", SEE_CREDENTIALS, list_keys
    is_personal = False


def list_calls(visit: Visit, state: CallbackState | None) -> Listed:
    """The newest calls, without what they said: that may be of people."""
    zone = visit.organization.timezone
    heading = (
        *("Number", "Address", "Message", "Made", "State", "Attempts", "Answer", "Next attempt"),
        "Ended",
    )
    rows = [
        (
            *(str(one.id), one.url, str(one.job_id or ""), wall_clock(one.created_at, zone)),
            *(one.state.value, str(one.attempts), str(one.last_status or one.last_error)),
            *(_clock(one.due_at, zone), _clock(one.done_at, zone)),
        )
        for one in list_seen(visit, state, MOST_CALLBACKS)
    ]
    return Listed([heading, *rows], "callback", 0, "callbacks")


class CallbacksCsv(ListCsv):
    """`/console/{org}/callbacks.csv`."""

    name, permission, find = "callbacks", SEE_CALLBACKS, list_calls
    is_personal = False

    def read(self, req: Request, **_places: str) -> tuple[CallbackState | None]:
        return (read_state(req),)


def list_venues(visit: Visit) -> Listed:
    """The venues, a row for each room; one without rooms has a row, too."""
    heading = (
        *("Venue", "Address", "City", "Country", "Time zone", "Events there"),
        *("Room", "Seats", "Exams there"),
    )
    rows = [row for one in list_all(visit) for row in _rooms(one)]
    return Listed([heading, *rows], "venue", 0, "venues")


class VenuesCsv(ListCsv):
    """`/console/{org}/exams/venues.csv`."""

    name, permission, find = "venues", "exams.see", list_venues
    is_personal = False


def _rooms(used: UsedVenue) -> Iterator[Row]:
    at = used.venue
    place = (at.name, at.address, at.city, at.country_code, at.timezone, str(used.events))
    for room in used.rooms:
        yield (*place, room.name, str(room.seats), str(room.exams))
    if not used.rooms:
        yield (*place, "", "", "")


def list_texts(visit: Visit) -> Listed:
    """The templates by name, with all that they say. Raises Missing at an event."""
    zone = visit.organization.timezone
    heading = ("Number", "Name", "Channel", "Purpose", "Subject", "Text", "HTML", "Changed")
    rows = [
        (
            *(str(one.id), one.name, one.channel.value, one.purpose.value),
            *(one.subject, one.text, one.html, wall_clock(one.updated_at, zone)),
        )
        for one in find_all(visit)
    ]
    return Listed([heading, *rows], "template", 0, "templates")


class TemplatesCsv(ListCsv):
    """`/console/{org}/messages/templates.csv`."""

    name, permission, find = "templates", SEE_TEMPLATES, list_texts
    is_personal = False


def _clock(at: int | None, zone: str) -> str:
    return wall_clock(at, zone) if at else ""
