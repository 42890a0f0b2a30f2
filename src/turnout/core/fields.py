"""What the fields may hold that people fill: lines, prose, colours, addresses.

Each check takes the field's name, for the message, and raises Invalid. Empty text is a question of
the caller: mostly it takes a value away.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from turnout.core.text import is_blank, is_email, is_line, is_paragraph, is_storable
from turnout.errors import Invalid

LONGEST_LINE, LONGEST_PROSE, LONGEST_URL = 200, 20_000, 2_000
LONGEST_PAYMENT_TEXT, MOST_PAYMENT_LINES, MOST_PAYMENT_DAYS = 2_000, 30, 365
PAYMENT_FIELDS = ("amount", "reference", "due")
"""What a text about how to pay can say of a ticket, as `%%amount%%`."""
_FIELD = re.compile(r"%%(\w{1,30})%%", re.ASCII)
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_COUNTRY = re.compile("[A-Za-z]{2}")


def changed_fields(change: msgspec.Struct) -> list[str]:
    """The names of what a change names. Values are not in the audit: some are about people."""
    return [name for name in change.__struct_fields__ if getattr(change, name) is not None]


def check_line(field: str, text: str, limit: int = LONGEST_LINE) -> None:
    """Raise Invalid unless `text` is one line of up to `limit` characters."""
    if not is_line(text) or not is_storable(text):
        raise Invalid("text.line", field=field)
    check_length(field, text, limit)


def check_filled(field: str, text: str) -> None:
    """Raise Invalid for a text in which nothing can be read, such as an empty title."""
    if is_blank(text):
        raise Invalid("text.missing", field=field)


def check_prose(field: str, text: str, limit: int = LONGEST_PROSE) -> None:
    """Raise Invalid unless `text` can be kept and has up to `limit` characters."""
    if not is_storable(text):
        raise Invalid("text.line", field=field)
    check_length(field, text, limit)


def check_payment_text(field: str, text: str) -> None:
    """Raise Invalid for a text about how to pay that is too long or asks for an unknown field."""
    check_prose(field, text, LONGEST_PAYMENT_TEXT)
    if not is_paragraph(text) or len(text.splitlines()) > MOST_PAYMENT_LINES:
        raise Invalid("payment.text", limit=MOST_PAYMENT_LINES)
    for name in _FIELD.findall(text):
        if name.lower() not in PAYMENT_FIELDS:
            raise Invalid("payment.text_field", field=name, known=PAYMENT_FIELDS)


def check_payment_days(days: int | None) -> None:
    """Raise Invalid for a period that is none; 0 = not given."""
    if days is not None and not 0 <= days <= MOST_PAYMENT_DAYS:
        raise Invalid("payment.days", limit=MOST_PAYMENT_DAYS)


def fill_payment_text(text: str, values: Mapping[str, str]) -> str:
    """The text, with what its fields stand for; `values` by the names of PAYMENT_FIELDS."""
    return _FIELD.sub(lambda found: values.get(found[1].lower(), ""), text)


def check_length(field: str, text: str, limit: int) -> None:
    """Raise Invalid for a longer text."""
    if len(text) > limit:
        raise Invalid("text.long", field=field, limit=limit, length=len(text))


def check_colour(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is `#rrggbb`."""
    if not _COLOUR.fullmatch(text):
        raise Invalid("colour.form", colour=text)


def check_url(field: str, text: str) -> None:
    """Raise Invalid unless `text` is a web address that a page may link to."""
    check_line(field, text, LONGEST_URL)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise Invalid("url.form", url=text) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise Invalid("url.form", url=text)


def check_address(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is an e-mail address."""
    if not is_email(text):
        raise Invalid("user.email", email=text)


def check_language(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is a language tag such as `de` or `pt-BR`."""
    if not _LANGUAGE.fullmatch(text):
        raise Invalid("language.form", language=text)


def check_country(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is the code of a country in two letters (ISO 3166)."""
    if not _COUNTRY.fullmatch(text):
        raise Invalid("country.form", country=text)
