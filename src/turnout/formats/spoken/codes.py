"""What is said digit by digit: telephone numbers, PINs, codes, postcodes, cards."""

import re

from turnout.formats.spoken.numbers import cardinal, digits, grouped
from turnout.formats.spoken.rules import Locale, Rule
from turnout.formats.spoken.words import STATES, letters

_KEYS = (
    "pin|passcode|pass ?code|password|otp|code|reference|ref|booking|confirmation|ticket|order|"
    "invoice|account|acct|member|membership|registration|licence|license|case|id|abn|acn|serial|"
    "tracking|policy|claim|postcode|zip|bsb|card|passport|badge|locker|job|quote|file|plate|flight"
)
# Their number is said digit by digit however short it is.
_SECRET = ("pin", "passcode", "pass code", "password", "otp", "code", "bsb", "postcode", "zip")
_CALL = "call|dial|ring|phone|text|sms|press"
_RUN = re.compile(r"[A-Z]{1,20}|\d{1,40}")


def spell(code: str) -> str:
    """A code: letters one by one, up to two digits as a number, more one by one."""
    said = ""
    for part in code.split("-"):
        is_word = said.rpartition(" ")[2].isalpha() and len(said) > 1
        runs = " ".join(map(_spell_run, _RUN.findall(part)))
        said += f"{' ' if is_word else ', '}{runs}" if said else runs
    return said


def _spell_run(run: str) -> str:
    if run.isdigit():
        is_number = len(run) <= 2 and run[0] != "0"
        return cardinal(int(run)) if is_number else grouped(run)
    if len(run) >= 4 and set(run) & set("AEIOU"):
        return run
    return run if len(run) == 1 and run != "A" else letters(run)


def _keyed(found: "re.Match[str]", _locale: Locale) -> str | None:
    key, between, code = found[1], found[2], found[3]
    if not any(map(str.isdigit, code)) or code.upper() != code:
        return None
    plain = code.replace(" ", "-")
    is_secret = key.lower() in _SECRET
    if plain.isdigit() and len(plain) <= 2 and plain[0] != "0" and not is_secret:
        return None
    if " " in code and not is_secret and key.lower() not in ("abn", "acn", "card", "account"):
        return None
    said = spell(plain) if not plain.replace("-", "").isdigit() else _by_parts(plain)
    words = between.replace("no.", "number").replace("No.", "number").replace("#", "")
    words = re.sub(r"(?i)\bno\b|\bnum\b", "number", words).replace(":", ",").replace("=", "is")
    head = letters(key) if key.lower() in ("otp", "id", "abn", "acn", "bsb") else key
    long = {"ref": "reference", "acct": "account"}.get(head.lower(), head)
    head = long.capitalize() if head[0].isupper() and long.islower() else long
    return " ".join(f"{head}{words} {said}".split())


def _by_parts(code: str) -> str:
    parts = code.split("-")
    return ", ".join(map(digits, parts)) if len(parts) > 1 else grouped(code)


def _mixed(found: "re.Match[str]", _locale: Locale) -> str | None:
    code = found[0]
    has_digit, has_letter = any(map(str.isdigit, code)), any(map(str.isalpha, code))
    if not (has_digit and has_letter):
        return None
    return spell(code)


def _called(found: "re.Match[str]", _locale: Locale) -> str:
    return f"{found[1]} {digits(found[2])}"


_NOT_DIGIT = re.compile(r"\D+")


def _groups(written: str) -> list[str]:
    return [group for group in _NOT_DIGIT.split(written) if group]


def _say_groups(groups: list[str]) -> str:
    # Of what is written in pairs or by ones, the pauses would be too many; a long run has too few.
    said = [
        grouped(group, (3, len(group) - 3)) if len(group) == 6 else grouped(group)
        for group in groups
    ]
    return ", ".join(said)


def _international(found: "re.Match[str]", _locale: Locale) -> str | None:
    written = found[1].replace("(0)", " ")
    groups = _groups(written)
    plain = "".join(groups)
    if not 8 <= len(plain) <= 15:
        return None
    if len(groups) == 1:
        size = 1 if plain[0] in "17" else 2
        groups = [plain[:size], *_cut(plain[size:])]
    return f"plus {_say_groups(groups)}"


def _cut(plain: str) -> list[str]:
    return [part.replace(" ", "") for part in _national_groups(plain, "")]


def _national_groups(plain: str, name: str) -> list[str]:
    """The groups in which a country writes a number of that many digits."""
    sizes: tuple[int, ...] = {9: (3, 3, 3), 10: (3, 3, 4), 8: (4, 4), 11: (3, 4, 4)}.get(
        len(plain), ()
    )
    if name == "en-AU" and len(plain) == 10:
        sizes = (4, 3, 3) if plain.startswith(("04", "05", "1")) else (2, 4, 4)
    if name == "en-GB" and len(plain) == 11 and not plain.startswith("02"):
        sizes = (5, 3, 3)
    if not sizes:
        return [plain]
    parts, at = [], 0
    for size in sizes:
        parts.append(plain[at : at + size])
        at += size
    return parts


def _national(found: "re.Match[str]", locale: Locale) -> str | None:
    groups = _groups(found[0])
    plain = "".join(groups)
    if not 8 <= len(plain) <= 12:
        return None
    if plain.startswith(("0800", "0808")):
        rest = plain[4:]
        head = "zero eight hundred" if plain[3] == "0" else digits(plain[:4])
        return f"{head}, {grouped(rest)}"
    if len(groups) == 1:
        groups = _national_groups(plain, locale.name)
    return _say_groups(groups)


def _american(found: "re.Match[str]", _locale: Locale) -> str:
    area = "eight hundred" if found[2] == "800" else digits(found[2])
    head = "one, " if found[1] else ""
    tail = f", extension {digits(found[5])}" if found[5] else ""
    return f"{head}{area}, {digits(found[3])}, {digits(found[4])}{tail}"


def _free(found: "re.Match[str]", locale: Locale) -> str | None:
    if locale.name != "en-AU":
        return None
    head = "one eight hundred" if found[1] == "1800" else "one three hundred"
    return f"{head}, {digits(found[2])}, {digits(found[3])}"


def _thirteen(found: "re.Match[str]", locale: Locale) -> str | None:
    if locale.name != "en-AU":
        return None
    return f"thirteen, {_pair(found[1])}, {_pair(found[2])}"


def _pair(pair: str) -> str:
    return digits(pair) if pair[0] == "0" else cardinal(int(pair))


def _card(found: "re.Match[str]", _locale: Locale) -> str:
    return ", ".join(map(digits, re.split("[ -]", found[0])))


def _hash(found: "re.Match[str]", locale: Locale) -> str:
    number = found[1]
    is_code = len(number) >= 4 or number[0] == "0"
    return f"number {grouped(number) if is_code else cardinal(int(number), locale.joint)}"


def _british_postcode(found: "re.Match[str]", _locale: Locale) -> str:
    return f"{spell(found[1])}, {spell(found[2])}"


def _state(found: "re.Match[str]", locale: Locale) -> str | None:
    name = STATES[locale.name].get(found[1])
    if name is None or (len(found[2]) == 4) != (locale.name == "en-AU"):
        return None
    return f"{name}, {digits(found[2])}"


_PHONE_PART = r"(?:[ .\-]?\(?\d\)?)"

SYMBOL_RULES = (
    Rule(re.compile(r"\+(\d{1,3}(?:[ .\-/]{0,2}\(?\d{1,5}\)?){2,8})(?!\w)"), _international),
    Rule(re.compile(rf"\(0\d{{1,4}}\){_PHONE_PART}{{6,9}}(?!\w)"), _national),
    Rule(
        re.compile(
            r"(1[-. ])?\((\d{3})\)[-. ]?(\d{3})[-. ](\d{4})(?!\w)(?:,?\s(?:x|ext\.?)\s?(\d{1,6}))?"
        ),
        _american,
    ),
    Rule(re.compile(r"#(\d{1,15})(?!\w)"), _hash),
)
DIGIT_RULES = (
    Rule(re.compile(r"(1800|1300)[ -]?(\d{3})[ -]?(\d{3})(?!\w|[ .\-]?\d)"), _free),
    Rule(re.compile(r"13[ -](\d{2})[ -](\d{2})(?![\w:]|[ .\-/]?\d)"), _thirteen),
    Rule(re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?!\w)"), _card),
    Rule(re.compile(rf"0\d{{1,4}}{_PHONE_PART}{{5,9}}(?!\w)"), _national),
    Rule(
        re.compile(
            r"(1[-. ])?\(?(\d{3})\)?[-. ](\d{3})[-. ](\d{4})(?!\w)"
            r"(?:,?\s(?:x|ext\.?)\s?(\d{1,6}))?"
        ),
        _american,
    ),
    Rule(re.compile(r"[A-Z0-9]{1,16}(?:-[A-Z0-9]{1,16}){0,6}(?![\w'])"), _mixed),
)
LETTER_RULES = (
    Rule(
        re.compile(
            rf"({_KEYS})(?![A-Za-z])"
            r"((?:\s(?:is|was|will be|no\.?|num|number|code|id)(?![A-Za-z])){0,3}"
            r"\s?[:=]?\s?#?)(?<=[\s:=#])"
            r"(\d{2,4}(?: \d{2,4}){1,5}|[A-Z0-9]{1,16}(?:-[A-Z0-9]{1,16}){0,6})"
            r"(?!\w|[:./,%]\d| ?[ap]m)",
            re.IGNORECASE,
        ),
        _keyed,
    ),
    Rule(
        re.compile(rf"({_CALL})\s(\d{{2,6}})(?![\w.,:/-]\d|\w| \d| [a-z])", re.IGNORECASE), _called
    ),
    Rule(re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) (\d[A-Z]{2})(?!\w)"), _british_postcode),
    Rule(re.compile(r"([A-Z]{2,3})\s(\d{4,5})(?![\w-])"), _state),
    Rule(re.compile(r"[A-Z0-9]{1,16}(?:-[A-Z0-9]{1,16}){0,6}(?![\w'])"), _mixed),
)
