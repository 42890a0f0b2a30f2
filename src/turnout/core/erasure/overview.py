"""Where a person takes part, in short."""

from typing import NamedTuple

from turnout.core.erasure.sql import sql
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.people.finding import (
    get_person,
    list_former_addresses,
    list_former_names,
)
from turnout.core.people.model import FormerAddress, FormerName, Person
from turnout.store import Tx


class Part(NamedTuple):
    """A registration, a place on a waiting list or an invitation; `at` = since when, epoch ms."""

    event: str
    what: str
    state: str
    at: int
    event_id: EventId


class Overview(NamedTuple):
    """A person with former addresses and names, and all their parts by time. `erased_at` is when
    they were erased (epoch ms), None = they were not."""

    person: Person
    former: list[FormerAddress]
    names: list[FormerName]
    parts: list[Part]
    erased_at: int | None


def read_overview(tx: Tx, org_id: OrgId, person_id: PersonId) -> Overview:
    """What an organizer sees of a person first. Raises Missing."""
    person = get_person(tx, org_id, person_id)
    parts = [Part(*row) for row in sql.list_parts(tx, org_id=org_id, person_id=person_id)]
    former = list_former_addresses(tx, org_id, person_id)
    names = list_former_names(tx, org_id, person_id)
    return Overview(person, former, names, parts, find_erased_at(tx, org_id, person_id))


def find_erased_at(tx: Tx, org_id: OrgId, person_id: PersonId) -> int | None:
    """When somebody was erased (epoch ms); None = they were not, or it is not known."""
    return sql.find_erased_at(tx, org_id=org_id, person_id=person_id)
