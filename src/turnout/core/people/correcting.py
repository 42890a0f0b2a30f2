"""Correcting what is known of a person, also what others may not change: a learner's name."""

from collections.abc import Mapping

import msgspec

from turnout.core.audit.recording import record
from turnout.core.ids import OrgId, PersonId
from turnout.core.people.contacts import check_details
from turnout.core.people.finding import get_person
from turnout.core.people.merging import find_person, follow_person
from turnout.core.people.model import Person
from turnout.core.people.sql import sql
from turnout.core.text import email_key, is_email
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx


def correct_person(
    tx: Tx, org_id: OrgId, person_id: PersonId, changes: Mapping[str, str], *, actor: str
) -> list[str]:
    """Set details by their names in `Contact`, all but the address; "" takes one away.

    Returns which of them are new. A former phone number is kept with the person, for the messages
    that went to it. Idempotent. The audit has the names of the fields, never what stood in them.
    Raises Missing, Invalid.
    """
    lock_person(tx, org_id, person_id)
    before = get_person(tx, org_id, person_id).contact
    after = msgspec.structs.replace(before, **{n: text.strip() for n, text in changes.items()})
    check_details(after)
    fields = msgspec.structs.asdict(after)
    changed = [name for name, text in fields.items() if text != getattr(before, name)]
    if not changed:
        return []
    del fields["email"]
    sql.set_details(tx, org_id=org_id, id=person_id, **fields)
    if "phone" in changed and before.phone:
        keep_former_address(tx, org_id, person_id, "phone", before.phone)
    follow_person(tx, org_id, person_id)
    record(tx, org_id, actor, "corrected", "person", person_id, fields=changed)
    return changed


def change_address(tx: Tx, org_id: OrgId, person_id: PersonId, email: str, *, actor: str) -> bool:
    """Give a person another e-mail address; whether it changed.

    The former one is kept with the person, for the messages that went to it. Raises Conflict when
    somebody else has the address (merge the two), Invalid, Missing.
    """
    email = email.strip()
    if not is_email(email):
        raise Invalid("contact.email", email=email)
    lock_person(tx, org_id, person_id)
    before = get_person(tx, org_id, person_id).contact.email
    if email == before:
        return False
    owner = find_person(tx, org_id, email)
    if owner and owner.id != person_id:
        raise Conflict("person.address_taken", email=email, owner=owner.id)
    sql.set_email(tx, org_id=org_id, id=person_id, email=email, email_key=email_key(email))
    if before and email_key(before) != email_key(email):
        keep_former_address(tx, org_id, person_id, "email", before)
    follow_person(tx, org_id, person_id)
    record(tx, org_id, actor, "changed address", "person", person_id)
    return True


def lock_person(tx: Tx, org_id: OrgId, person_id: PersonId) -> None:
    """Hold a person against concurrent changes. Raises Missing."""
    if sql.lock_person(tx, org_id=org_id, id=person_id, now=tx.now) is None:
        get_person(tx, org_id, person_id)  # it knows who they were merged into
        raise Missing("person.missing", person_id=person_id)


def keep_former_address(
    tx: Tx, org_id: OrgId, person_id: PersonId, medium: str, address: str
) -> None:
    """Remember an address (`email`) or number (`phone`) that a person no longer has."""
    sql.add_former_address(
        tx, org_id=org_id, person_id=person_id, medium=medium, address=address, now=tx.now
    )


def absorb_contact(tx: Tx, org_id: OrgId, kept: Person, other: Person) -> None:
    """Give `kept` what `other` knows and it does not, and take the address from `other`.

    Both are locked. An address, number or name that differs becomes a former one of `kept`.
    """
    sql.set_email(tx, org_id=org_id, id=other.id, email="", email_key=None)
    sql.move_former_addresses(tx, org_id=org_id, from_id=other.id, to_id=kept.id)
    sql.delete_former_addresses(tx, org_id=org_id, person_id=other.id)
    sql.move_former_names(tx, org_id=org_id, from_id=other.id, to_id=kept.id)
    sql.delete_former_names(tx, org_id=org_id, person_id=other.id)
    mine, theirs = (msgspec.structs.asdict(person.contact) for person in (kept, other))
    fields = {name: mine[name] or theirs[name] for name in mine}
    if sql.is_learner(tx, org_id=org_id, person_id=kept.id):  # an official record
        fields |= {name: mine[name] for name in ("first_name", "last_name")}
    for medium, name in (("email", "email"), ("phone", "phone")):
        if theirs[name] and theirs[name] != fields[name]:
            keep_former_address(tx, org_id, kept.id, medium, theirs[name])
    named = {name: theirs[name] for name in ("first_name", "last_name")}
    if any(named.values()) and any(fields[name] != text for name, text in named.items()):
        sql.add_former_name(tx, org_id=org_id, person_id=kept.id, **named, now=tx.now)
    email = fields.pop("email")
    key = email_key(email) if mine["email"] == "" and email else None
    if key:
        sql.set_email(tx, org_id=org_id, id=kept.id, email=email, email_key=key)
    sql.set_details(tx, org_id=org_id, id=kept.id, **fields)
    sql.set_merged(tx, org_id=org_id, id=other.id, into=kept.id)
    follow_person(tx, org_id, kept.id)


def is_learner(tx: Tx, org_id: OrgId, person_id: PersonId) -> bool:
    """Whether exams know the person."""
    return bool(sql.is_learner(tx, org_id=org_id, person_id=person_id))
