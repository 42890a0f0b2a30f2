"""Who cancelled a ticket, and when, as a phone at the door says it: the log of changes knows."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from turnout.core.audit.recording import list_entries
from turnout.core.door.sql import sql
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId, RegistrationId, UserId
from turnout.core.registrations.giving_back import CANCELLED, TRANSFERRED
from turnout.store import Tx

GAVE_BACK = "gave back"


class EndedBy(StrEnum):
    """Who ended a ticket: the guest, somebody of the staff, a program, or the server by itself."""

    GUEST = "guest"
    STAFF = "staff"
    PROGRAM = "program"
    SERVER = "server"


_KINDS = {
    "guest": EndedBy.GUEST,
    "waiting": EndedBy.GUEST,
    "invitee": EndedBy.GUEST,
    "link": EndedBy.GUEST,
    "user": EndedBy.STAFF,
    "cli": EndedBy.STAFF,
    "device": EndedBy.STAFF,
    "credential": EndedBy.PROGRAM,
}


class Ending(msgspec.Struct, frozen=True):
    """When a ticket was cancelled (epoch ms), and by whom; `name` is that of a user, empty where it
    is not known."""

    at: int
    by: EndedBy
    name: str = ""


def find_ending(
    tx: Tx, org_id: OrgId, event_id: EventId, registration_id: RegistrationId, code: str
) -> Ending | None:
    """What ended a ticket that is not good any more: its event's cancellation, or its own. None =
    the log does not say."""
    if get_event(tx, org_id, event_id).state == EventState.CANCELLED:
        changes = list_entries(tx, org_id, "event", event_id)
        ended = [one for one in changes if one.facts.get("state", [])[-1:] == [CANCELLED]]
    else:
        changes = list_entries(tx, org_id, "registration", registration_id)
        ended = [
            one
            for one in changes
            if one.action in (CANCELLED, TRANSFERRED)
            or (one.action == GAVE_BACK and code in one.facts.get("codes", []))
        ]
    return _tell(tx, org_id, ended[-1].at, ended[-1].actor) if ended else None


def list_endings(
    tx: Tx, org_id: OrgId, event_id: EventId, only: Sequence[RegistrationId] | None
) -> dict[RegistrationId, Ending]:
    """What ended the event's cancelled registrations, or those of them in `only`."""
    rows = sql.list_endings(tx, org_id=org_id, event_id=event_id)
    wanted = None if only is None else frozenset(only)
    last = {
        row.registration_id: row for row in rows if wanted is None or row.registration_id in wanted
    }
    return {id_: _tell(tx, org_id, row.at, row.actor) for id_, row in last.items()}


def _tell(tx: Tx, org_id: OrgId, at: int, actor: str) -> Ending:
    kind, _, which = actor.partition(":")
    name = ""
    if kind == "user" and which.isdecimal():
        name = sql.find_user_name(tx, org_id=org_id, user_id=UserId(int(which))) or ""
    return Ending(at, _KINDS.get(kind, EndedBy.SERVER), name)
