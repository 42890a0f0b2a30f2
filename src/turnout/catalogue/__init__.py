"""The sentences that people read, looked up by the code of a failure.

`turnout.errors` raises a code and facts; here the code has its sentence, in English, in one table
a room. A sentence names facts in braces: `{email!r}` in quotes, `{seconds:g}` as a number. Another
language is a file of translations (translations.py). A dialect has its contract's sentences in its
own `errors.py`, and fills them with `fill`. A number has its noun beside it, for one and for more:
`{count:row|rows}` says `1 row` or `3 rows`, and `{count:=was|were}` the word alone.
"""

import string
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from turnout.catalogue import (
    accounts,
    audience,
    commands,
    database,
    door,
    events,
    exams,
    guests,
    identity,
    messages,
    networks,
    pages,
    registrations,
    requests,
    settings,
)

TABLES = (
    accounts.SENTENCES,
    audience.SENTENCES,
    commands.SENTENCES,
    database.SENTENCES,
    door.SENTENCES,
    events.SENTENCES,
    exams.SENTENCES,
    guests.SENTENCES,
    identity.SENTENCES,
    messages.SENTENCES,
    networks.SENTENCES,
    pages.SENTENCES,
    registrations.SENTENCES,
    requests.SENTENCES,
    settings.SENTENCES,
)
SENTENCES: Mapping[str, str] = {code: said for table in TABLES for code, said in table.items()}
"""Every code that core, http, store, cli, web and carriers raise, and its sentence."""

FACT_LENGTH = 300
"""Characters of one fact that a sentence shows; of a longer one, the beginning."""

Translator = Callable[[str, Mapping[str, Any]], str]
"""Says a code and its facts in a language."""


class Phrase(NamedTuple):
    """A fact that is a part of the sentence: it has a code and facts of its own, and is said in the
    language of the sentence."""

    code: str
    facts: Mapping[str, Any] = {}


# Joiners of scripts and emoji: not printable by Unicode's rules, and harmless.
_JOINERS = "\u200c\u200d"


def say(code: str, facts: Mapping[str, Any]) -> str:
    """The English sentence of a code. For a code without one, or a fact that is missing, the code
    itself: a failure is never hidden by its wording."""
    sentence = SENTENCES.get(code)
    return f"{code}." if sentence is None else fill(sentence, facts, code)


def fill(sentence: str, facts: Mapping[str, Any], code: str = "", speak: Translator = say) -> str:
    """A sentence with its facts, each in one line, printable and at most FACT_LENGTH characters;
    phrases as `speak` says them. Where a fact is missing: `code`."""
    phrases = {name: speak(*fact) for name, fact in facts.items() if isinstance(fact, Phrase)}
    try:
        return _FORMATTER.vformat(sentence, (), {**facts, **phrases})
    except (KeyError, ValueError, TypeError):
        return f"{code}."


def fill_label(text: str, facts: Mapping[str, Any]) -> str:
    """A label with its facts as they are. Raises KeyError where one is missing."""
    return _COUNTING.vformat(text, (), facts) if "|" in text else text.format_map(facts)


def facts_of(sentence: str) -> set[str]:
    """The names of the facts that a sentence needs."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


class _Quoted(str):
    """Text that was cut and escaped, in quotes."""

    __slots__ = ()


class _Counting(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        if "|" in format_spec:
            return _count(value, format_spec)
        return super().format_field(value, format_spec)


class _Formatter(_Counting):
    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion == "r" and isinstance(value, str):
            return _Quoted(repr(_cut(value)))
        return super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, _Quoted):
            return str(value)
        if isinstance(value, list | tuple | set | frozenset):
            value = ", ".join(str(part) for part in value)
        return _printable(_cut(super().format_field(value, format_spec)))


def _count(value: Any, words: str) -> str:
    """`1 row`, `3 rows`; `1,000` as a page writes it is a number, too."""
    one, many = words.removeprefix("=").split("|")
    word = one if str(value) == "1" else many
    return word if words.startswith("=") else f"{value} {word}"


def _cut(text: str) -> str:
    return text if len(text) <= FACT_LENGTH else f"{text[: FACT_LENGTH - 1]}…"


def _printable(text: str) -> str:
    # What a terminal would obey, and marks that turn the direction of the rest.
    return "".join(map(_escape, text)) if not text.isprintable() else text


def _escape(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode()


_COUNTING, _FORMATTER = _Counting(), _Formatter()
