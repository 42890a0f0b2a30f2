"""Who messages are shown to be from: an organization's sender ids, and its mail domains.

A number goes out in E.164, so that answers find their job, and a name as it is listed. Once an
organization has sender ids listed, its texts come from them alone. Mail comes from the
organization's verified domains (core/senders), from those of the installation, and otherwise `via`
the installation's own sender; or it is refused, by the operator's choice. So From always aligns
with what signs.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.countries import find_country
from turnout.core.ids import OrgId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import SHORT_CODE_DIGITS, needs_country, read_sender
from turnout.core.messaging.sql import sql
from turnout.core.senders.domains import list_domains, list_signings
from turnout.core.senders.model import Signing, find_domain
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

NOUN = "sender_id"
MOST = 1000
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ._&+\-]{1,11}", re.ASCII)
_NOBODY = "localhost"


class SenderRules(msgspec.Struct, frozen=True):
    """What the operator has set about senders: `own_domains` are the installation's, which it signs
    for, or whose mail comes from its relay; with `refuses` what an organization has not proven is
    refused instead of sent `via` the installation's address `mail_from`. With `is_simulated` mail
    reaches nobody, and is shown as a network would get it, whatever that address is."""

    mail_from: str = ""
    own_domains: tuple[str, ...] = ()
    refuses: bool = False
    is_simulated: bool = False


class AllowedSender(NamedTuple):
    """A sender that an organization's texts may have. `created_at` in epoch ms."""

    sender: str
    created_at: int


class MailSender(NamedTuple):
    """Who a mail is from. With `is_via` it is the installation's address in the name of `given`,
    where answers go."""

    address: str
    given: str
    signing: Signing | None = None
    is_via: bool = False


def add_sender_id(tx: Tx, org_id: OrgId, sender: str, *, actor: str) -> AllowedSender:
    """Allow a sender; a number in E.164. From then on only those that are listed are. Raises
    Invalid for what is no sender, Conflict for one that is there, or when there are MOST."""
    shown = _read(tx, org_id, sender)
    if len(list_sender_ids(tx, org_id)) >= MOST:
        raise Conflict("sender.ids_many", limit=MOST)
    if not sql.add_sender_id(
        tx, org_id=org_id, sender_key=shown.casefold(), sender=shown, now=tx.now
    ):
        raise Conflict("sender.id_known", sender=shown)
    record(tx, org_id, actor, "added", NOUN, 0)
    return AllowedSender(shown, tx.now)


def list_sender_ids(tx: Tx, org_id: OrgId) -> list[AllowedSender]:
    """The senders that an organization's texts may have; none listed = see `check_sender_id`."""
    return sql.list_sender_ids(tx, org_id=org_id)


def remove_sender_id(tx: Tx, org_id: OrgId, sender: str, *, actor: str) -> None:
    """Allow a sender no more. Raises Invalid for what is no sender, Missing."""
    shown = _read(tx, org_id, sender)
    if not sql.remove_sender_id(tx, org_id=org_id, sender_key=shown.casefold()):
        raise Missing("sender.id_missing", sender=shown)
    record(tx, org_id, actor, "removed", NOUN, 0)


def _read(tx: Tx, org_id: OrgId, sender: str) -> str:
    shown = to_sender(sender.strip(), find_country(tx, org_id))
    if not shown.isdecimal() and not _NAME.fullmatch(shown):
        raise Invalid("sender.id", sender=sender)
    return shown


def to_sender(sender: str, country: str) -> str:
    """A sender as networks take it: a number in E.164 without `+`, a short code or a name as it is.
    Raises Invalid for a national number where no country is known."""
    read = read_sender(sender, country)
    is_unread = read.isdecimal() and read.startswith("0") and len(read) > SHORT_CODE_DIGITS
    if not country and is_unread and needs_country(Channel.SMS, sender):
        raise Invalid("number.national", number=sender)
    return read


def check_sender_id(
    tx: Tx, org_id: OrgId, sender: str, rules: SenderRules, pool: Collection[str] = ()
) -> str:
    """The sender as it is listed, whose networks know that spelling alone. Raises Invalid for one
    that the organization's texts may not have: not listed, where some are or the operator wants
    it. Numbers of the `pool` are everybody's."""
    if not sender or sender in pool:
        return sender
    known = {row.sender.casefold(): row.sender for row in list_sender_ids(tx, org_id)}
    if (known or rules.refuses) and sender.casefold() not in known:
        raise Invalid("sender.id_refused", sender=sender)
    return known.get(sender.casefold(), sender)


def check_mail_sender(tx: Tx, org_id: OrgId, address: str, rules: SenderRules) -> None:
    """Raise Invalid for an address that the organization may not send from, where the operator
    wants that."""
    if not rules.refuses or not address or _is_own(address, rules):
        return
    if not find_domain(address, list_signings(tx, org_id)):
        raise Invalid("sender.domain_refused", address=address)


def choose_mail_sender(
    address: str, signings: dict[str, Signing], rules: SenderRules
) -> MailSender:
    """Who a mail of an organization is from that wants to send from this address, empty = from the
    installation. Without an installation's sender of its own, there is none to go via."""
    if not address:
        return MailSender(rules.mail_from, "")
    if signing := find_domain(address, signings):
        return MailSender(address, address, signing)
    if _is_own(address, rules) or not _can_be_via(rules):
        return MailSender(address, address)
    return MailSender(rules.mail_from, address, is_via=True)


def foresee_mail_sender(
    tx: Tx, org_id: OrgId, address: str, rules: SenderRules, *, at: int | None = None
) -> MailSender:
    """Who a mail from this address is from; of one that went at `at` (epoch ms) who it was from:
    the domains that were not verified then do not count."""
    signings = list_signings(tx, org_id)
    if at is not None:
        since = {one.domain: one.verified_at for one in list_domains(tx, org_id)}
        signings = {name: one for name, one in signings.items() if (since[name] or at) <= at}
    return choose_mail_sender(address, signings, rules)


def shown_name(name: str, sender: MailSender) -> str:
    """The name beside the address of a mail's From: `Acme via turnout.example`, where it goes via
    the installation."""
    if not sender.is_via:
        return name
    host = sender.address.rpartition("@")[2]
    return f"{name or sender.given.rpartition('@')[2]} via {host}"


def _can_be_via(rules: SenderRules) -> bool:
    domain = rules.mail_from.rpartition("@")[2].lower()
    return bool(domain) and (domain != _NOBODY or rules.is_simulated)


def _is_own(address: str, rules: SenderRules) -> bool:
    """Whether it is of a domain of the installation."""
    own = dict.fromkeys(map(str.lower, rules.own_domains), Signing(()))
    return find_domain(address, own) is not None
