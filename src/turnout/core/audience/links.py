"""Personal links to the watch page, and what the page knows of who opened it.

A link says who it is for by the organization and the registration, and a keyed digest of both: it
cannot be guessed, and ends with the registration. A watch page that was opened also knows when,
with a digest of its own: nothing counts as watched there that was before.
"""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.audience.sql import sql
from turnout.core.identity.link_keys import ensure_link_key, find_link_key, find_link_keys
from turnout.core.identity.personal_links import ID, PersonalLinks, missing_link
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.registrations.model import RegistrationState
from turnout.core.text import email_key
from turnout.errors import Gone
from turnout.store import Tx

PATH = "/watch/"
_LINKS = PersonalLinks("watch", PATH, f"{ID}-{ID}", between=":")
_OPENED = PersonalLinks("watched since", PATH, f"{ID}-{ID}-{ID}", between=":")


class Viewer(NamedTuple):
    """Whose link it is."""

    org_id: OrgId
    registration_id: RegistrationId
    event_id: EventId
    email: str
    name: str


def make_token(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> str:
    """What the address of the registration's watch pages ends with."""
    return _LINKS.token(ensure_link_key(tx), org_id, registration_id)


def read_token(keys: Sequence[str], token: str) -> tuple[OrgId, RegistrationId]:
    """The organization and the registration that a token names. Raises Missing for one that was
    signed with none of `keys`."""
    org_id, registration_id = _LINKS.read(keys, token)
    return OrgId(int(org_id)), RegistrationId(int(registration_id))


def sign_opening(tx: Tx, org_id: OrgId, registration_id: RegistrationId, opened_at: int) -> str:
    """What a watch page that was opened then (epoch ms) shows with its heartbeats; empty where no
    link was ever signed."""
    key = find_link_key(tx)
    return _OPENED.token(key, org_id, registration_id, opened_at) if key else ""


def read_opening(
    keys: Sequence[str], org_id: OrgId, registration_id: RegistrationId, opening: str
) -> int:
    """When that page was opened (epoch ms). Raises Missing for another's."""
    *whose, opened_at = map(int, _OPENED.read(keys, opening))
    if whose != [org_id, registration_id]:
        raise missing_link()
    return opened_at


def list_watch_links(tx: Tx, org_id: OrgId, code: str) -> list[tuple[str, str]]:
    """Titles and paths of what the holder of this ticket code may watch; empty where no
    link was ever signed."""
    key = find_link_key(tx)
    rows = sql.list_ticket_shows(tx, org_id=org_id, code=code) if key else []
    return [
        (title, f"{PATH}{pak}/{_LINKS.token(key, org_id, number)}") for number, pak, title in rows
    ]


def find_viewer(tx: Tx, token: str) -> Viewer:
    """Whose token it is. Raises Missing, Gone when the registration was cancelled."""
    org_id, registration_id = read_token(find_link_keys(tx), token)
    row = sql.find_viewer(tx, org_id=org_id, registration_id=registration_id)
    if row is None:
        raise missing_link()
    event_id, state, _, email, first_name, last_name = row
    if state != RegistrationState.CONFIRMED:
        raise Gone("registration.cancelled")
    name = " ".join(filter(None, (first_name, last_name))) or email
    return Viewer(org_id, registration_id, event_id, email, name)


def find_registered(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> RegistrationId | None:
    """The registration of that address for the event, if it is registered."""
    return sql.find_registered(tx, org_id=org_id, event_id=event_id, email_key=email_key(email))
