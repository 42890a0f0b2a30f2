"""Whom staff who see some events only may change, merge, erase or export.

Theory. A person is one for the whole organization: a new name or address, a merge, an erasure and
an export reach every event in which the person has a record. Staff who do not see one of these
events leave the person as they are, and staff who are limited to events do so with everybody who is
in none of them. Anybody may still be added to an event (`meet_person`); what is known of them then
stays as it is.

Rules.
- Console and imports ask here, and nobody decides it elsewhere. Programs and operators, who see
  every event, have no reach to ask for.
- If you add a table with a person and an event, name it in `list_events_of_person`.
"""

from typing import NamedTuple

from turnout.core.identity.staff import Access
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.people.merging import find_person, merge_person
from turnout.core.people.model import Contact
from turnout.core.people.sql import sql
from turnout.errors import Conflict
from turnout.store import Tx

CHANGE = "people.change"


class Reach(NamedTuple):
    """Somebody of the staff, at an event or (None) at the organization's own pages."""

    access: Access
    event_id: EventId | None = None


def is_reached(tx: Tx, org_id: OrgId, person_id: PersonId, access: Access) -> bool:
    """Whether every record of the person is in an event that the staff see."""
    if access.is_owner:
        return True
    rows = sql.list_events_of_person(tx, org_id=org_id, person_id=person_id)
    if not rows:
        return not access.is_limited
    return all(access.sees(row.event_id) for row in rows)


def check_reached(tx: Tx, org_id: OrgId, person_id: PersonId, access: Access) -> None:
    """Raise Conflict for a person who has records where the staff do not see them."""
    if not is_reached(tx, org_id, person_id, access):
        raise Conflict("person.beyond", person_id=person_id)


def meet_person(tx: Tx, org_id: OrgId, contact: Contact, reach: Reach | None) -> PersonId:
    """The person with that e-mail address, who is made or updated (`merge_person`). Somebody who is
    known keeps everything where the staff do not reach them or may not change people, such as at
    the door. `reach` None = a program or an operator."""
    if reach is None:
        return merge_person(tx, org_id, contact).id
    known = find_person(tx, org_id, contact.email)
    if known is None:
        return merge_person(tx, org_id, contact).id
    access = reach.access
    if access.may(CHANGE, reach.event_id) and is_reached(tx, org_id, known.id, access):
        return merge_person(tx, org_id, contact).id
    return known.id
