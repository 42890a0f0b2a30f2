"""What the fields may hold that people fill: lines, prose, colours, addresses.

Each check takes the field's name, for the message, and raises Invalid. Empty text is a question of
the caller: mostly it takes a value away.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from turnout.core.text import is_blank, is_email, is_line, is_paragraph, is_storable
from turnout.errors import Invalid
from turnout.formats.spoken.own_words import UnreadableWordError, read_own_words

LONGEST_LINE, LONGEST_PROSE, LONGEST_URL = 200, 20_000, 2_000
LONGEST_PAYMENT_TEXT, MOST_PAYMENT_LINES, MOST_PAYMENT_DAYS = 2_000, 30, 365
MOST_ORIGINS = 30
MOST_WORDS = 500
PAYMENT_FIELDS = ("amount", "reference", "due")
"""What a text about how to pay can say of a ticket, as `%%amount%%`."""
_FIELD = re.compile(r"%%(\w{1,30})%%", re.ASCII)
_AROUND_ADDRESSES = re.compile(r"[\s<>()\[\],;:\"']+")
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
# A name, an IPv4 address or `localhost`, with a port where it is not the scheme's own.
_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[1-9][0-9]{0,4})?")
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM "
    "DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS "
    "GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ "
    "MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS YE YT ZA ZM ZW "
)
COUNTRIES = frozenset(_COUNTRIES.split())


def changed_fields(change: msgspec.Struct) -> list[str]:
    """The names of what a change names. Values are not in the audit: some are about people."""
    return [name for name in change.__struct_fields__ if getattr(change, name) is not None]


def check_line(field: str, text: str, limit: int = LONGEST_LINE) -> None:
    """Raise Invalid unless `text` is one line of up to `limit` characters."""
    if not is_line(text) or not is_storable(text):
        raise Invalid("text.line", field=field)
    check_length(field, text, limit)


def check_no_address(field: str, text: str) -> None:
    """Raise Invalid for the name of an organization that has an e-mail address in it: in mails it
    would be taken for the sender's own."""
    for word in _AROUND_ADDRESSES.split(text):
        if "@" in word and is_email(word):
            raise Invalid("organization.name_address", field=field, address=word)


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


def check_words(field: str, text: str) -> None:
    """Raise Invalid for words of calls with a line that cannot be read, or too many of them."""
    check_prose(field, text)
    try:
        words = read_own_words(text)
    except UnreadableWordError as error:
        raise Invalid("calling.word", line=error.line) from error
    if len(words.spelled) + len(words.phonemes) > MOST_WORDS:
        raise Invalid("calling.words", limit=MOST_WORDS)


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


def check_origins(origins: Sequence[str]) -> None:
    """Raise Invalid unless each is a site's scheme and host, in small letters and without a path:
    what a browser calls its origin, and what stands in a policy without more."""
    if len(origins) > MOST_ORIGINS:
        raise Invalid("origin.many", limit=MOST_ORIGINS)
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise Invalid("origin.form", origin=origin)


def check_address(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is an e-mail address."""
    if not is_email(text):
        raise Invalid("user.email", email=text)


def check_language(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is a language tag such as `de` or `pt-BR`."""
    if not _LANGUAGE.fullmatch(text):
        raise Invalid("language.form", language=text)


def check_country(_field: str, text: str) -> None:
    """Raise Invalid unless `text` is the code of a country (ISO 3166-1 alpha-2), in any case."""
    if text.upper() not in COUNTRIES:
        raise Invalid("country.form", country=text)
