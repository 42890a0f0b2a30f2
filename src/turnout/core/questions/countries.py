"""Countries as people name them: two letters (ISO 3166) or an English name; pages show the names
of their language."""

import unicodedata
from functools import cache

from turnout.core.text import fold

_CODES = (
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
CODES = frozenset(_CODES.split())
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
    parts = unicodedata.normalize("NFKD", fold(name))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


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
