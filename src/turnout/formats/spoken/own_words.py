"""Words that an operator or an organization says otherwise: names of places and people, short
forms of a trade.

A line is `word = as it is spelled to be read` or `word = /phonemes/`. A word of the first kind is
written again before anything else is made of a text, so that any engine says it. Phonemes are
marked behind all other rules as `[word](/phonemes/)`, which the engine hibari reads; others say
the word.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

MOST = 5_000
_LINE = re.compile(r"\s*([^\W\d_][\w'\u2019.&-]{0,39})\s*=\s*(\S.{0,119})")
_SPELLED = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '\u2019-]){0,79}")
_WORD = re.compile(r"[^\W\d_][\w'\u2019.&-]{0,39}")
_PHONEMES = re.compile(r"/([^\s/\[\]()]{1,60})/")
_MARKED = re.compile(r"\[([^\[\]]{1,200})\]\(/[^()\[\]]{0,300}/\)")


class UnreadableWordError(ValueError):
    """A line is not as the others; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class OwnWords(NamedTuple):
    """Words in lower case, with how they are spelled, and with their phonemes."""

    spelled: Mapping[str, str] = {}
    phonemes: Mapping[str, str] = {}

    def spell(self, text: str) -> str:
        """The text with the words that are spelled otherwise, in any case."""
        return _replace(text, self.spelled, lambda _, spelled: spelled)

    def mark(self, words: str) -> str:
        """A text that is ready to be read, with the phonemes of its words."""
        return _replace(words, self.phonemes, lambda word, sounds: f"[{word}](/{sounds}/)")

    def over(self, others: "OwnWords") -> "OwnWords":
        """These, and of the others the words that are not among them."""
        if not (self.spelled or self.phonemes):
            return others
        known = self.spelled.keys() | self.phonemes.keys()
        spelled, phonemes = (
            {word: said for word, said in table.items() if word not in known} for table in others
        )
        return OwnWords({**spelled, **self.spelled}, {**phonemes, **self.phonemes})


NONE = OwnWords()


@lru_cache(maxsize=64)
def read_own_words(text: str) -> OwnWords:
    """The words of a file; empty lines and those that begin with `#` say nothing. Raises
    UnreadableWordError for the first line that cannot be read."""
    spelled: dict[str, str] = {}
    phonemes: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.rstrip())
        if not found or len(spelled) + len(phonemes) >= MOST:
            raise UnreadableWordError(number)
        word, said = found[1].lower(), found[2]
        if sounds := _PHONEMES.fullmatch(said):
            phonemes[word] = sounds[1]
        elif _SPELLED.fullmatch(said):
            spelled[word] = said
        else:
            raise UnreadableWordError(number)
    return OwnWords(spelled, phonemes)


def without_phonemes(words: str) -> str:
    """The text for an engine that reads no phonemes."""
    return _MARKED.sub(r"\1", words)


def _replace(text: str, table: Mapping[str, str], write: Callable[[str, str], str]) -> str:
    if not table:
        return text

    def of(found: re.Match[str]) -> str:
        word = found[0]
        # A point at its end may be that of the sentence.
        for known in (word, word.rstrip(".")):
            if said := table.get(known.lower()):
                return write(known, said) + word[len(known) :]
        bare, mark, rest = word.partition("'")
        if mark and (said := table.get(bare.lower())):
            return f"{write(bare, said)}{mark}{rest}"
        return word

    return _WORD.sub(of, text)
