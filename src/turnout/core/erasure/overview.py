"""Where a person takes part, in short."""

from typing import NamedTuple

from turnout.core.erasure.sql import sql
from turnout.core.ids import OrgId, PersonId
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


class Overview(NamedTuple):
    """A person with former addresses and names, and all their parts by time."""

    person: Person
    former: list[FormerAddress]
    names: list[FormerName]
    parts: list[Part]


def read_overview(tx: Tx, org_id: OrgId, person_id: PersonId) -> Overview:
    """What an organizer sees of a person first. Raises Missing."""
    person = get_person(tx, org_id, person_id)
    parts = [Part(*row) for row in sql.list_parts(tx, org_id=org_id, person_id=person_id)]
    former = list_former_addresses(tx, org_id, person_id)
    return Overview(person, former, list_former_names(tx, org_id, person_id), parts)
