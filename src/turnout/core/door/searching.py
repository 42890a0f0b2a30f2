"""Finding somebody at the door by name: initials, any script, and names that sound alike.

Each word of what was typed must be a word of the name or company, its beginning, stand within it
(scripts without blanks between words), be its initials, or sound like it (Latin letters only).
Accents and letter case do not matter; whose name is written just so comes first. A phone without a
network ranks names by the same rules in static/door-search.js: if you change one, change the other.
"""

import re
from functools import lru_cache

import msgspec

from turnout.core.door.model import Post, Standing
from turnout.core.door.sql import sql
from turnout.core.ids import TicketId
from turnout.core.text import compose, search_key, without_marks
from turnout.errors import Invalid
from turnout.store import Tx

LIMIT = 20
LONGEST = 100
SHORTEST_SOUND = 3
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
_WORDS = re.compile(r"\w+")
_DIGRAPHS = (("sch", "s"), ("ph", "f"), ("th", "t"), ("dt", "t"), ("tz", "s"), ("ck", "k"))
_SOUNDS = str.maketrans("bpdtgkqcfvwzsxjy", "ppttkkkkfffsssii")
_DOUBLES = re.compile(r"(.)\1+")


class FoundGuest(msgspec.Struct, frozen=True):
    """A valid ticket whose holder's name fits. `checked_in_at` in epoch ms."""

    ticket: TicketId
    name: str
    company: str
    ticket_type: str
    checked_in_at: int | None


def search_names(tx: Tx, standing: Standing, post: Post, text: str) -> list[FoundGuest]:
    """Up to 20 tickets whose holders' names fit best. Raises Denied for a steward's device,
    Invalid for more than 100 characters."""
    standing.require_supervisor()
    if len(text) > LONGEST:
        raise Invalid("door.search", limit=LONGEST)
    if not _words(text):
        return []
    found = []
    for row in sql.list_names(tx, org_id=standing.org_id, event_id=post.event_id):
        rank = rank_name(text, f"{row.first_name} {row.last_name}", row.company)
        if rank is not None:
            found.append((rank, row.last_name, row.first_name, row))
    found.sort(key=lambda one: one[:3])
    return [
        FoundGuest(
            row.id,
            f"{row.first_name} {row.last_name}".strip(),
            row.company,
            row.name,
            row.checked_in_at,
        )
        for _, _, _, row in found[:LIMIT]
    ]


def rank_name(text: str, name: str, company: str = "") -> int | None:
    """How well a name fits what was typed, 0 = best; None = not at all."""
    wanted, names = _words(text), _words(name)
    words = (*names, *_words(company))
    initials = "".join(word[0] for word in names)
    ranks = [_rank_word(word, words, initials) for word in wanted]
    known = [rank for rank in ranks if rank is not None]
    if not wanted or len(known) < len(ranks):
        return None
    is_written_so = _written(text) <= _written(f"{name} {company}")
    return 2 * sum(known) + (0 if is_written_so else 1)


def _rank_word(wanted: str, words: tuple[str, ...], initials: str) -> int | None:
    if wanted in words:
        return 0
    if any(word.startswith(wanted) for word in words):
        return 1
    if len(wanted) > 1 and wanted in (initials, initials[::-1]):
        return 2
    if not wanted.isascii() and any(wanted in word for word in words):
        return 2
    if len(wanted) >= SHORTEST_SOUND and wanted.isascii():
        sound = sound_of(wanted)
        if any(word.isascii() and sound_of(word) == sound for word in words):
            return 3
    return None


@lru_cache(maxsize=65_536)
def sound_of(word: str) -> str:
    """What a word of Latin letters sounds like: Meyer and Maier, Schmidt and Schmitt are one."""
    for pair, one in _DIGRAPHS:
        word = word.replace(pair, one)
    word = _DOUBLES.sub(r"\1", word.replace("h", "").translate(_SOUNDS))
    return word[:1] + re.sub("[aeiou]", "", word[1:])


@lru_cache(maxsize=65_536)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(without_marks(search_key(text)).translate(_LETTERS)))


@lru_cache(maxsize=65_536)
def _written(text: str) -> frozenset[str]:
    """The words as they are written, but for their letter case."""
    return frozenset(compose(text).casefold().split())
