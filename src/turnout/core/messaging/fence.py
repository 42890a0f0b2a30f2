"""The fence: numbers that are never dialled, whatever network carries calls and faxes.

Who can make a server dial can make its owner pay: numbers of premium services, of satellites and of
far countries bring their holders a share of what a call costs; a table has the satellites among the
numbers of countries, where the plans call them mobiles. So only ordinary numbers are dialled
(landlines, mobiles, internet telephony, freephone), by the world's numbering plans, and only in the
countries that the organization may call: its own, where it names no others, and territories that
share the plan of one (Christmas Island and Australia). An operator may list prefixes that are
dialled although the plans call them something else. Emergency and short numbers are never dialled.

Pure rules live here; what a database knows of an organization is in calling.py.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from turnout.core.messaging.model import Channel
from turnout.core.messaging.prices import MICROS

FENCED = frozenset({Channel.TTS, Channel.VOICE, Channel.FAX})
"""The channels that dial."""

MOST_REDIRECTS = 10
_LONGEST_SHORT = 6
_WORLD = "001"
_ORDINARY = frozenset({"FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "VOIP", "TOLL_FREE"})
_KINDS = {
    "PREMIUM_RATE": "a premium-rate number",
    "SHARED_COST": "a shared-cost number",
    "PERSONAL_NUMBER": "a personal number",
    "PAGER": "a pager",
    "UAN": "a company's access number",
    "VOICEMAIL": "a voicemail service",
}
# Territories whose numbers are in the plan of a country, behind its code.
_TERRITORIES = {
    "AU": frozenset({"CC", "CX"}),
    "CW": frozenset({"BQ"}),
    "FI": frozenset({"AX"}),
    "GB": frozenset({"GG", "IM", "JE"}),
    "GP": frozenset({"BL", "MF"}),
    "IT": frozenset({"VA"}),
    "MA": frozenset({"EH"}),
    "NO": frozenset({"SJ"}),
    "RE": frozenset({"YT"}),
    "SH": frozenset({"TA"}),
}
# What phonenumbers takes for ordinary numbers of a country, and is none: beginnings in E.164, and
# whose word it is.
_SATELLITES = (
    "6114",  # Australia, 0140 to 0149: Telecommunications Numbering Plan 2015, satellite services
    "67210",  # Australian Antarctic stations, by satellite: ITU, National Numbering Plan of 672
    "67211",
    "67212",
    "67213",
    "861349",  # China, satellite phones: MIIT, plan of numbers of public networks
    "861740",  # China, Tiantong: the same
    "861749",
    "62868",  # Indonesia, Byru: Kominfo, Fundamental Technical Plan
    "7954",  # Russia, GlobalTel: Rossvyaz, register of ranges
    "3363800",  # France, Globalstar Europe: ARCEP's MAJNUM, phonenumbers' carriers
    "3364000",
    "3364001",
    "3364002",
    "3364003",
    "3364004",
    "3375076",
    "3375077",
    "39310",  # Italy, Globalstar (Elsacom): MIMIT, Piano nazionale di numerazione
    "39319",  # Italy, Thuraya (Intermatica): phonenumbers' table of carriers
)
_COSTLY = ("1600",)  # Canada: CNAC, guideline of 6YY: the caller pays, satellites among them
_SHORT = "an emergency or short number"
_SATELLITE = "a number of a satellite or another network without a country"
_OF_SATELLITE = "a number of a satellite network"
_BY_CALLER = "a number whose callers pay more"
_UNKNOWN = "a number that no numbering plan knows"


class UnreadablePrefixError(ValueError):
    """An entry is not the beginning of an international number."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


class Whom(NamedTuple):
    """Whom an organization may call: `countries` (two letters), or anybody's with `is_anywhere`;
    `agents` are numbers in E.164 to which calls may be put through wherever they are. National and
    short numbers are those of `home`, its own country, empty = not known."""

    home: str
    countries: frozenset[str]
    agents: frozenset[str] = frozenset()
    is_anywhere: bool = False


class Fence:
    """What an operator lets be dialled."""

    def __init__(
        self,
        prefixes: str = "",
        *,
        spending_per_hour: int = 0,
        redirects: int = MOST_REDIRECTS,
        simulated: Collection[Channel] = (),
    ) -> None:
        """Read `prefix …`, dialled whatever they are. `spending_per_hour`, in whole currency units,
        is what an organization's calls and faxes of an hour may cost, 0 = any amount; `redirects`
        how many of its calls may be put through at once. Channels of the simulator are `simulated`:
        there an organization without a country may call anywhere. Raises UnreadablePrefixError for
        the first entry that cannot be read."""
        for entry in prefixes.split():
            if not entry.removeprefix("+").isdecimal() or not entry.isascii():
                raise UnreadablePrefixError(entry)
        self.prefixes = tuple(entry.removeprefix("+") for entry in prefixes.split())
        self.hourly_micros = spending_per_hour * MICROS
        self.redirects = redirects
        self.simulated = frozenset(simulated)

    def find_fault(self, number: str, whom: Whom, *, is_redirect: bool = False) -> str:
        """Why a number (E.164, or the digits of one that cannot be read) is not dialled, in words
        that end a sentence; empty = it may be."""
        if is_short(number, whom.home):
            return f"{number} is {_SHORT}"
        kind, country = classify(number)
        is_listed = bool(number) and number.startswith(self.prefixes)
        if kind and not is_listed:
            return f"+{number} is {kind}"
        if not country or whom.is_anywhere or (is_redirect and number in whom.agents):
            return ""
        if country in whom.countries or any(
            country in _TERRITORIES.get(allowed, ()) for allowed in whom.countries
        ):
            return ""
        return f"+{number} is in {country}, and the organization may not call there"


@lru_cache(maxsize=50_000)
def is_short(number: str, home: str) -> bool:
    """Whether digits are an emergency number, or so few that only a short number has them; also
    behind a country's code."""
    import phonenumbers

    if not number:
        return False
    if len(number) <= _LONGEST_SHORT or (home and _is_emergency(number, home)):
        return True
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return False
    national = str(parsed.national_number)
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, ())
    is_whole = phonenumbers.is_valid_number(parsed)
    return not is_whole and any(_is_emergency(national, region) for region in regions)


def _is_emergency(number: str, region: str) -> bool:
    from phonenumbers import shortnumberinfo

    return bool(shortnumberinfo.is_emergency_number(number, region))


@lru_cache(maxsize=50_000)
def classify(number: str) -> tuple[str, str]:
    """What a number is if not an ordinary one, empty = it is; and its country, empty = it has
    none."""
    import phonenumbers

    if number.startswith(_SATELLITES):
        return _OF_SATELLITE, ""
    if number.startswith(_COSTLY):
        return _BY_CALLER, ""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return _UNKNOWN, ""
    country = phonenumbers.region_code_for_number(parsed) or ""
    is_world = _WORLD in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, ())
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(parsed))
    if kind in _KINDS:
        return _KINDS[kind], "" if is_world else country
    if is_world:
        return _SATELLITE, ""
    return "" if kind in _ORDINARY else _UNKNOWN, country
