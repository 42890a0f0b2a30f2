"""What staff write down of a registration: notes and tags. The person never sees them."""

from typing import Any, NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import NoteId, OrgId, RegistrationId
from turnout.core.registrations import booking
from turnout.core.registrations.sql import sql
from turnout.core.text import fold, is_line, is_paragraph
from turnout.errors import Invalid
from turnout.store import Tx

LONGEST_NOTE, LONGEST_TAG = 2000, 50


class Note(NamedTuple):
    """What somebody of the staff wrote. `created_at` in epoch ms; `is_at_door`: phones at the door
    show it."""

    id: NoteId
    note: str
    actor: str
    created_at: int
    is_at_door: bool = False


def add_note(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    note: str,
    *,
    is_at_door: bool = False,
    actor: str,
) -> None:
    """Write a note, of up to 2000 characters; phones at the door show it if `is_at_door`.
    Raises Invalid, Missing."""
    booking.lock_registration(tx, org_id, registration_id)
    text = note.strip()
    if not text or len(text) > LONGEST_NOTE or not is_paragraph(text):
        raise Invalid("note.text", limit=LONGEST_NOTE)
    sql.add_note(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        id=NoteId(tx.next_id("registration")),
        note=text,
        actor=actor,
        is_at_door=int(is_at_door),
        now=tx.now,
    )
    record(tx, org_id, actor, "noted", "registration", registration_id)


def list_notes(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[Note]:
    """The notes of a registration, oldest first."""
    return sql.list_notes(tx, org_id=org_id, registration_id=registration_id)


def add_tag(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, tag: str, *, actor: str
) -> bool:
    """Tag a registration, with up to 50 characters; case does not count; whether it had not that
    tag. Idempotent. Raises Invalid, Missing."""
    booking.lock_registration(tx, org_id, registration_id)
    text = tag.strip()
    if not text or len(text) > LONGEST_TAG or not is_line(text):
        raise Invalid("tag.text", limit=LONGEST_TAG)
    named: dict[str, Any] = {"org_id": org_id, "registration_id": registration_id}
    if not sql.add_tag(tx, **named, tag_key=fold(text), tag=text, now=tx.now):
        return False
    record(tx, org_id, actor, "tagged", "registration", registration_id)
    return True


def remove_tag(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, tag: str, *, actor: str
) -> bool:
    """Take a tag off; whether it was there. Idempotent. Raises Missing."""
    booking.lock_registration(tx, org_id, registration_id)
    named: dict[str, Any] = {"org_id": org_id, "registration_id": registration_id}
    if not sql.delete_tag(tx, **named, tag_key=fold(tag.strip())):
        return False
    record(tx, org_id, actor, "untagged", "registration", registration_id)
    return True


def list_tags(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[str]:
    """The tags of a registration, in order of the alphabet."""
    return [tag for (tag,) in sql.list_tags(tx, org_id=org_id, registration_id=registration_id)]
