"""Destinations: as they are compared and handed to networks, and whether they can be reached."""

import re
from collections.abc import Iterable
from functools import lru_cache

from turnout.core.messaging.model import Channel
from turnout.core.text import email_key, is_email, wide_email_key

_DECORATION = re.compile(r"[\s().\-/]")
_NUMBER = re.compile(r"\+?\d{1,20}", re.ASCII)


def to_address(channel: Channel, destination: str) -> str:
    """The destination as a network takes it: digits without `+`, or an e-mail address, trimmed.

    Empty when it cannot be one.
    """
    if channel is Channel.EMAIL:
        trimmed = destination.strip()
        return trimmed if is_email(trimmed) else ""
    bare = _DECORATION.sub("", destination)
    return bare.lstrip("+") if _NUMBER.fullmatch(bare) else ""


def address_key(channel: Channel, address: str) -> str:
    """What two spellings of one address have in common, for duplicates and opt-outs."""
    return email_key(address) if channel is Channel.EMAIL else address


def sought_addresses(emails: Iterable[str], phones: Iterable[str]) -> list[str]:
    """The forms in which addresses of recipients are searched, which the index `recipients_address`
    has in lower case. SQLite lowers ASCII alone, so an e-mail address has up to three."""
    found = [
        form
        for email in map(str.strip, emails)
        for form in (email.encode().lower().decode(), email.lower(), email_key(email))
    ]
    found += [to_address(Channel.SMS, phone) for phone in phones]
    return list(dict.fromkeys(filter(None, found)))


def list_refusal_keys(channel: Channel, address: str) -> set[str]:
    """The keys under which somebody may have refused messages. An opt-out from before mailboxes
    such as `weiß` and `weiss` were told apart still counts for both."""
    key = address_key(channel, address)
    is_plain = channel is not Channel.EMAIL or address.isascii()
    return {key} if is_plain else {key, wide_email_key(address)}


@lru_cache(maxsize=20_000)
def is_deliverable(address: str) -> bool:
    """Whether digits are a number that somebody can have, by the world's numbering plans."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(f"+{address}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed)
