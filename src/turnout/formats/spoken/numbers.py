"""Numbers in English words: cardinals, ordinals, years, decimals, and digits one by one."""

from collections.abc import Sequence

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = (
    (10**15, "quadrillion"),
    (10**12, "trillion"),
    (10**9, "billion"),
    (10**6, "million"),
    (1000, "thousand"),
)
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST = 10**18 - 1


def cardinal(number: int, joint: str = "and") -> str:
    """A whole number from 0; `joint` stands before the tens where the locale says one, or is
    empty."""
    if number < 100:
        return _below_hundred(number)
    words = []
    for size, name in _SCALES:
        if number >= size:
            words.append(f"{cardinal(number // size, joint)} {name}")
            number %= size
    if number >= 100:
        words.append(f"{_SMALL[number // 100]} hundred")
        number %= 100
    if number:
        words.append(f"{joint} {_below_hundred(number)}".strip())
    return " ".join(words)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]


def ordinal(number: int, joint: str = "and") -> str:
    """First, second, twenty-third."""
    head, mark, last = _cut_last(cardinal(number, joint))
    if last in _ORDINALS:
        return f"{head}{mark}{_ORDINALS[last]}"
    return f"{head}{mark}{last[:-1] + 'ie' if last.endswith('y') else last}th"


def _cut_last(words: str) -> tuple[str, str, str]:
    at = max(words.rfind(" "), words.rfind("-"))
    return words[: max(at, 0)], words[at : at + 1] if at >= 0 else "", words[at + 1 :]


def year(number: int, joint: str = "and") -> str:
    """A year as it is said: nineteen oh five, two thousand, twenty twenty-six."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2099 or 2000 <= number <= 2009:
        return cardinal(number, joint)
    if not rest:
        return f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} {two_digits(rest)}"


def two_digits(number: int) -> str:
    """Below 100, with "oh" for a leading zero: oh five, thirty."""
    return f"oh {_SMALL[number]}" if number < 10 else _below_hundred(number)


def digits(text: str) -> str:
    """Each digit by its name."""
    return " ".join(_SMALL[int(digit)] for digit in text)


def grouped(text: str, sizes: Sequence[int] = ()) -> str:
    """Digits in groups with a pause between: of `sizes`, or as a code of that length is read."""
    pieces, at = [], 0
    for size in sizes or group_sizes(len(text)):
        pieces.append(digits(text[at : at + size]))
        at += size
    return ", ".join(pieces)


def group_sizes(length: int) -> list[int]:
    """Up to five digits stay together; more are read by threes, and four that are left by two."""
    if length <= 5:
        return [length]
    if length == 8:
        return [4, 4]
    sizes = [3] * (length // 3)
    rest = length % 3
    if rest == 1:
        sizes[-1] = 4
    elif rest:
        sizes.append(rest)
    return sizes


def number(text: str, joint: str = "and") -> str:
    """A number as it is written, with `,` between thousands and `.` before decimals."""
    whole, _, part = text.replace(",", "").partition(".")
    if len(whole) > len(str(LARGEST)):
        return grouped(whole) + (f" point {digits(part)}" if part else "")
    said = cardinal(int(whole or "0"), joint)
    return f"{said} point {digits(part)}" if part else said
