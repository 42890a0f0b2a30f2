"""What kind of number an address is, as SMPP wants to be told (TON and NPI, 5.2.5 and 5.2.6)."""

import re
from functools import lru_cache

from turnout.carriers.smpp.pdu import MAX_ADDRESS, Address

SHORT_CODE_DIGITS = 6
ALPHANUMERIC_CHARACTERS = 11

_NUMBER = re.compile(rf"\+?([0-9]{{1,{MAX_ADDRESS}}})")
_ALPHANUMERIC = re.compile(rf"[ -~]{{1,{ALPHANUMERIC_CHARACTERS}}}")


def read_destination(number: str) -> Address | None:
    """An international number in digits, with or without `+`; None when it is not one."""
    found = _NUMBER.fullmatch(number)
    return Address(1, 1, found[1]) if found else None


@lru_cache(maxsize=256)
def read_sender(sender: str) -> Address | None:
    """An international number, a short code (up to 6 digits), an alphanumeric sender (up to 11
    ASCII characters) or nothing, which leaves it to the network; None when it is none of these."""
    if not sender:
        return Address(0, 0, "")
    if found := _NUMBER.fullmatch(sender):
        is_short = len(found[1]) <= SHORT_CODE_DIGITS
        return Address(3, 0, found[1]) if is_short else Address(1, 1, found[1])
    return Address(5, 0, sender) if _ALPHANUMERIC.fullmatch(sender) else None
