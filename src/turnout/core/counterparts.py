"""The one door for what counterparts say: texts and numbers that somebody else's program wrote.

Networks, receivers of callbacks, servers of files and the sender mail may say anything: NUL and
halves of pairs, which no database keeps, numbers of 5,000 digits, dates in the year 10^20, brackets
30,000 deep. The functions here take anything and never raise; what comes out can be kept by both
databases and is bounded. What networks answer and tell (messaging/outcomes.py) and how callbacks
end (callbacks/model.py) pass through when they are made, so that no carrier can forget it.
"""

import hashlib
import json
import math
import re
from email.utils import parsedate_to_datetime

import msgspec

from turnout.core.text import is_storable

LONGEST_NOTE = 500
LONGEST_NAME = 200
LONGEST_TEXT = 65_536
LONGEST_DATE = 64
LARGEST = 2**63 - 1
# The digits of a number that is worth reading: more of them take time by the square.
_DIGITS = 19
# With the marks that turn letters around, hide them or end a line.
_CONTROL = re.compile(
    "[\x00-\x20\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}", re.IGNORECASE)


def to_text(value: object) -> str:
    """A value of JSON as text; empty for None, and for what is too deep or too long to be said."""
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else str(value)
    except (RecursionError, ValueError):
        return ""


def tidy(text: str, limit: int = LONGEST_NOTE) -> str:
    """A remark in one line of up to `limit` characters: single blanks, no control characters,
    and none that turns letters around or hides them."""
    is_tidy = len(text) <= limit and text.isprintable() and "  " not in text
    if is_tidy and text.strip() == text:
        return text
    return _CONTROL.sub(" ", text[: 4 * limit])[:limit].strip()


def clean(text: str, limit: int = LONGEST_TEXT) -> str:
    """A text that people wrote, up to `limit` characters, as it is but for what cannot be kept."""
    text = text[:limit]
    return text if is_storable(text) else _UNSTORABLE.sub("", text)


def to_name(text: str, limit: int = LONGEST_NAME) -> str:
    """A name that a counterpart gave to something: as it is, or where it cannot be kept or has over
    `limit` characters, another that is the same whenever this one comes again."""
    if len(text) <= limit and is_storable(text):
        return text
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def to_count(value: object, otherwise: int, *, least: int = 0, limit: int = LARGEST) -> int:
    """A whole number from `least` to `limit`, given as a number or in digits; else `otherwise`."""
    if isinstance(value, str):
        value = int(value) if len(value) <= _DIGITS and _WHOLE.fullmatch(value) else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    is_count = isinstance(value, int) and least <= value <= limit
    return int(value) if is_count else otherwise  # type: ignore[call-overload]


def to_seconds(value: float, limit: float) -> float:
    """A pause within 0 and `limit` seconds; 0 for what is no number."""
    return 0.0 if math.isnan(value) else float(min(max(value, 0.0), limit))


def read_pause(text: str, now_s: float, otherwise: float) -> float:
    """The seconds that a `Retry-After` asks for, as a number or a date; `otherwise` for neither.
    Not bounded."""
    text = text.strip()[:LONGEST_DATE]
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return parsedate_to_datetime(text).timestamp() - now_s
    except (ArithmeticError, IndexError, OSError, TypeError, ValueError):
        return otherwise


def read_object(body: bytes) -> dict[str, object]:
    """The members of a JSON object; none of anything else. Numbers with more digits than are worth
    reading come as text."""
    try:
        found = _decode(body)
    except (UnicodeDecodeError, RecursionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _decode(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError):
        # Stricter than most: the rest of what was said is of use.
        return json.loads(body, parse_int=_read_digits)


def _read_digits(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else digits


def read_content_type(text: str) -> str:
    """A content type without parameters in lower case; empty if there is no type."""
    text = text.partition(";")[0].strip() if len(text) <= LONGEST_NOTE else ""
    return text.lower() if _CONTENT_TYPE.fullmatch(text) else ""
