"""Merge fields: `%%name%%` in a text, in any case, stands for what is known of the recipient."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from turnout.core.messaging.merged_links import find_link_fields

# A name has no blank at its ends: `100%% sure %%x%%` keeps its text. The repetition never gives
# back what it took, so the time is in proportion to the text, whatever it is.
_FIELD = re.compile(r"%%(?! )([\w .\-]{1,100}+)(?<! )%%")

# What may be meant for one: with blanks at its ends, or a sign short at one of them.
_LOOSE = re.compile(r"%% *([\w.\-](?:[\w .\-]{0,98}[\w.\-])?) *%%")
_SHORT = re.compile(r"(?<!%)(?:%%(\w[\w.\-]{0,99})%|%(\w[\w.\-]{0,99})%%)(?!%)")

# Words between the signs of a field that no field's name can have, such as a question's text.
_ODD = re.compile(r"%%((?=[\w¿¡(])[^%\r\n]{0,98}[^%\s])%%")

UNSUBSCRIBE = "unsubscribe"
"""The field that stands for the recipient's own link, in mailings."""

LONGEST = 32_000_000
"""Characters that nothing merged may have, encoded or not. What may be sent is far shorter
(lengths.py); this keeps memory safe from anyone who did not ask there."""


class TooLong(ValueError):
    """What would be merged is over LONGEST."""


class Template:
    """A text split at its merge fields once, then merged for each recipient.

    `escape` is applied to every value (never to the text itself): HTML parts need it. `encode`
    is applied once to each piece of the text between the fields: what merging gives is then in
    that encoding, if `escape` gives it too. In HTML (`is_html`), a value that is the address of a
    link or picture is left out when its scheme is not allowed (merged_links.py). In the text part
    of a mail (`is_mail_text`), the angle brackets of an address go with it where it is empty.
    """

    __slots__ = (
        *("_addresses", "_counts", "_encode", "_escape", "_judges", "_names", "_raw", "_size"),
        "_texts",
    )

    def __init__(
        self,
        text: str,
        escape: Callable[[str], str] | None = None,
        encode: Callable[[str], str] | None = None,
        *,
        is_html: bool = False,
        is_mail_text: bool = False,
    ) -> None:
        parts = _FIELD.split(text)
        self._raw, self._encode = parts[::2], encode
        self._texts = [encode(part) for part in parts[::2]] if encode else parts[::2]
        self._names = [name.lower() for name in parts[1::2]]
        self._counts = Counter(self._names)
        self._size = sum(map(len, self._texts))
        self._escape = escape
        self._judges = _find_judges(text) if is_html and self._names else {}
        self._addresses = _find_addresses(self._raw) if is_mail_text else []

    @property
    def size(self) -> int:
        """How many characters the text has beside its fields."""
        return self._size

    @property
    def names(self) -> frozenset[str]:
        """The fields that the text has, in lower case."""
        return frozenset(self._names)

    def is_blank(self, fields: Mapping[str, str]) -> bool:
        """Whether nothing but blanks is left for one recipient, told without merging."""
        return not any(map(str.strip, self._texts)) and not any(
            fields.get(name, "").strip() for name in self._counts
        )

    def length(self, fields: Mapping[str, str], length_of: Callable[[str], int] = len) -> int:
        """How long the text becomes for one recipient, reckoned without merging it; `length_of`
        says how much of it a value takes."""
        known = [name for name in self._counts if name in fields]
        return self._size + sum(self._counts[name] * length_of(fields[name]) for name in known)

    def merge(self, fields: Mapping[str, str]) -> str:
        """The text for one recipient; `fields` by name in lower case, a missing one is empty.

        Raises TooLong before anything that long is made.
        """
        if not self._names:
            return self._texts[0]
        values = {name: self._value(fields.get(name, "")) for name in self._counts}
        if self.length(values) > LONGEST:
            raise TooLong(f"over {LONGEST} characters once its fields are merged")
        merged = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            merged.append(values[name])
            merged.append(text)
        for place, judge in self._judges.items():
            merged[2 * place + 1] = self._value(judge(fields.get(self._names[place], "")))
        if self._judges and sum(map(len, merged)) > LONGEST:
            raise TooLong(f"over {LONGEST} characters once its fields are merged")
        if self._addresses:
            self._drop_brackets(merged)
        return "".join(merged)

    def _drop_brackets(self, merged: list[str]) -> None:
        """Take the brackets away where an address between them is empty: in the pieces before and
        behind it, from their texts."""
        pieces: dict[int, str] = {}
        for place in self._addresses:
            if merged[2 * place + 1]:
                continue
            before, behind = pieces.get(place, self._raw[place]), self._raw[place + 1]
            pieces[place] = before[:-1].removesuffix(" ")
            pieces[place + 1] = behind[1:]
        for number, piece in pieces.items():
            merged[2 * number] = self._encode(piece) if self._encode else piece

    def _value(self, value: str) -> str:
        return self._escape(value) if self._escape and value else value


def spell_fields(text: str, known: Iterable[str]) -> str:
    """The text with its merge fields called as they are known, where blanks, hyphens, dots,
    underscores and case alone differ: `%%first_name%%` is `%%FirstName%%`, as is `%% FirstName %%`.
    Others stay."""
    exact, alike = set[str](), dict[str, str]()
    for name in known:
        exact.add(name.lower())
        alike.setdefault(_bare(name), name)

    def spell(found: re.Match[str]) -> str:
        name = found[1]
        own = None if name.lower() in exact else alike.get(_bare(name))
        return f"%%{own}%%" if own else found[0]

    def tighten(found: re.Match[str]) -> str:
        own = alike.get(_bare(found[1]))
        return f"%%{own}%%" if own else found[0]

    parts = _FIELD.split(_FIELD.sub(spell, text))
    between = [_LOOSE.sub(tighten, part) for part in parts[::2]]
    names = [f"%%{name}%%" for name in parts[1::2]]
    return between[0] + "".join(name + part for name, part in zip(names, between[1:], strict=True))


def find_broken(text: str) -> dict[str, str]:
    """What reads like a merge field but lacks a `%` or has other signs than a name, by how it is
    written: what it may name. It is sent as it is."""
    parts = _FIELD.split(text)[::2]
    found = (match for part in parts for match in _SHORT.finditer(part))
    return find_odd(text) | {match[0]: match[1] or match[2] for match in found}


def find_odd(text: str) -> dict[str, str]:
    """What stands between the signs of a merge field and has other signs than a name, by how it is
    written. It is sent as it is."""
    parts = _FIELD.split(text)[::2]
    return {match[0]: match[1] for part in parts for match in _ODD.finditer(part)}


def _bare(name: str) -> str:
    return re.sub(r"[ ._\-]", "", name.lower())


def _find_addresses(texts: list[str]) -> list[int]:
    """The places of fields that stand alone in angle brackets."""
    pairs = enumerate(pairwise(texts))
    return [place for place, (before, behind) in pairs if before[-1:] == "<" and behind[:1] == ">"]


def _find_judges(text: str) -> dict[int, Callable[[str], str]]:
    """What makes values of links harmless, by the place of their field among all fields."""
    places = {found.start(): place for place, found in enumerate(_FIELD.finditer(text))}
    judged = find_link_fields(text, _FIELD)
    return {places[start]: judge for start, judge in judged if start in places}
