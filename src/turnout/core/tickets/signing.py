"""Signed tickets: the form in the QR code, which a device can tell from a forgery while offline.

Theory. `TK1:event:code:type:kid:signature`, where the signature is Ed25519 over what stands before
it, in base32 without padding. Only digits, capitals and colons are in it, so a QR code packs it
densely. Each organization has keys of its own; devices get the public ones while they are online. A
retired key still verifies, because its tickets are out; its private half is forgotten. A revoked
one, which somebody may have stolen, verifies no more.

Ed25519 signs the same text always alike, and signing takes a third of the time of verifying. So a
signature of the key that signs is first compared with what the key makes of the text; one that is
another is verified all the same.
"""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.tickets.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

PREFIX = "TK1:"
# Of what is scanned so much is looked at: a signed ticket, or an address, with marks around it.
LONGEST_READ = 500
KID_LENGTH = 6
# 103 signs of base32 hold 515 bits, three more than a signature has. They are written as zeros, and
# a text in which one is set was altered: of a signature there is one spelling.
SPARE_BITS = 3
# The keys of which this process has met a ticket, by their `kid`: so many at most.
KEYS_MET = 1000
_met: "dict[str, MetKey]" = {}
_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_SIGNED = re.compile(
    r"[\W_]*(TK1:([0-9]{1,15}):([0-9A-Z]{1,32}):([0-9]{1,15}):([A-Z2-7]{6})):([A-Z2-7]{103})[\W_]*"
)
_ADDRESS = re.compile(r"/TICKET/(\d{1,15})-([0-9A-Z-]{1,64})", re.ASCII)


class TicketKey(NamedTuple):
    """A key pair of an organization, raw in base64url. Instants in epoch ms; the one that signs
    has no `retired_at`, and a retired one no private half."""

    kid: str
    private_key: str
    public_key: str
    created_at: int
    retired_at: int | None
    revoked_at: int | None = None


class MetKey:
    """A key ready for use; `private` only while it signs. Another object is another key."""

    __slots__ = ("private", "public", "public_key")

    def __init__(self, key: TicketKey) -> None:
        self.public_key = key.public_key
        self.public = Ed25519PublicKey.from_public_bytes(_decode(key.public_key))
        self.private = _private_of(key) if key.private_key else None


class SignedTicket(NamedTuple):
    """What a signed ticket says, read but not verified."""

    event_id: EventId
    code: str
    ticket_type_id: TicketTypeId
    kid: str
    text: str
    signature: str


def ensure_ticket_key(tx: Tx, org_id: OrgId) -> TicketKey:
    """The key with which the organization signs; made when it has none."""
    for key in list_ticket_keys(tx, org_id):
        if key.retired_at is None:
            return key
    return _add_key(tx, org_id)


def rotate_ticket_key(tx: Tx, org_id: OrgId, *, at_once: bool = False, actor: str) -> TicketKey:
    """Sign with a new key from now on. Tickets signed before stay good, unless `at_once` revokes
    every former key."""
    key = _add_key(tx, org_id)
    sql.retire_ticket_keys(tx, org_id=org_id, kid=key.kid, now=tx.now)
    if at_once:
        sql.revoke_ticket_keys(tx, org_id=org_id, kid=key.kid, now=tx.now)
    record(tx, org_id, actor, "rotated", "ticket_key", 0, kid=key.kid, at_once=at_once)
    return key


def revoke_ticket_key(tx: Tx, org_id: OrgId, kid: str, *, actor: str) -> None:
    """Let no ticket be good because of this key any more; a new one signs where it did.

    Tickets that it signed are not scanned any more: their holders get another form of them from
    the ticket's page. Idempotent. Raises Missing.
    """
    known = {key.kid: key for key in list_every_ticket_key(tx, org_id)}
    if kid not in known:
        raise Missing("ticket_key.missing", kid=kid)
    if known[kid].revoked_at is not None:
        return
    if known[kid].retired_at is None:
        rotate_ticket_key(tx, org_id, actor=actor)
    sql.revoke_ticket_key(tx, org_id=org_id, kid=kid, now=tx.now)
    record(tx, org_id, actor, "revoked", "ticket_key", 0, kid=kid)


def list_ticket_keys(tx: Tx, org_id: OrgId) -> list[TicketKey]:
    """The organization's keys whose tickets are good, the one that signs first."""
    return [key for key in list_every_ticket_key(tx, org_id) if key.revoked_at is None]


def list_every_ticket_key(tx: Tx, org_id: OrgId) -> list[TicketKey]:
    """All keys of the organization, revoked ones too, the one that signs first."""
    return sql.list_ticket_keys(tx, org_id=org_id)


def sign_ticket(key: TicketKey, event_id: EventId, code: str, ticket_type_id: TicketTypeId) -> str:
    """The signed form of a ticket. The same facts give the same text."""
    text = f"{PREFIX}{event_id}:{code}:{ticket_type_id}:{key.kid}"
    signature = base64.b32encode(_private_of(key).sign(text.encode())).decode().rstrip("=")
    return f"{text}:{signature}"


@lru_cache(maxsize=4096)
def read_signed(text: str) -> SignedTicket | None:
    """The parts of a signed ticket in any letter case, with marks around it; None for any other
    text, also where more is written before or behind it."""
    match = _SIGNED.fullmatch("".join(_plain(text).split()))
    if match is None:
        return None
    signed, event_id, code, ticket_type_id, kid, signature = match.groups()
    return SignedTicket(
        EventId(int(event_id)), code, TicketTypeId(int(ticket_type_id)), kid, signed, signature
    )


def verify_ahead(ticket: SignedTicket) -> bool:
    """Verify the signature before a transaction does, which then has the result; False where this
    process has not met the key yet. Whether that is the organization's, and not revoked, is for the
    transaction to say."""
    key = _met.get(ticket.kid)
    if key is not None:
        has_signed(key, ticket.text, ticket.signature)
    return key is not None


def is_genuine(ticket: SignedTicket, keys: list[TicketKey]) -> bool:
    """Whether one of these keys signed it."""
    for key in keys:
        if key.kid == ticket.kid:
            return has_signed(_meet(key), ticket.text, ticket.signature)
    _met.pop(ticket.kid, None)  # a key that has been revoked is forgotten, its private half, too
    return False


@lru_cache(maxsize=4096)
def has_signed(key: MetKey, text: str, signature: str) -> bool:
    """Whether the key signed the text. It takes about 100 microseconds once; then it is known."""
    given = _decode_signature(signature)
    if given is None:
        return False
    if key.private is not None and compare_digest(key.private.sign(text.encode()), given):
        return True
    try:
        key.public.verify(given, text.encode())
    except InvalidSignature:
        return False
    return True


def _decode_signature(text: str) -> bytes | None:
    """What base32 without padding says; None where one of the spare bits is set."""
    signature, spare = divmod(int(text.translate(_DIGITS), 32), 1 << SPARE_BITS)
    return None if spare else signature.to_bytes(64, "big")


def _meet(key: TicketKey) -> MetKey:
    """The key ready for use, kept under its `kid` for the next ticket."""
    met = _met.get(key.kid)
    if met is None or met.public_key != key.public_key or (met.private and not key.private_key):
        if len(_met) >= KEYS_MET:
            _met.clear()
        met = _met[key.kid] = MetKey(key)
    return met


def _private_of(key: TicketKey) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_decode(key.private_key))


def _add_key(tx: Tx, org_id: OrgId) -> TicketKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    kid = base64.b32encode(hashlib.sha256(public).digest()).decode()[:KID_LENGTH]
    secret = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    key = TicketKey(kid, _encode(secret), _encode(public), tx.now, None)
    sql.add_ticket_key(
        tx,
        org_id=org_id,
        kid=kid,
        private_key=key.private_key,
        public_key=key.public_key,
        now=tx.now,
    )
    return key


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def normalize(code: str) -> str:
    """A ticket's code as it is kept, from what people type and scanners read: in any letter case
    and width, with blanks, dashes, quotes and other marks in and around it, or as the address of
    the ticket's page."""
    return _without_marks(_own_part(_plain(code))[1])


def find_plain_code(
    tx: Tx,
    org_id: OrgId,
    text: str,
    *,
    list_keys: Callable[[OrgId], list[TicketKey]] | None = None,
) -> str:
    """The code of what was typed or scanned, plain, signed or as the address of the ticket's page;
    empty for a forgery and for a ticket of another organization.

    A signature is verified once: call it in a reading transaction first, or `verify_ahead`, and the
    writer does not wait for it. `list_keys` are the keys for a caller with many texts.
    """
    signed = read_signed(text)
    if signed is not None:
        keys = list_keys(org_id) if list_keys else list_ticket_keys(tx, org_id)
        return signed.code if is_genuine(signed, keys) else ""
    owner, code = _own_part(_plain(text))
    return _without_marks(code) if owner in (None, org_id) else ""


def _plain(text: str) -> str:
    """In capitals and in characters of one width, as far as a code can reach."""
    return unicodedata.normalize("NFKC", text[:LONGEST_READ]).upper()


def _own_part(text: str) -> tuple[OrgId | None, str]:
    """Whose ticket the address of a page is for, and the rest; None for any other text."""
    found = _ADDRESS.search(text)
    return (OrgId(int(found[1])), found[2]) if found else (None, text)


def _without_marks(text: str) -> str:
    return "".join(filter(str.isalnum, text))
