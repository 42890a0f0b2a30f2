"""What a rule of the normaliser is, and what it is told."""

import re
from collections.abc import Callable
from typing import NamedTuple

FIELD = re.compile(r"%%[^%\n]{0,100}%%")
"""A merge field, or what looks like one: nobody reads its name out."""


class Locale(NamedTuple):
    """How an English-speaking country says numbers, dates and its own telephone numbers."""

    name: str
    joint: str
    is_month_first: bool


LOCALES = {
    "en-AU": Locale("en-AU", "and", is_month_first=False),
    "en-GB": Locale("en-GB", "and", is_month_first=False),
    "en-US": Locale("en-US", "", is_month_first=True),
}


class Rule(NamedTuple):
    """A pattern tried where a token begins, and its words; None = it is something else."""

    pattern: re.Pattern[str]
    say: Callable[["re.Match[str]", Locale], str | None]


def previous_word(found: "re.Match[str]") -> str:
    """The word right before, if nothing but blanks lies between; else nothing."""
    before = found.string[max(0, found.start() - 40) : found.start()]
    word = before.rstrip(" ")
    at = len(word)
    while at and (word[at - 1].isalpha() or word[at - 1] in "'-"):
        at -= 1
    return word[at:]


# A number with `,` between thousands and `.` before decimals.
NUMBER = r"(?<!\d)(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,18})(?:\.\d{1,9})?"
