"""Learners: people who are known by a GUID and a code, and may share or lack an e-mail address."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.exams.model import Learner
from turnout.core.exams.sql import sql
from turnout.core.ids import OrgId, PersonId
from turnout.core.importing.layout import Known
from turnout.core.people.contacts import check_details
from turnout.core.people.merging import find_person, follow_person, merge_person
from turnout.core.people.model import Contact
from turnout.core.people.reach import Reach, check_reached
from turnout.core.text import email_key, fold, is_blank, is_email
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

LEARNERS = Known(
    ("code", "firstname", "lastname", "email", "identifier"),
    needed=(("code",), ("firstname", "lastname")),
)
"""What a file of learners has."""


class NewLearner(NamedTuple):
    """A learner as they are imported; `uuid` and `email` may be empty."""

    code: str
    first_name: str
    last_name: str
    email: str = ""
    uuid: str = ""


def add_learner(
    tx: Tx, org_id: OrgId, new: NewLearner, *, reach: Reach | None = None, actor: str
) -> Learner:
    """Add a learner, or change the one who has that code. `reach` is that of staff
    (people/reach.py), who change nobody beyond it.

    Somebody who is known by their e-mail address becomes a learner, unless another GUID is given
    for them: then two people share the address. Raises Invalid for an empty code or name or an
    address that is none, Conflict for a GUID that is somebody else's and for a person beyond reach.
    """
    code = new.code.strip()
    if not code or (is_blank(new.first_name) and is_blank(new.last_name)):
        raise Invalid("learner.facts")
    if new.email and not is_email(new.email):
        raise Invalid("learner.email", email=new.email)
    contact = Contact(email=new.email, first_name=new.first_name, last_name=new.last_name)
    check_details(contact)
    known = find_learner_by_code(tx, org_id, code)
    if known:
        if new.uuid and new.uuid != known.uuid:
            raise Conflict("learner.code", code=code, learner=known.uuid)
        person_id = known.person_id
        _check_reached(tx, org_id, person_id, reach)
        sql.set_person(tx, org_id=org_id, id=person_id, now=tx.now, **_named(new))
        if new.email:
            _set_email_key(tx, org_id, person_id, new.email)
    else:
        person_id = _make_person(tx, org_id, new, contact, reach)
    sql.set_learner(
        tx,
        org_id=org_id,
        person_id=person_id,
        code=code,
        code_key=fold(code),
        now=tx.now,
    )
    follow_person(tx, org_id, person_id)
    record(tx, org_id, actor, "changed" if known else "added", "learner", person_id)
    return sql.get_learner(tx, org_id=org_id, person_id=person_id)


def find_learner(tx: Tx, org_id: OrgId, uuid: str) -> Learner | None:
    """The learner with that GUID."""
    return sql.find_learner(tx, org_id=org_id, uuid=uuid)


def find_learner_by_code(tx: Tx, org_id: OrgId, code: str) -> Learner | None:
    """The learner with that code, in whatever case."""
    return sql.find_learner_by_code(tx, org_id=org_id, code_key=fold(code.strip()))


def list_learners(tx: Tx, org_id: OrgId, limit: int) -> list[Learner]:
    """Learners by code."""
    return sql.list_learners(tx, org_id=org_id, limit=limit)


def _make_person(
    tx: Tx, org_id: OrgId, new: NewLearner, contact: Contact, reach: Reach | None
) -> PersonId:
    """The person that becomes a learner."""
    same = find_person(tx, org_id, new.email) if new.email else None
    if same and new.uuid in ("", same.uuid) and not _is_learner(tx, org_id, same.id):
        _check_reached(tx, org_id, same.id, reach)
        return merge_person(tx, org_id, contact).id
    if new.uuid and sql.has_person(tx, org_id=org_id, uuid=new.uuid) is not None:
        raise Conflict("learner.uuid", uuid=new.uuid)
    person_id = PersonId(tx.next_id("person"))
    sql.add_person(
        tx,
        org_id=org_id,
        id=person_id,
        uuid=new.uuid or tx.uuid(),
        email_key=email_key(new.email) if new.email and same is None else None,
        now=tx.now,
        **_named(new),
    )
    return person_id


def _check_reached(tx: Tx, org_id: OrgId, person_id: PersonId, reach: Reach | None) -> None:
    if reach is not None:
        check_reached(tx, org_id, person_id, reach.access)


def _set_email_key(tx: Tx, org_id: OrgId, person_id: PersonId, email: str) -> None:
    """An address that changed leads to this person, unless it leads to somebody else already."""
    other = find_person(tx, org_id, email)
    if other is None or other.id == person_id:
        sql.set_email_key(tx, org_id=org_id, id=person_id, email_key=email_key(email))
    else:
        sql.set_email_key(tx, org_id=org_id, id=person_id, email_key=None)


def _is_learner(tx: Tx, org_id: OrgId, person_id: PersonId) -> bool:
    return sql.is_learner(tx, org_id=org_id, person_id=person_id) is not None


def _named(new: NewLearner) -> dict[str, str]:
    return {
        "email": new.email.strip(),
        "first_name": new.first_name,
        "last_name": new.last_name,
    }
