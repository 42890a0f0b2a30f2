"""The personal link of a guest, `/my/{token}`: who has it may change and cancel the registration.

Theory. A token is 128 random bits, and only its digest is kept, so neither the database nor a copy
of it tells a link. Nothing can show a link again: each mail that carries one gets a token of its
own, made while the mail is handed over (workers/delivery.py). Nothing that is stored, listed or
answered ever has it: not the job, its recipients, a page, a paper or an API. All tokens of a
registration are good at once, so the links in older mails go on working, and all end at once.
A token begins with the organization's number, as every statement does.
"""

import hashlib
import re
import secrets
from collections.abc import Collection

from turnout.core.identity.personal_links import missing_link
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.tickets.sql import sql
from turnout.store import Tx, to_json

MY = "/my/"
BYTES = 16
_TOKEN = re.compile(r"(\d{1,15})-([0-9a-f]{32})", re.ASCII)
# Reads like the address of a Bitcoin wallet, which filters take for spam.
_COIN = re.compile("[13][1-9a-f]{24,33}")


def make_guest_tokens(
    tx: Tx, org_id: OrgId, registration_ids: Collection[RegistrationId]
) -> dict[RegistrationId, str]:
    """A new token for each of these registrations that exist, to be mailed and nothing else."""
    known = sql.list_registrations_of(tx, org_id=org_id, ids=to_json(sorted(registration_ids)))
    tokens = {row.id: f"{org_id}-{_draw()}" for row in known}
    rows = [(digest_of(token), registration_id) for registration_id, token in tokens.items()]
    if rows:
        sql.add_guest_links(tx, org_id=org_id, rows=to_json(rows), now=tx.now)
    return tokens


def read_guest_token(tx: Tx, token: str) -> tuple[OrgId, RegistrationId]:
    """Whose token it is. Raises Missing for one that was never made, or has ended."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise missing_link()
    org_id = OrgId(int(match[1]))
    found = sql.find_guest_link(tx, org_id=org_id, digest=digest_of(token))
    if found is None:
        raise missing_link()
    return org_id, found


def end_guest_links(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    """Let no link of the registration be good any more; the next mail has a new one. Idempotent."""
    sql.delete_guest_links(tx, org_id=org_id, registration_id=registration_id)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _draw() -> str:
    drawn = secrets.token_hex(BYTES)
    return _draw() if _COIN.fullmatch(drawn) else drawn
