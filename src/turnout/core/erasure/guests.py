"""What guests have of their own data: a copy, and a request to erase it. Both ask for a code that
was mailed to the guest's present address (registrations/guest_access.py)."""

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.audit.recording import record
from turnout.core.erasure.exporting import Export, export_person
from turnout.core.identity.organizations import get_organization_of
from turnout.core.messaging.notices import queue_to_organization
from turnout.core.people.finding import get_person
from turnout.core.registrations.guest_access import (
    Access,
    Deed,
    Proof,
    admit,
    check_guest_code,
)
from turnout.errors import Failure
from turnout.store import Tx


def export_own(tx: Tx, access: Access, proof: Proof) -> Export | Failure:
    """Everything that the organization keeps of the guest (exporting.py), or the refusal of a wrong
    code. Raises Missing, Denied."""
    guest, registration = admit(tx, access)
    if refusal := check_guest_code(tx, guest, Deed.DATA, proof):
        return refusal
    record(tx, guest.org_id, guest.actor, "exported", "person", registration.person_id)
    return export_person(tx, guest.org_id, registration.person_id, is_own_only=True)


def ask_for_erasure(tx: Tx, access: Access, proof: Proof) -> Failure | None:
    """Tell the organization by mail that the guest wants to be erased: it has to look at what must
    be kept, and erases. Returns the refusal of a wrong code. Not idempotent. Raises Missing,
    Denied."""
    guest, registration = admit(tx, access)
    if refusal := check_guest_code(tx, guest, Deed.DATA, proof):
        return refusal
    person = get_person(tx, guest.org_id, registration.person_id)
    slug = get_organization_of(tx, guest.org_id).slug
    facts = {"org": slug, "email": person.contact.email}
    lines = [label(ENGLISH, "mail.erasure_asked.text", **facts)]
    subject = label(ENGLISH, "mail.erasure_asked.subject")
    queue_to_organization(tx, guest.org_id, subject, lines)
    record(tx, guest.org_id, guest.actor, "asked for erasure", "person", registration.person_id)
    return None
