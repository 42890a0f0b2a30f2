"""Finding a person by e-mail address, and making one of what several sources say."""

from collections.abc import Mapping
from operator import attrgetter, itemgetter
from typing import NamedTuple

import msgspec

from turnout.core.ids import OrgId, PersonId
from turnout.core.people.model import Contact, Person
from turnout.core.people.sql import sql
from turnout.core.text import email_key, fold
from turnout.store import Tx, to_json

PersonKey = tuple[OrgId, str]
"""An organization, and what all spellings of an e-mail address have in common."""

_details = attrgetter(*(name for name in Contact.__struct_fields__ if name != "email"))


class MergeResult(NamedTuple):
    """The person that came of a merge."""

    id: PersonId
    is_new: bool


def merge_person(tx: Tx, org_id: OrgId, contact: Contact) -> MergeResult:
    """Make the person with that e-mail address, or update the one there is.

    Only what was given changes, and never the name of a learner, which is an official record. Safe
    to repeat, and safe against a concurrent caller.
    """
    fields = msgspec.structs.asdict(contact)
    fields["email"] = contact.email.strip()
    new_id = PersonId(tx.next_id("person"))
    person_id = sql.merge_person(
        tx,
        org_id=org_id,
        id=new_id,
        uuid=tx.uuid(),
        email_key=email_key(contact.email),
        now=tx.now,
        **fields,
    )
    return MergeResult(person_id, is_new=person_id == new_id)


def merge_people(
    tx: Tx, people: Mapping[PersonKey, tuple[str, Contact]]
) -> dict[PersonKey, PersonId]:
    """`merge_person` for many in one statement, each with a UUID for somebody new; their numbers,
    which rise as they come."""
    ids = tx.next_ids("person", len(people))
    rows = [
        (org_id, id_, uuid, contact.email.strip(), key, *_details(contact))
        for id_, ((org_id, key), (uuid, contact)) in zip(ids, people.items(), strict=True)
    ]
    rows.sort(key=itemgetter(0, 4))
    merged = sql.merge_people(tx, rows=to_json(rows), now=tx.now)
    return {(org_id, key): id_ for org_id, id_, key in merged}


def follow_person(tx: Tx, org_id: OrgId, person_id: PersonId) -> None:
    """Have a learner found by the name and address that the person has now."""
    first_name, last_name, email = sql.get_named(tx, org_id=org_id, id=person_id)
    sql.set_learner_keys(
        tx,
        org_id=org_id,
        person_id=person_id,
        name_key=fold(" ".join(filter(None, (first_name, last_name)))),
        email_key=fold(email),
    )


def know_person(tx: Tx, org_id: OrgId, contact: Contact) -> PersonId:
    """The id of the person with that e-mail address, who is made where there is none.

    For what anybody may send, such as a form of a public page: it changes nothing that is known.
    """
    known = find_person(tx, org_id, contact.email)
    return known.id if known else merge_person(tx, org_id, contact).id


def add_guest(tx: Tx, org_id: OrgId, contact: Contact) -> PersonId:
    """Make a person without an address, such as the guest of somebody who has one; the new id."""
    fields = msgspec.structs.asdict(contact) | {"email": ""}
    new_id = PersonId(tx.next_id("person"))
    sql.merge_person(
        tx, org_id=org_id, id=new_id, uuid=tx.uuid(), email_key=None, now=tx.now, **fields
    )
    return new_id


def find_person(tx: Tx, org_id: OrgId, email: str) -> Person | None:
    """The organization's person with that e-mail address, however it is spelled."""
    row = sql.find_person(tx, org_id=org_id, email_key=email_key(email))
    if row is None:
        return None
    return Person(row.id, row.uuid, row.contact, row.created_at, row.updated_at)


def count_people(tx: Tx, org_id: OrgId) -> int:
    """How many people the organization knows."""
    return sql.count_people(tx, org_id=org_id)
