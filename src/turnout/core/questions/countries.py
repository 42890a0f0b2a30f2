"""Countries as people name them: two letters (ISO 3166) or an English name; pages show the names
of their language."""

from functools import cache

from turnout.core.fields import COUNTRIES
from turnout.core.text import fold, without_marks

CODES = COUNTRIES
# What people write though the standard has another code for it.
_ALSO = {"uk": "GB", "usa": "US", "turkey": "TR", "czech republic": "CZ", "holland": "NL"}


@cache
def country_names(language: str = "en") -> dict[str, str]:
    """The name of each country by its code, in a language of the catalogue, in the order of
    names."""
    from babel import Locale  # its data take a moment to load

    known = Locale.parse(language).territories
    named = ((code, known[code]) for code in CODES)
    return dict(sorted(named, key=lambda pair: _sorted_as(pair[1])))


def _sorted_as(name: str) -> str:
    """Letters without their marks: Österreich stands beside Oman."""
    return without_marks(fold(name))


def find_country(text: str) -> str | None:
    """The code of a country that is named by code or name, in any case."""
    wanted = _plain(text)
    if len(wanted) == 2 and wanted.upper() in CODES:
        return wanted.upper()
    return _ALSO.get(wanted) or _by_name().get(wanted)


@cache
def _by_name() -> dict[str, str]:
    return {_plain(name): code for code, name in country_names().items()}


def _plain(text: str) -> str:
    return fold(" ".join(text.split())).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
