"""Which replies end it: a stop word alone, as people and their phones write it.

Case, punctuation, signs that nobody sees and a phone's signature do not matter. `END` in front of
more lines may begin a sentence; `STOP` does not.
"""

import re
import unicodedata
from collections.abc import Collection

WORDS = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke"),
        *("optout", "opt out"),
    }
)
"""What carriers everywhere take for "no more"; messaging contract notes."""

_PLAIN = frozenset({"stop", "stopall", "stop all", "unsubscribe", "optout", "opt out"})
# Of what follows a plain word in lines of its own.
_SIGNATURE_LENGTH = 60
_SENT = (
    "sent|send|gesendet|envoy[eé]e?|enviado|inviato|verzonden|skickat|sendt|lähetetty|wysłan[eo]"
)
_SIGNED = re.compile(
    rf"(?:(?:--|[-–—_~|])(?=\s|$)|(?<!\w)(?:{_SENT}|get outlook|von meinem|von unterwegs)\b).*",  # noqa: RUF001
    re.DOTALL,
)
_LONGEST = 1000


def ends_it(text: str, own_words: Collection[str] = (), code: str = "") -> bool:
    """Whether a reply says that its sender wants no more. `own_words` are the operator's, `code`
    is the job's."""
    if len(text) > _LONGEST:
        return False
    first, _, rest = _visible(text).casefold().strip().partition("\n")
    known = WORDS.union(*(_spellings(word) for word in (*own_words, code)))
    words = _spellings(first)
    if words.isdisjoint(known):
        words = _spellings(_SIGNED.sub("", first))
    if words.isdisjoint(known):
        return False
    rest = rest.strip()
    if not rest or _SIGNED.fullmatch(rest):
        return True
    return len(rest) <= _SIGNATURE_LENGTH and not words.isdisjoint(_PLAIN)


def _spellings(text: str) -> frozenset[str]:
    """The words of a text without signs, and the same as one word."""
    words = "".join(sign if sign.isalnum() else " " for sign in _visible(text).casefold()).split()
    return frozenset({" ".join(words), "".join(words)} - {""})


def _visible(text: str) -> str:
    return "".join(
        sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf"
    ).replace("\r", "\n")
