"""Numbers as they stand in texts: money, units, fractions, ordinals, years, plain numbers."""

import re

from turnout.formats.spoken.currencies import CODES, SCALES, SIGNS, amount
from turnout.formats.spoken.numbers import cardinal, digits, grouped, number, ordinal, year
from turnout.formats.spoken.rules import NUMBER, Locale, Rule
from turnout.formats.spoken.words import AMERICAN, FRACTIONS, UNITS

_MONEY = r"(\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,3})?|\d{1,18}(?:[.]\d{1,3}|,\d\d(?!\d))?)"
_SCALE = r"(?:\s?(" + "|".join(sorted(SCALES, key=len, reverse=True)) + r")(?![A-Za-z]))?"
_PREFIXES = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
_CODES = "|".join(CODES)
# Counted things: a number before them is no year.
_COUNTED = (
    "people|persons|tickets?|places|seats|guests|attendees|registrations|members|students|copies|"
    "votes|times|words|visitors|runners|delegates|participants|dollars|euros|pounds|points|metres|"
    "miles|steps|items|emails|calls|messages|hours|minutes|days|units|customers|residents"
)
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True) if unit != "x")
_CASED = frozenset("ghlmstw")


def _money(found: "re.Match[str]", locale: Locale) -> str:
    return amount(found[1], _decimal(found[2]), found[3] or "", locale.joint)


def _money_behind(found: "re.Match[str]", locale: Locale) -> str:
    return amount(found[3], _decimal(found[1]), found[2] or "", locale.joint)


def _decimal(written: str) -> str:
    """With a point before the decimals, as most write them."""
    head, comma, tail = written.rpartition(",")
    return f"{head}.{tail}" if comma and len(tail) == 2 else written


def _small_money(found: "re.Match[str]", locale: Locale) -> str | None:
    if found[2] == "p" and locale.name != "en-GB":
        return None
    size = int(found[1])
    if found[2] == "p":
        return f"{cardinal(size)} {'penny' if size == 1 else 'pence'}"
    return f"{cardinal(size)} {'cent' if size == 1 else 'cents'}"


def _measured(found: "re.Match[str]", locale: Locale) -> str | None:
    written, unit = found[1], found[2]
    if len(unit) == 1 and unit.lower() in _CASED and unit not in _CASED | {"L", "W"}:
        return None
    one, many = UNITS[unit.lower()]
    if locale.is_month_first:
        for theirs, american in AMERICAN:
            one, many = one.replace(theirs, american), many.replace(theirs, american)
    name = one if written == "1" else many
    return f"{number(written, locale.joint)} {name}{_per(found[3])}"


def _per(behind: str | None) -> str:
    return f" per {behind}" if behind else ""


def _by(found: "re.Match[str]", locale: Locale) -> str:
    return f"{number(found[1], locale.joint)} by"


def _multiplied(found: "re.Match[str]", locale: Locale) -> str:
    return f"{number(found[1], locale.joint)} times"


def _ordinal(found: "re.Match[str]", locale: Locale) -> str:
    return ordinal(int(found[1].replace(",", "")), locale.joint)


def _decade(found: "re.Match[str]", locale: Locale) -> str | None:
    said = year(int(found[1]), locale.joint)
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


_PARTS = {"2": ("half", "halves"), "3": ("third", "thirds"), "4": ("quarter", "quarters")}


def _fraction(found: "re.Match[str]", locale: Locale) -> str | None:
    whole, upper, lower = found[1], found[2], found[3]
    if lower not in _PARTS or int(upper) >= int(lower) or upper == "0":
        return None
    one, many = _PARTS[lower]
    if whole:
        part = f"a {one}" if upper == "1" else f"{cardinal(int(upper))} {many}"
        return f"{cardinal(int(whole), locale.joint)} and {part}"
    return f"{cardinal(int(upper))} {one if upper == '1' else many}"


def _fraction_sign(found: "re.Match[str]", locale: Locale) -> str:
    return f"{cardinal(int(found[1]), locale.joint)} and {FRACTIONS[found[2]]}"


def _season(found: "re.Match[str]", locale: Locale) -> str:
    return f"{year(int(found[1]), locale.joint)} to {cardinal(int(found[2]))}"


def _version(found: "re.Match[str]", _locale: Locale) -> str:
    return " point ".join(cardinal(int(part)) for part in found[0].split("."))


def _year(found: "re.Match[str]", locale: Locale) -> str:
    return year(int(found[1]), locale.joint)


def _slashed(found: "re.Match[str]", locale: Locale) -> str:
    parts = [part for part in found.groups() if part]
    said = [cardinal(int(part), locale.joint) for part in parts]
    if len(parts) == 3 and len(parts[2]) == 4:
        said[2] = year(int(parts[2]), locale.joint)
    return " slash ".join(said)


def _plain(found: "re.Match[str]", locale: Locale) -> str:
    written = found[0]
    whole = written.partition(".")[0]
    if len(whole) > 1 and whole[0] == "0":
        return grouped(whole) + (
            f" point {digits(written[len(whole) + 1 :])}" if "." in written else ""
        )
    if "," not in whole and len(whole) >= 7 and not whole.endswith("000"):
        return grouped(whole)
    return number(written, locale.joint)


SYMBOL_RULES = (
    Rule(re.compile(rf"({_PREFIXES})\s?{_MONEY}{_SCALE}(?!\w)", re.IGNORECASE), _money),
)
LETTER_RULES = (Rule(re.compile(rf"({_PREFIXES}|{_CODES})\s?\$?{_MONEY}{_SCALE}(?!\w)"), _money),)
DIGIT_RULES = (
    Rule(
        re.compile(rf"{_MONEY}{_SCALE}\s?({_PREFIXES}|(?:{_CODES})(?![A-Za-z]))(?!\s?\d)"),
        _money_behind,
    ),
    Rule(re.compile(r"(\d{1,3})([cp¢])(?!\w)"), _small_money),
    Rule(re.compile(r"(\d{4})s(?![A-Za-z])"), _decade),
    Rule(re.compile(rf"({NUMBER})\s?x(?=\s?\d)"), _by),
    Rule(re.compile(rf"({NUMBER})\s?x(?!\w)"), _multiplied),
    Rule(
        re.compile(rf"({NUMBER})\s?({_UNIT})(?![\w²³])(?:/([a-z]{{3,12}}))?", re.IGNORECASE),
        _measured,
    ),
    Rule(re.compile(r"(\d{1,3}(?:,\d{3}){0,4}|\d{1,12})(?:st|nd|rd|th)(?![A-Za-z])"), _ordinal),
    Rule(re.compile(r"(\d{1,6})\s?([½¼¾⅓])"), _fraction_sign),
    Rule(re.compile(r"(?:(\d{1,6})\s)?(\d)/(\d)(?![\d/])"), _fraction),
    Rule(re.compile(r"(20\d\d)/(\d\d)(?![\d/])"), _season),
    Rule(re.compile(r"\d{1,6}(?:\.\d{1,6}){2,6}(?!\w)"), _version),
    Rule(
        re.compile(rf"((?:19|20)\d\d)(?![\w,.]\d|\w|\s(?:{_COUNTED})(?![A-Za-z]))", re.IGNORECASE),
        _year,
    ),
    Rule(re.compile(r"(\d{1,6})/(\d{1,6})(?:/(\d{1,6}))?(?![\d/])"), _slashed),
    Rule(re.compile(NUMBER), _plain),
    Rule(re.compile(r"\d{1,100}"), _plain),
)
