"""The addresses and numbers by which somebody is found in what others wrote or networks said."""

import re
from collections.abc import Iterable
from functools import cached_property

import msgspec

from turnout.core.text import email_key

GONE = "[erased]"
# Shorter runs of digits stand in numbers of other things.
SHORTEST_PHONE = 7


class Marks(msgspec.Struct, frozen=True, dict=True):
    """Somebody's e-mail addresses and phone numbers, as typed, of all times."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [*map(_email_part, self._spellings()), *filter(None, map(_phone_part, self.phones))]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def _spellings(self) -> Iterable[str]:
        emails = [email.strip() for email in self.emails if email.strip()]
        return dict.fromkeys([*emails, *map(email_key, emails)])

    def are_in(self, text: object) -> bool:
        """Whether one of them stands in `text`, as a whole, in any case."""
        pattern = self._pattern
        if pattern is None or not text:
            return False
        if isinstance(text, bytes | memoryview):
            text = bytes(text).decode("utf-8", "ignore")
        return isinstance(text, str) and pattern.search(text) is not None

    def redact(self, text: str) -> str:
        """`text` without them."""
        return self._pattern.sub(GONE, text) if self._pattern else text


def _email_part(email: str) -> str:
    name = re.escape(email).replace("@", "(?:@|%40)")
    return rf"(?<![\w.+-]){name}(?![\w-]|\.\w)"


def _phone_part(phone: str) -> str:
    """Its digits with any signs between; of a national number, with any country before it."""
    digits = "".join(filter(str.isdigit, phone))
    if phone.strip().startswith("+"):
        start = r"\+?"
    elif digits.startswith("00"):
        start, digits = r"(?:\+|00)?", digits[2:]
    elif digits.startswith("0"):
        start, digits = r"(?:\+?\d{1,3}[ .-]?\(?)?0?", digits[1:]
    else:
        start = r"\+?"
    if len(digits) < SHORTEST_PHONE:
        return ""
    return rf"(?<!\d){start}{r'[ ()./-]{0,3}'.join(digits)}(?!\d)"
