"""Finding people by what an organizer knows of them: a number, an address, a name or a phone."""

from turnout.core.ids import OrgId, PersonId
from turnout.core.people.merging import find_person
from turnout.core.people.model import FormerAddress, FormerName, Person
from turnout.core.people.sql import sql
from turnout.core.text import fold
from turnout.errors import Missing
from turnout.store import Tx

SLICE = 1000
# Shorter runs of digits stand in half of all numbers.
SHORTEST_PHONE = 4


def get_person(tx: Tx, org_id: OrgId, person_id: PersonId) -> Person:
    """A person by number. Raises Missing; for one who was merged into another, it names that."""
    row = sql.get_person(tx, org_id=org_id, id=person_id)
    if row is None:
        if into := sql.find_merged(tx, org_id=org_id, id=person_id):
            raise Missing("person.merged", person_id=person_id, into=into)
        raise Missing("person.missing", person_id=person_id)
    return Person(*row)


def get_named_person(tx: Tx, org_id: OrgId, name: str) -> Person:
    """A person by number or e-mail address. Raises Missing."""
    if name.isascii() and name.isdigit():
        return get_person(tx, org_id, PersonId(int(name)))
    person = find_person(tx, org_id, name)
    if person is None:
        raise Missing("person.missing", person_id=name)
    return person


def search_people(
    tx: Tx, org_id: OrgId, text: str, after: PersonId, limit: int
) -> tuple[list[Person], PersonId | None]:
    """Of the next SLICE people behind `after`, those who have `text` in name, company, address or
    phone, in any case and with any signs in the phone; and where the next slice begins (None = that
    was the last). A slice is a short read: a search of many people keeps nobody waiting."""
    rows = sql.list_people(tx, org_id=org_id, after=after, limit=SLICE)
    words = fold(text).split()
    digits = _digits(text) if set(text) <= set("0123456789+-()/. ") else ""
    found = [person for row in rows if _matches(person := Person(*row), words, digits)]
    if len(found) > limit:
        return found[:limit], found[limit - 1].id
    return found, rows[-1].id if len(rows) == SLICE else None


def list_former_addresses(tx: Tx, org_id: OrgId, person_id: PersonId) -> list[FormerAddress]:
    """The addresses and numbers that the person had before, oldest first."""
    return sql.list_former_addresses(tx, org_id=org_id, person_id=person_id)


def list_former_names(tx: Tx, org_id: OrgId, person_id: PersonId) -> list[FormerName]:
    """What the person was called before, oldest first. The database keeps it whenever a name
    changes (store/migrations/versions/0048_former_names.py)."""
    return sql.list_former_names(tx, org_id=org_id, person_id=person_id)


def _matches(person: Person, words: list[str], digits: str) -> bool:
    contact = person.contact
    if len(digits) >= SHORTEST_PHONE and digits in _digits(contact.phone):
        return True
    said = fold(f"{contact.first_name} {contact.last_name} {contact.company} {contact.email}")
    return bool(words) and all(word in said for word in words)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
