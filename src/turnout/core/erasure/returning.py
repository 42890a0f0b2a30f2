"""Imports that would bring back somebody who was erased.

An erasure leaves keyed hashes of the addresses and numbers. A row of a file with one of them is
refused, unless the person is known again: who comes back by a door of their own (a form, an API, an
invitation by hand) is a new person, and may be imported as anybody else.
"""

from collections.abc import Iterable

from turnout.core.erasure.marks import Marks
from turnout.core.erasure.sql import sql
from turnout.core.ids import OrgId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import to_address
from turnout.core.messaging.opt_outs import hash_addresses, hash_erased
from turnout.core.people.merging import find_person
from turnout.core.text import email_key
from turnout.errors import Conflict
from turnout.store import Tx


def remember_erased(tx: Tx, org_id: OrgId, marks: Marks) -> None:
    """Keep the addresses and numbers of somebody who is erased, as keyed hashes. Idempotent."""
    for digest in hash_erased(tx, org_id, set(_keys(marks.emails, marks.phones))).values():
        sql.add_erased_address(tx, org_id=org_id, digest=digest, now=tx.now)


def refuse_erased(tx: Tx, org_id: OrgId, emails: Iterable[str], phones: Iterable[str] = ()) -> None:
    """Raise Conflict if somebody with one of these was erased and is not known again."""
    emails = [email for email in emails if email.strip()]
    address = find_erased(tx, org_id, emails, phones)
    if address and not any(find_person(tx, org_id, email) for email in emails):
        raise Conflict("import.erased", address=address)


def find_erased(tx: Tx, org_id: OrgId, emails: Iterable[str], phones: Iterable[str] = ()) -> str:
    """The first of these that somebody had who was erased; empty if nobody had."""
    keys = _keys(emails, phones)
    digests = hash_addresses(tx, org_id, set(keys))
    for key, typed in keys.items():
        digest = digests.get(key)
        if digest and sql.is_erased_address(tx, org_id=org_id, digest=digest):
            return typed
    return ""


def _keys(emails: Iterable[str], phones: Iterable[str]) -> dict[str, str]:
    """As typed, by what two spellings have in common."""
    found = {email_key(email): email for email in emails}
    found |= {to_address(Channel.SMS, phone): phone for phone in phones}
    return {key: typed for key, typed in found.items() if key}
