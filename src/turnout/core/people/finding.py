"""Finding people by what an organizer knows of them: a number, an address, a name or a phone."""

from turnout.core.ids import OrgId, PersonId
from turnout.core.people.merging import find_person
from turnout.core.people.model import FormerAddress, FormerName, Person
from turnout.core.people.searching import find_people, read_sought
from turnout.core.people.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

SLICE = 1000
LONGEST_NUMBER = 18
LATEST = PersonId(1 << 62)


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
    if name.isascii() and name.isdigit() and len(name) <= LONGEST_NUMBER:
        return get_person(tx, org_id, PersonId(int(name)))
    person = find_person(tx, org_id, name)
    if person is None:
        raise Missing("person.missing", person_id=name)
    return person


def list_newest_people(
    tx: Tx, org_id: OrgId, limit: int, *, before: PersonId = LATEST
) -> list[Person]:
    """People with a name or an address, newest first; those behind the number `before`."""
    rows = sql.list_newest_people(tx, org_id=org_id, before=before, limit=limit)
    return [Person(*row) for row in rows]


def search_people(
    tx: Tx, org_id: OrgId, text: str, after: PersonId, limit: int
) -> tuple[list[Person], PersonId | None]:
    """Up to `limit` people behind `after` who have `text` in name, company, address or phone, in
    any case and with any signs in the phone; and where to go on (None = those were the last). Where
    very many have it, a slice of people is looked at, a short read that keeps nobody waiting."""
    found = find_people(tx, org_id, text)
    if found is not None:
        found = [person for person in found if person.id > after]
        return found[:limit], found[limit - 1].id if len(found) > limit else None
    rows = sql.list_people(tx, org_id=org_id, after=after, limit=SLICE)
    sought = read_sought(text)
    found = [person for row in rows if sought.is_in((person := Person(*row)).contact)]
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
