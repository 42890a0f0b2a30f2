"""Destinations: as they are compared and handed to networks, and whether they can be reached.

A phone number is compared, sent and called back in one form only: E.164, in digits without `+`.
`+` or `00` begin an international number. Digits alone are read as international where that makes
a number that somebody can have, else as national in the organization's country
(core/identity/countries.py). Numbers that cannot be read so are kept as their digits, and end as
invalid when they would be sent to.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from turnout.core.messaging.model import Channel
from turnout.core.text import email_key, is_email, wide_email_key

_DECORATION = re.compile(r"[\s().\-/]")
_NUMBER = re.compile(r"\+?\d{1,20}", re.ASCII)
# What a national number has at least; shorter digits are nobody's, whatever the country.
_SHORTEST_NATIONAL = 6
_PLUS_SIGNS = "+\uff0b\ufe62"  # those of full width and small ones, too
_UNSEEN = "\ufe0e\ufe0f"
SHORT_CODE_DIGITS = 6
_SENDER = re.compile(r"\+?[0-9]{3,15}")


def to_address(channel: Channel, destination: str, country: str = "") -> str:
    """The destination as a network takes it: a number in E.164 without `+`, or an e-mail address,
    trimmed. A number that cannot be read stays as its digits. `country` is that of national
    numbers, two letters or empty.

    Empty when it cannot be one.
    """
    if channel is Channel.EMAIL:
        trimmed = destination.strip()
        return trimmed if is_email(trimmed) else ""
    return _read_number(destination, country)


@lru_cache(maxsize=1_000)
def country_of(number: str) -> str:
    """The country of an E.164 number, two letters; empty if it has none."""
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(f"+{number}")) or ""
    except phonenumbers.NumberParseException:
        return ""


def is_e164(address: str) -> bool:
    """Whether digits are the whole form of a number that somebody can have."""
    return is_deliverable(address) and _to_e164(f"+{address}", None) == address


def needs_country(channel: Channel, destination: str) -> bool:
    """Whether this is a number that only a country makes whole."""
    if channel is Channel.EMAIL:
        return False
    bare = _strip(destination)
    is_national = not bare.startswith(("+", "00")) and bool(_NUMBER.fullmatch(bare))
    return is_national and len(bare) >= _SHORTEST_NATIONAL and not _is_international(bare)


def read_sender(sender: str, country: str = "") -> str:
    """A sender as networks take it: a number in E.164 without `+`, a short code or a name as it is.
    A number that cannot be read stays as its digits."""
    bare = _DECORATION.sub("", sender)
    if not _SENDER.fullmatch(bare):
        return sender
    digits = bare.lstrip("+")
    return digits if len(digits) <= SHORT_CODE_DIGITS else _read_number(sender, country) or digits


def sender_key(sender: str) -> str:
    """What two spellings of a sender that was read have in common, for replies to it: names are
    told in any letter case."""
    return sender.strip().casefold()


def list_sender_keys(sender: str) -> list[str]:
    """The keys under which conversations with a sender that was read may stand."""
    key = sender_key(sender)
    is_number = key.isdecimal() and len(key) > SHORT_CODE_DIGITS
    return list_forms(key) if is_number else [key]


def address_key(channel: Channel, address: str) -> str:
    """What two spellings of one address have in common, for duplicates and opt-outs."""
    return email_key(address) if channel is Channel.EMAIL else address


def list_refusal_keys(channel: Channel, address: str) -> set[str]:
    """The keys under which somebody may have refused messages: an opt-out from before mailboxes
    such as `weiß` and `weiss` were told apart still counts for both, and one that was kept as it
    was typed, or as a hash of that, for the number it stands for."""
    key = address_key(channel, address)
    if channel is not Channel.EMAIL:
        return set(list_forms(key))
    return {key} if address.isascii() else {key, wide_email_key(address)}


def list_forms(number: str) -> list[str]:
    """The digits under which earlier versions kept an E.164 number, itself first: national with
    and without the leading zero, and with the zero that people write in brackets."""
    code = _country_code(number)
    if not code:
        other = number[1:] if number.startswith("0") else f"0{number}"
        return [number, other] if number else []
    national = number[len(code) :]
    return [number, national, f"0{national}", f"{code}0{national}", f"00{number}"]


def sought_addresses(emails: Iterable[str], phones: Iterable[str], country: str = "") -> list[str]:
    """The forms in which addresses of recipients are searched, which the index `recipients_address`
    has in lower case. SQLite lowers ASCII alone, so an e-mail address has up to three."""
    found = [
        form
        for email in map(str.strip, emails)
        for form in (email.encode().lower().decode(), email.lower(), email_key(email))
    ]
    for phone in phones:
        found += list_forms(to_address(Channel.SMS, phone, country))
    return list(dict.fromkeys(filter(None, found)))


@lru_cache(maxsize=50_000)
def is_deliverable(address: str) -> bool:
    """Whether digits are a number that somebody can have, by the world's numbering plans."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(f"+{address}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed)


@lru_cache(maxsize=50_000)
def _read_number(text: str, country: str) -> str:
    bare = _strip(text)
    if not _NUMBER.fullmatch(bare):
        return ""
    digits = bare.lstrip("+")
    if bare.startswith("+"):
        return _to_e164(bare, None) or digits
    if digits.startswith("00") and is_deliverable(digits[2:]):
        return _to_e164(f"+{digits[2:]}", None)
    if _is_international(digits):
        return _to_e164(f"+{digits}", None)
    national = _to_e164(digits, country) if country else ""
    return national if is_deliverable(national) else digits


def _is_international(digits: str) -> bool:
    return not digits.startswith("0") and is_deliverable(digits)


def _to_e164(number: str, country: str | None) -> str:
    """The number's E.164 form without `+`, empty if it has none. Zeros that people write behind a
    country's code go where that country has them in front of national numbers only."""
    import phonenumbers

    if country is None and _is_whole(number[1:]):
        return number[1:]
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]


def _is_whole(digits: str) -> bool:
    """Whether nothing of an international number would be taken away: parsing is slow."""
    code = _country_code(digits)
    national = digits[len(code) :]
    if not code or not 4 <= len(national) <= 14:
        return False
    prefix = _national_prefix(code)
    return prefix is not None and not (prefix and national.startswith(prefix))


@lru_cache(maxsize=300)
def _national_prefix(code: str) -> str | None:
    """The digits that national numbers of a country may begin with and that are not theirs; None if
    the country is unknown, or has rules that digits do not tell."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(int(code))
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    prefix = "?" if metadata is None else metadata.national_prefix_for_parsing or ""
    return prefix if not prefix or prefix.isdecimal() else None


def _country_code(digits: str) -> str:
    """The country code that digits begin with, or nothing."""
    import phonenumbers

    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    for length in (1, 2, 3):
        head = digits[:length]
        if head.isdecimal() and not head.startswith("0") and int(head) in codes:
            return head
    return ""


def _strip(text: str) -> str:
    """A number without the signs between its digits, seen or not."""
    if not text.isascii():
        text = "".join(map(_plain, text))
    return _DECORATION.sub("", text)


def _plain(sign: str) -> str:
    """A sign as ASCII has it; nothing for one that nobody sees."""
    if sign in _PLUS_SIGNS:
        return "+"
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(sign)
    # Formats, hyphens, spaces; and the selectors of how a sign is drawn.
    return "" if category in ("Cf", "Pd", "Zs") or sign in _UNSEEN else sign
