"""What a field may hold, and the sentence that refuses it, in the wording of Laravel's validator.

A rule takes a field's name and its value (text trimmed, never empty or null) and returns what is
kept. Numbers and booleans may come as text, since a form has nothing else.
"""

import datetime
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from turnout.core.identity.model import Role
from turnout.core.identity.timezones import ZONES
from turnout.core.messaging.model import JobType
from turnout.core.text import is_email, is_storable
from turnout.core.times import YEARS
from turnout.errors import Invalid
from turnout.http.outbound import is_callable

Rule = Callable[[str, Any], Any]

TEXT_LENGTH = 255
LONG_TEXT_LENGTH = 2000
LARGEST = 999_999_999
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,6})?", re.ASCII)
_URL = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)
_TRUE, _FALSE = ("1", "true"), ("0", "false")
_HOUR = re.compile(r"([01]?\d|2[0-3])(?::?([0-5]\d))?(?::[0-5]\d)?", re.ASCII)
# A `+` that nobody escaped in a query has become a blank.
_LOST_PLUS = re.compile(r"(?<=:\d\d) (?=\d\d:?\d\d$)", re.ASCII)
_PHONE = re.compile(r"\+?\d{3,15}", re.ASCII)
_PHONE_DRESSING = re.compile(r"[\s().\-/]", re.ASCII)
_SENDER_NAME = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 _.&+\-]+")
SENDER_NAME_LENGTH = 11
JOB_TYPES = {
    "email": JobType.EMAIL,
    "fax": JobType.FAX,
    "sms": JobType.SMS,
    "2 way sms": JobType.TWO_WAY_SMS,
    "mms": JobType.MMS,
    "text-to-speech": JobType.TTS,
    "tts": JobType.TTS,
    "2 way tts": JobType.TWO_WAY_TTS,
    "voice": JobType.VOICE,
}


def refuse(field: str, sentence: str) -> NoReturn:
    """Raise Invalid with `sentence`, in which `{field}` stands for the field's name."""
    said = sentence.format(field=field)
    raise Invalid("field.invalid", fields={field: [said]}, sentence=said)


def required(field: str) -> NoReturn:
    refuse(field, "The {field} field is required.")


def text(longest: int = TEXT_LENGTH) -> Rule:
    """Text of up to `longest` characters; a number counts as its digits."""

    def rule(field: str, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            refuse(field, "The {field} must be a string.")
        if len(value) > longest:
            refuse(field, f"The {{field}} may not be greater than {longest} characters.")
        if not is_storable(value):
            refuse(field, "The {field} format is invalid.")
        return value

    return rule


def whole(least: int = 0, limit: int = LARGEST) -> Rule:
    """A whole number from `least` to `limit`."""

    def rule(field: str, value: Any) -> int:
        number = _number(value)
        if number is None or number != int(number):
            refuse(field, "The {field} must be an integer.")
        return int(_within(field, number, least, limit))

    return rule


def number(field: str, value: Any) -> int | float:
    """A number from 0, whole or not."""
    found = _number(value)
    if found is None:
        refuse(field, "The {field} must be a number.")
    found = _within(field, found, 0, LARGEST)
    return int(found) if found == int(found) else found


def flag(field: str, value: Any) -> bool:
    """True or false, also as 1 and 0."""
    word = str(value).lower()
    if isinstance(value, list | dict) or word not in _TRUE + _FALSE:
        refuse(field, "The {field} field must be true or false.")
    return word in _TRUE


def email(field: str, value: Any) -> str:
    """One e-mail address."""
    address = text()(field, value)
    if not is_email(address):
        refuse(field, "The {field} must be a valid email address.")
    return str(address)


def address_list(field: str, value: Any) -> tuple[str, ...]:
    """E-mail addresses, in a list or between commas or semicolons."""
    if isinstance(value, list):
        return tuple(email(f"{field}.{number}", address) for number, address in enumerate(value))
    return tuple(address.strip() for address in re.split("[,;]", emails(field, value)))


def emails(field: str, value: Any) -> str:
    """E-mail addresses between commas or semicolons; kept as typed."""
    addresses = text(LONG_TEXT_LENGTH)(field, value)
    if not all(is_email(address) for address in re.split("[,;]", addresses)):
        refuse(field, "The {field} must be a valid email address.")
    return str(addresses)


def url(field: str, value: Any) -> str:
    """An address that begins with http:// or https:// and can be called, without credentials."""
    address = text(LONG_TEXT_LENGTH)(field, value)
    if not (_URL.fullmatch(address) and is_callable(address)):
        refuse(field, "The {field} format is invalid.")
    return str(address)


def user_code(field: str, value: Any) -> str:
    """A sign-in name: printable, without the colon that ends it in Basic authentication."""
    code = text(100)(field, value)
    if ":" in code or not code.isprintable():
        refuse(field, "The {field} format is invalid.")
    return str(code)


def password(field: str, value: Any) -> str:
    """A password of 10 to 255 characters."""
    secret = text()(field, value)
    if len(secret) < 10:
        refuse(field, "The {field} must be at least 10 characters.")
    return str(secret)


def account_type(field: str, value: Any) -> Role:
    """Acct, Agent or Admin, in any case."""
    for role in Role:
        if isinstance(value, str) and value.casefold() == role.value.casefold():
            return role
    refuse(field, "The selected {field} is invalid.")


def timezone_id(field: str, value: Any) -> int:
    """A number of the published table."""
    zone = whole()(field, value)
    if zone not in ZONES:
        refuse(field, "The selected {field} is invalid.")
    return int(zone)


def job_type(field: str, value: Any) -> JobType:
    """One of the eight types by one of their nine names, in any case."""
    name = " ".join(value.casefold().split()) if isinstance(value, str) else ""
    if name not in JOB_TYPES:
        refuse(field, "The selected {field} is invalid.")
    return JOB_TYPES[name]


def choice(choices: Sequence[str]) -> Rule:
    """One of `choices` in any case; what is kept is the choice's own writing."""
    known = {choice.casefold(): choice for choice in choices}

    def rule(field: str, value: Any) -> str:
        chosen = known.get(value.casefold()) if isinstance(value, str) else None
        if chosen is None:
            refuse(field, "The selected {field} is invalid.")
        return chosen

    return rule


def truthy(_field: str, value: Any) -> bool:
    """Whatever is not false: false, 0, an empty list, and these as words."""
    return str(value).lower() not in ("0", "0.0", "false", "no", "off", "[]", "{}")


def moment(field: str, value: Any) -> datetime.datetime:
    """A date, or a date with a time, with a zone or without one (then none is set)."""
    written = text()(field, value)
    try:
        found = datetime.datetime.fromisoformat(_LOST_PLUS.sub("+", written.replace("/", "-")))
    except ValueError:
        refuse(field, "The {field} is not a valid date.")
    if found.year not in YEARS:
        refuse(field, "The {field} is not a valid date.")
    return found


def hour(field: str, value: Any) -> str:
    """A time of the day; kept as `HH:MM`."""
    found = _HOUR.fullmatch(text()(field, value))
    if found is None:
        refuse(field, "The {field} format is invalid.")
    return f"{int(found[1]):02}:{found[2] or '00'}"


def phone(field: str, value: Any) -> str:
    """A phone number of 3 to 15 digits, with or without `+`, however it is dressed."""
    number = _PHONE_DRESSING.sub("", str(text()(field, value)))
    if not _PHONE.fullmatch(number):
        refuse(field, "The {field} format is invalid.")
    return number


def sender_id(field: str, value: Any) -> str:
    """A phone number, or a name of up to 11 letters and digits; kept as typed."""
    shown = str(text()(field, value))
    if _PHONE.fullmatch(_PHONE_DRESSING.sub("", shown)):
        return shown
    if len(shown) > SENDER_NAME_LENGTH:
        refuse(field, f"The {{field}} may not be greater than {SENDER_NAME_LENGTH} characters.")
    if not _SENDER_NAME.fullmatch(shown):
        refuse(field, "The {field} format is invalid.")
    return shown


def key_press(field: str, value: Any) -> str:
    """One key of a phone."""
    key = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(key, str) or key not in tuple("0123456789*#"):
        refuse(field, "The {field} format is invalid.")
    return key


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _within(field: str, value: int | float, least: int, limit: int) -> int | float:
    if value < least:
        refuse(field, f"The {{field}} must be at least {least}.")
    if value > limit:
        refuse(field, f"The {{field}} may not be greater than {limit}.")
    return value
