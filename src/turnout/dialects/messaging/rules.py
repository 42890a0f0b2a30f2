"""What a field may hold, and the sentence that refuses it, in the wording of Laravel's validator.

A rule takes a field's name and its value (text trimmed, never empty or null) and returns what is
kept. Numbers and booleans may come as text, since a form has nothing else.
"""

import re
from collections.abc import Callable
from typing import Any, NoReturn

from turnout.core.identity.model import Role
from turnout.core.identity.timezones import ZONES
from turnout.core.text import is_email, is_storable
from turnout.errors import Invalid

Rule = Callable[[str, Any], Any]

TEXT_LENGTH = 255
LONG_TEXT_LENGTH = 2000
LARGEST = 999_999_999
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,6})?", re.ASCII)
_URL = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)
_TRUE, _FALSE = ("1", "true"), ("0", "false")


def refuse(field: str, sentence: str) -> NoReturn:
    """Raise Invalid with `sentence`, in which `{field}` stands for the field's name."""
    raise Invalid("field.invalid", sentence.format(field=field), {field: [sentence]})


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


def whole(least: int = 0, most: int = LARGEST) -> Rule:
    """A whole number from `least` to `most`."""

    def rule(field: str, value: Any) -> int:
        number = _number(value)
        if number is None or number != int(number):
            refuse(field, "The {field} must be an integer.")
        return int(_within(field, number, least, most))

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


def emails(field: str, value: Any) -> str:
    """E-mail addresses between commas or semicolons; kept as typed."""
    addresses = text(LONG_TEXT_LENGTH)(field, value)
    if not all(is_email(address) for address in re.split("[,;]", addresses)):
        refuse(field, "The {field} must be a valid email address.")
    return str(addresses)


def url(field: str, value: Any) -> str:
    """An address that begins with http:// or https://, without credentials in it."""
    address = text(LONG_TEXT_LENGTH)(field, value)
    if not _URL.fullmatch(address):
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


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _within(field: str, value: int | float, least: int, most: int) -> int | float:
    if value < least:
        refuse(field, f"The {{field}} must be at least {least}.")
    if value > most:
        refuse(field, f"The {{field}} may not be greater than {most}.")
    return value
