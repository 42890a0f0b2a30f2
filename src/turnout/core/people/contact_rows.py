"""A person's details from a row of a file."""

from functools import lru_cache

from turnout.core.importing.layout import Known
from turnout.core.importing.records import Record
from turnout.core.people.model import Contact
from turnout.core.text import fold, is_email
from turnout.errors import Invalid

CONTACT_KEYS = (
    *("email", "firstname", "lastname", "company", "jobtitle", "phone", "address", "postcode"),
    *("city", "state", "country"),
)
CONTACTS = Known(CONTACT_KEYS, needed=(("email",),))
"""What a file of people has."""

_LANGUAGES = ("en", "de", "fr", "es")


def read_contact(row: Record) -> Contact:
    """The details of one row. Raises Invalid for what is no e-mail address or no country."""
    if not row["email"]:
        raise Invalid("import.no_email")
    if not is_email(row["email"]):
        raise Invalid("import.email", email=row["email"])
    return Contact(
        email=row["email"],
        first_name=row["firstname"],
        last_name=row["lastname"],
        company=row["company"],
        job_title=row["jobtitle"],
        phone=row["phone"],
        address_line1=row["address"],
        post_code=row["postcode"],
        city=row["city"],
        county_or_state=row["state"],
        country_code=read_country(row["country"]),
    )


def read_country(text: str) -> str:
    """The two letters (ISO 3166) of a country given so, or by its name in one of four languages.
    Empty stays empty; raises Invalid for an unknown one."""
    if not text:
        return ""
    code = _codes().get(fold(text.strip()))
    if code is None:
        raise Invalid("import.country", country=text)
    return code


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    from babel import Locale

    codes: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code != "ZZ":
                codes[fold(name)] = code
                codes[code.lower()] = code
    return codes | {"uk": "GB", "usa": "US", "england": "GB", "scotland": "GB", "wales": "GB"}
