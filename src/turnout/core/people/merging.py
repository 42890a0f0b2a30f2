"""Finding a person by e-mail address, and making one of what several sources say."""

import msgspec

from turnout.core.people.model import Contact, Person
from turnout.core.text import email_key
from turnout.store import Statements, Tx

sql = Statements("turnout.core.people")


def merge_person(tx: Tx, org_id: int, contact: Contact) -> int:
    """Make the person with that e-mail address, or update the one there is; returns its id.

    Only what was given changes. Safe to repeat, and safe against a concurrent caller.
    """
    fields = msgspec.structs.asdict(contact)
    fields["email"] = contact.email.strip()
    return sql.merge_person(  # type: ignore[no-any-return]
        tx,
        org_id=org_id,
        id=tx.next_id("person"),
        uuid=tx.uuid(),
        email_key=email_key(contact.email),
        now=tx.now,
        **fields,
    )


def find_person(tx: Tx, org_id: int, email: str) -> Person | None:
    """The organization's person with that e-mail address, however it is spelled."""
    row = sql.find_person(tx, org_id=org_id, email_key=email_key(email))
    if row is None:
        return None
    names = Contact.__struct_fields__
    contact = Contact(**dict(zip(names, row[2:16], strict=True)))
    return Person(row[0], row[1], contact, row[16], row[17])


def count_people(tx: Tx, org_id: int) -> int:
    """How many people the organization knows."""
    return sql.count_people(tx, org_id=org_id)  # type: ignore[no-any-return]
