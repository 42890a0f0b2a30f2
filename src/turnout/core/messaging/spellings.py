"""How networks spell the ids of messages: in receipts not always as in their answers.

The same id may come in another case, in quotes, with or without leading zeros, in decimal in one
place and in hexadecimal in the other.
"""

import re

_QUOTES = "\"'`<>[]{}"
_DECIMAL = re.compile(r"[0-9]{1,20}", re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}", re.ASCII)
# Two numbers without a letter may be two ids as well as one in two bases; long ones hardly.
_LONG = 6


def plain(network_id: str) -> str:
    """An id without case, quotes and leading zeros."""
    bare = network_id.strip().strip(_QUOTES).strip().lower()
    return (bare.lstrip("0") or "0") if bare else ""


def list_spellings(network_id: str) -> set[str]:
    """What ids have in common that are the same but for case, quotes, leading zeros, and whether
    they are in decimal or hexadecimal."""
    bare = plain(network_id)
    found = {bare} if bare else set()
    if _DECIMAL.fullmatch(bare):
        found.add(f"{int(bare):x}")
    if _HEXADECIMAL.fullmatch(bare):
        found.add(str(int(bare, 16)))
    return found


def is_same(one: str, other: str) -> bool:
    """Whether both name the same message. Short numbers in two bases are taken for two: a network
    that counts has both."""
    a, b = plain(one), plain(other)
    if a == b:
        return bool(a)
    is_long = min(len(a), len(b)) >= _LONG
    return b in list_spellings(a) and (is_long or not (a + b).isdigit())
