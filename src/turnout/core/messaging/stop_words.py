"""Which replies end it: a stop word alone, as people and their phones write it.

Case, punctuation, signs that nobody sees and a signature do not matter, nor does a word said twice.
`END` in front of more lines may begin a sentence; `STOP` does not. Words that mean nothing else may
stand with "please" or in a few plain requests, such as "stop texting me"; nothing else may, so no
sentence that has such a word in it ends anything.
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

FOREIGN = frozenset(
    {
        *("stopp", "stoppen", "abmelden", "abbestellen", "austragen"),
        *("arrêt", "arret", "arrêter", "arreter", "désabonner", "desabonner", "désinscription"),
        *("baja", "cancelar suscripción", "cancelar suscripcion", "descadastrar"),
        *("disiscriviti", "afmelden", "avsluta", "avregistrera", "afmeld", "avmeld"),
    }
)
"""The same in other languages; none is a usual answer to anything else."""

_ALL = WORDS | FOREIGN
_PLAIN = frozenset({"stop", "stopall", "stop all", "unsubscribe", "optout", "opt out"}) | FOREIGN
_POLITE = (
    "(?:please|pls|plz|kindly|now|thanks|thank you|thx|bitte|danke|s il (?:vous|te) plaît|svp|stp"
    "|merci|por favor|gracias|per favore|grazie|alsjeblieft|tack)"
)
_WORD = f"(?:{'|'.join(sorted(_PLAIN, key=len, reverse=True))})"
_TEXTS = "(?:texts?|messages?|sms|text messages)"
_WHOM = "(?: me| us| this number)?"
_ASKED = (
    f"(?:{_WORD}(?: {_WORD})*"
    f"|stop (?:texting|messaging|contacting|spamming){_WHOM}"
    f"|stop sending{_WHOM}(?: any| these| those| your| more)*(?: {_TEXTS})?"
    f"|stop(?: all| these| the| your)? {_TEXTS}"
    "|unsubscribe (?:me|us)(?: from (?:this|the|your) list)?"
    "|opt (?:me|us) out)"
)
_REQUEST = re.compile(f"(?:{_POLITE} )*{_ASKED}(?: {_POLITE})*")
_NO = re.compile(r"\A\W*+no(?: thanks| thank you)?\s*+[.,!;:]\s++", re.IGNORECASE)
# After a comma: up to three words of a name. What begins a sentence there is none.
_NAMED = re.compile(r",\s*((?:[^\W\d_a-z][^\W\d_]*\.?\s*){1,3})$")
_NO_NAMES = frozenset(
    {
        *("i", "i'm", "im", "we", "you", "he", "she", "it", "they", "the", "a", "an"),
        *("and", "but", "or", "not", "no", "yes", "ok", "wait", "go", "do", "dont", "don't"),
        *("if", "when", "at", "by", "in", "on", "to", "for", "then", "this", "that", "there"),
        *("here", "my", "your", "look", "listen", "what", "why", "who", "how", "never"),
    }
)
# Of what follows a plain word in lines of its own.
_SIGNATURE_LENGTH = 60
_SENT = (
    "sent|send|gesendet|envoy[eé]e?|enviado|inviato|verzonden|skickat|sendt|lähetetty|wysłan[eo]"
)
_SIGNED = re.compile(
    rf"(?:(?:--|[-–—_~|])(?=\s|$)|(?<!\w)(?:{_SENT}|get outlook|von meinem|von unterwegs)\b).*",  # noqa: RUF001
    re.DOTALL | re.IGNORECASE,
)
_LONGEST = 1000


RETURN_WORDS = frozenset({"start", "unstop"})
"""What carriers everywhere take for "again, please"."""


def takes_it_back(text: str) -> bool:
    """Whether a reply is the word that undoes a stop word, and nothing more."""
    first, _, rest = _visible(text[:_LONGEST]).strip().partition("\n")
    said = map(_spellings, _unsigned(first))
    return _is_signed(rest.strip()) and any(not words.isdisjoint(RETURN_WORDS) for words in said)


def ends_it(text: str, own_words: Collection[str] = (), code: str = "") -> bool:
    """Whether a reply says that its sender wants no more. `own_words` are the operator's, `code`
    is the job's."""
    if len(text) > _LONGEST:
        return False
    first, _, rest = _visible(text).strip().partition("\n")
    rest = rest.strip()
    known = _ALL.union(*(_spellings(word) for word in (*own_words, code)))
    for said in _unsigned(first):
        words = _spellings(said)
        if not words.isdisjoint(known) or _is_doubled(said, known):
            return _is_signed(rest) or (_is_short(rest) and not words.isdisjoint(_PLAIN))
        if _asks(said):
            return _is_signed(rest) or _is_name(f", {rest}")
    return False


def _unsigned(line: str) -> list[str]:
    """A line as it stands, and without what may be a signature in it."""
    named = _NAMED.sub("", line) if _is_name(line) else line
    return [line, _SIGNED.sub("", line), named]


def _is_name(line: str) -> bool:
    found = _NAMED.search(line)
    return found is not None and _NO_NAMES.isdisjoint(found.group(1).casefold().split())


def _is_doubled(said: str, known: Collection[str]) -> bool:
    words = "".join(sign if sign.isalnum() else " " for sign in said.casefold()).split()
    return len(words) > 1 and len(set(words)) == 1 and words[0] in known


def _asks(said: str) -> bool:
    """Whether it is a plain request, with or without a "no" before it."""
    return any(
        _REQUEST.fullmatch(words)
        for words in (*_spellings(said), *_spellings(_NO.sub("", said, count=1)))
        if " " in words or words in _PLAIN
    )


def _is_signed(rest: str) -> bool:
    return not rest or bool(_SIGNED.fullmatch(rest))


def _is_short(rest: str) -> bool:
    return len(rest) <= _SIGNATURE_LENGTH


def _spellings(text: str) -> frozenset[str]:
    """The words of a text without signs, and the same as one word."""
    words = "".join(sign if sign.isalnum() else " " for sign in _visible(text).casefold()).split()
    return frozenset({" ".join(words), "".join(words)} - {""})


def _visible(text: str) -> str:
    return "".join(
        sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf"
    ).replace("\r", "\n")
