"""Who wants no more messages, by medium; honoured when somebody would be sent to (delivering.py).

A link says who it is for by a recipient's number and a keyed digest of it: it cannot be guessed, it
never ends, and it tells nothing of anybody.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.countries import find_country
from turnout.core.identity.link_keys import ensure_link_key as ensure_link_key
from turnout.core.identity.link_keys import find_link_key as find_link_key
from turnout.core.identity.link_keys import find_link_keys
from turnout.core.identity.personal_links import PersonalLinks, missing_link
from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.model import MEDIA, Channel, Medium
from turnout.core.messaging.numbers import address_key, is_e164, list_refusal_keys, to_address
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

PATH = "/unsubscribe/"
HASH = "hash:"
BY_REPLY = "reply"
_SECRET = "opt-outs"
_PAGE = 1_000
_LINKS = PersonalLinks("unsubscribe", PATH)


class OptOut(msgspec.Struct, frozen=True):
    """Somebody who wants no more. `source` is `reply`, `link` or `cli`; `created_at` in epoch
    ms."""

    medium: Medium
    address: str
    source: str
    job_id: JobId | None
    created_at: int

    @property
    def is_erased(self) -> bool:
        """Whether a keyed hash stands in place of the address of somebody who was erased."""
        return self.address.startswith(HASH)


def opt_out(
    tx: Tx, org_id: OrgId, medium: Medium, address: str, *, source: str, job_id: JobId | None = None
) -> bool:
    """Send this address (as `address_key` has it, or its keyed hash) no more broadcasts; what was
    consented to for it is withdrawn. Idempotent; returns whether it is new."""
    _withdraw(tx, org_id, medium, address)
    if source != BY_REPLY:
        _take_over(tx, org_id, medium, address, source)
    return _keep(tx, org_id, medium, address, source, job_id)


def take_back(tx: Tx, org_id: OrgId, number: str) -> bool:
    """Undo what stop words from this number did; whether texts reach it again. What a page, an
    import or an operator refused stays, and so do withdrawn consents."""
    refusals = find_opt_outs(tx, org_id, Channel.SMS, number)
    if not refusals or any(refusal.source != BY_REPLY for refusal in refusals):
        return False
    return forget_refusal(tx, org_id, Channel.SMS, number)


def _take_over(tx: Tx, org_id: OrgId, medium: Medium, address: str, source: str) -> None:
    sql.take_over_opt_out(tx, org_id=org_id, medium=medium.value, address=address, source=source)


def _withdraw(tx: Tx, org_id: OrgId, medium: Medium, address: str) -> None:
    for known in list_consented_as(tx, org_id, medium, address):
        sql.withdraw_consents(tx, org_id=org_id, medium=medium.value, address=known, now=tx.now)


def list_consented_as(tx: Tx, org_id: OrgId, medium: Medium, address: str) -> list[str]:
    """The addresses of consents that an address is for: itself, and in place of a keyed hash, as
    the link of an emptied mailing has it, the one that it was made of."""
    if not address.startswith(HASH):
        return [address]
    after, found = "", [address]
    while page := _page_consented(tx, org_id, medium, after):
        hashes = hash_addresses(tx, org_id, set(page))
        found += [plain for plain, hashed in hashes.items() if hashed == address]
        after = page[-1]
    return found


def _page_consented(tx: Tx, org_id: OrgId, medium: Medium, after: str) -> list[str]:
    rows = sql.list_consented_addresses(
        tx, org_id=org_id, medium=medium.value, after=after, limit=_PAGE
    )
    return [row.address for row in rows]


def _keep(
    tx: Tx, org_id: OrgId, medium: Medium, address: str, source: str, job_id: JobId | None = None
) -> bool:
    added = sql.add_opt_out(
        tx,
        org_id=org_id,
        medium=medium.value,
        address=address,
        source=source,
        job_id=job_id,
        now=tx.now,
        is_read=int(medium is Medium.EMAIL or address.startswith(HASH) or is_e164(address)),
    )
    return bool(added)


def add_opt_out(tx: Tx, org_id: OrgId, medium: Medium, address: str, *, actor: str) -> bool:
    """An operator opts somebody out; whether that is new. Raises Invalid for an address that
    cannot be one of the medium."""
    key = refusal_key(tx, org_id, medium, address)
    if medium is not Medium.EMAIL and not is_e164(key):
        raise Invalid("opt_out.address", address=address, medium=medium.value)
    added = opt_out(tx, org_id, medium, key, source="cli")
    if added:
        record(tx, org_id, actor, "added", "opt_out", 0, medium=medium.value)
    return added


def keep_hash(tx: Tx, org_id: OrgId, medium: Medium, address: str) -> None:
    """Keep the refusal of somebody who is erased: as a keyed hash of the address. Idempotent."""
    (hashed,) = hash_erased(tx, org_id, {address}).values()
    _keep(tx, org_id, medium, hashed, "erased")


def hash_erased(tx: Tx, org_id: OrgId, addresses: set[str]) -> dict[str, str]:
    """Keyed hashes of addresses of somebody who is erased; the first call makes the key."""
    if sql.find_secret(tx, name=_SECRET) is None:
        sql.add_secret(tx, name=_SECRET, secret=secrets.token_hex(32), now=tx.now)
    return hash_addresses(tx, org_id, addresses)


def hash_addresses(tx: Tx, org_id: OrgId, addresses: set[str]) -> dict[str, str]:
    """What stands in the place of addresses whose people were erased; nothing while nobody was."""
    secret = sql.find_secret(tx, name=_SECRET) if addresses else None
    if secret is None:
        return {}
    return {address: HASH + _digest(secret, org_id, address) for address in addresses}


def _digest(secret: str, org_id: OrgId, address: str) -> str:
    return hmac.new(secret.encode(), f"{org_id}:{address}".encode(), hashlib.sha256).hexdigest()


def remove_opt_out(tx: Tx, org_id: OrgId, medium: Medium, address: str, *, actor: str) -> None:
    """Let broadcasts reach this address again. Raises Invalid as `add_opt_out` does, Missing."""
    key = refusal_key(tx, org_id, medium, address)
    if not forget_refusal(tx, org_id, _channel_of(medium), key):
        raise Missing("opt_out.missing", address=address, medium=medium.value)
    record(tx, org_id, actor, "removed", "opt_out", 0, medium=medium.value)


def forget_refusal(tx: Tx, org_id: OrgId, channel: Channel, address: str) -> bool:
    """Remove whatever keeps broadcasts of the channel from an address; whether anything did."""
    medium = MEDIA[channel].value
    known_as = sorted(list_refused_as(tx, org_id, channel, address))
    removed = [
        sql.remove_opt_out(tx, org_id=org_id, medium=medium, address=known) for known in known_as
    ]
    return any(removed)


def _channel_of(medium: Medium) -> Channel:
    return next(channel for channel, own in MEDIA.items() if own is medium)


def refusal_key(tx: Tx, org_id: OrgId, medium: Medium, address: str) -> str:
    """The address under which a refusal is kept. Raises Invalid for one that the medium has not."""
    channel = _channel_of(medium)
    known = to_address(channel, address, find_country(tx, org_id))
    if not known:
        raise Invalid("opt_out.address", address=address, medium=medium.value)
    return address_key(channel, known)


def list_opt_outs(tx: Tx, org_id: OrgId, limit: int, after: OptOut | None = None) -> list[OptOut]:
    """Opt-outs of an organization, by medium and address; `after` is the last that is known."""
    medium, address = (after.medium.value, after.address) if after else ("", "")
    return sql.list_opt_outs(
        tx, org_id=org_id, after_medium=medium, after_address=address, limit=limit
    )


def find_opt_outs(tx: Tx, org_id: OrgId, channel: Channel, address: str) -> list[OptOut]:
    """What keeps broadcasts of that channel from an address, oldest first."""
    known_as = sorted(list_refused_as(tx, org_id, channel, address))
    medium = MEDIA[channel].value
    rows = [sql.find_refusal(tx, org_id=org_id, medium=medium, address=key) for key in known_as]
    return sorted(filter(None, rows), key=lambda refusal: refusal.created_at)


def list_opted_out(tx: Tx, org_id: OrgId, channel: Channel, addresses: Collection[str]) -> set[str]:
    """Those of these addresses (as recipients have them, or their keyed hashes) that want no more
    broadcasts of the channel."""
    known_as = _list_known_as(tx, org_id, channel, addresses)
    rows = sql.find_opted_out(
        tx,
        org_id=org_id,
        medium=MEDIA[channel].value,
        addresses=to_json(sorted(set().union(*known_as.values()))),
    )
    found = {row.address for row in rows}
    return {address for address, own in known_as.items() if not own.isdisjoint(found)}


def list_refused_as(tx: Tx, org_id: OrgId, channel: Channel, address: str) -> set[str]:
    """All that a refusal of an address may be kept as."""
    return _list_known_as(tx, org_id, channel, [address])[address]


def _list_known_as(
    tx: Tx, org_id: OrgId, channel: Channel, addresses: Collection[str]
) -> dict[str, set[str]]:
    keys = {address: list_refusal_keys(channel, address) for address in addresses}
    hashes = hash_addresses(tx, org_id, set().union(*keys.values()))
    for address, own in keys.items():
        if address.startswith(HASH):
            own.update(_list_hashed_to(tx, org_id, MEDIA[channel], address))
        else:
            own.update([hashes[key] for key in own if key in hashes])
    return keys


def _list_hashed_to(tx: Tx, org_id: OrgId, medium: Medium, hashed: str) -> Iterator[str]:
    """The refusals of which this is the keyed hash: the link of an emptied mailing has no more."""
    after = ""
    while page := list_opt_outs(tx, org_id, _PAGE, _before(medium, after)):
        plain = {known.address for known in page if known.medium is medium} - {""}
        found = hash_addresses(tx, org_id, plain)
        yield from (address for address, own in found.items() if own == hashed)
        if page[-1].medium is not medium:
            return
        after = page[-1].address


def _before(medium: Medium, address: str) -> OptOut:
    return OptOut(medium, address, "", None, 0)


# -- links ---------------------------------------------------------------------------------


def unsubscribe_url(base_url: str, key: str, recipient_id: RecipientId) -> str:
    """The one-click address of a recipient."""
    return _LINKS.url(base_url, key, recipient_id)


def opt_out_by_link(tx: Tx, token: str) -> tuple[str, bool]:
    """Opt out the person that the link was sent to; returns the organization's name, and whether
    that is new. Idempotent.

    Raises Missing for a link that this server did not make.
    """
    org_id, org_name, channel, address = read_link(tx, token)
    medium, key = MEDIA[channel], address_key(channel, address)
    if list_opted_out(tx, org_id, channel, [address]):
        _withdraw(tx, org_id, medium, key)  # what was consented to since
        _take_over(tx, org_id, medium, key, "link")
        return org_name, False
    return org_name, opt_out(tx, org_id, medium, key, source="link")


def read_link(tx: Tx, token: str) -> tuple[OrgId, str, Channel, str]:
    """Whose link it is: organization, its name, channel and address. Raises Missing."""
    (recipient_id,) = _LINKS.read(find_link_keys(tx), token)
    row = sql.find_link_target(tx, id=RecipientId(int(recipient_id)))
    if row is None:
        raise missing_link()
    org_id, name, channel, address = row
    return org_id, name, Channel(channel), address
