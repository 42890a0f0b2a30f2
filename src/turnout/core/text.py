"""Rules for text that people type: what may be stored, and when two e-mail addresses are one."""

import re
import unicodedata
from functools import lru_cache

# The everyday shape, judged 40 times faster than by the full rules, which decide on the rest.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*@"
    r"(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.IGNORECASE | re.ASCII,
)
# What RFC 5321 allows is shorter, however it is written; the full rules take long for long texts.
LONGEST_EMAIL = 320
LONGEST_UNCHECKED = 256
LONGEST_RUN = 30
# What Unicode composes into `;`, a grave accent and K: in an address it is another character.
_ASCII_ALIKE = re.compile("([\u037e\u1fef\u212a])")
# How apostrophes and quotation marks are typed and set.
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4\uff07"), "'")
_QUOTES |= dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"), '"')
# Accents of Latin, Greek and Cyrillic letters; in other scripts, marks are letters.
_ACCENTS = re.compile("[\u0300-\u036f]+")
_PLAIN = str.maketrans(
    {"\xe6": "ae", "\u0153": "oe", "\xf8": "o", "\u0142": "l", "\u0111": "d", "\u0131": "i"}
)
# Control characters, line ends, and the signs that turn the reading direction of what follows.
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e]+")
# Format and control characters and separators; and letters and marks that Unicode gives no shape.
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")
_ASCII_UNSEEN = "".join(map(chr, (*range(33), 127)))
_SHAPELESS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_NO_PARAGRAPH = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]+")


def is_storable(text: str) -> bool:
    """Whether both databases can keep `text`: no NUL and no lone surrogate."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def is_line(text: str) -> bool:
    """Whether `text` is what people may type into a field of one line: any script with its joiners,
    marks and spaces, and no control character."""
    return text.isprintable() or not _NO_LINE.search(text)


def is_paragraph(text: str) -> bool:
    """`is_line` for text that may have several lines, and tabs."""
    return text.isprintable() or not _NO_PARAGRAPH.search(text)


def is_blank(text: str) -> bool:
    """Whether nothing of `text` is seen: it is empty, or of spaces, control characters and
    characters without a shape, such as a zero-width space or a byte order mark."""
    if text.isascii():
        return not text.strip(_ASCII_UNSEEN)
    return all(map(_is_unseen, text))


def _is_unseen(character: str) -> bool:
    return (
        character.isspace() or unicodedata.category(character) in _UNSEEN or character in _SHAPELESS
    )


def clean_line(text: str) -> str:
    """`text` as a line: a blank for each run of control characters, none at the ends of those."""
    return text if is_line(text) else _NO_LINE.sub(" ", text).strip()


def clean_paragraph(text: str) -> str:
    """`clean_line` for text that may have several lines, and tabs."""
    return text if text.isprintable() else _NO_PARAGRAPH.sub(" ", text)


def is_email(text: str) -> bool:
    """Whether `text`, trimmed, has the form of an e-mail address (RFC 5321, 6531)."""
    text = text.strip()
    if len(text) > LONGEST_EMAIL:
        return False
    if len(text) <= 64 and "--" not in text and _PLAIN_EMAIL.fullmatch(text):
        return True
    return _fits_all_rules(text)


def _fits_all_rules(email: str) -> bool:
    import email_validator

    # Names such as corp.local and x.test have the form too, and pass the everyday shape.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        email_validator.validate_email(
            email, check_deliverability=False, globally_deliverable=False, allow_smtputf8=True
        )
    except email_validator.EmailNotValidError:
        return False
    return True


def email_key(email: str) -> str:
    """What two spellings of one address have in common.

    Trimmed, letters in lower case, composed (NFC), the domain in its ASCII form; plus signs and
    dots are kept. What is another letter stays another mailbox: `weiß` is not `weiss`, `ﬁona` with
    a ligature is not `fiona`, and a Kelvin sign is no `k`.
    """
    email = email.strip()
    if email.isascii():
        return email.lower()
    local, _, domain = email.rpartition("@")
    return f"{_mailbox_key(local)}@{_ascii_domain(domain)}"


def wide_email_key(email: str) -> str:
    """The key that addresses had before `email_key` told such letters apart. It joins mailboxes: it
    only finds what somebody refused under it."""
    email = email.strip()
    local, _, domain = email.rpartition("@")
    return email.lower() if email.isascii() else f"{fold(local)}@{_ascii_domain(domain)}"


def _mailbox_key(local: str) -> str:
    """The local part in lower case and composed, letter by letter; those that would turn into
    ASCII letters stay as they are."""
    parts = _ASCII_ALIKE.split(_without_long_runs(local))
    return "".join(
        part if number % 2 else _compose_lower(part) for number, part in enumerate(parts)
    )


def _compose_lower(text: str) -> str:
    lower = "".join(map(_lower, unicodedata.normalize("NFD", text)))
    return unicodedata.normalize("NFC", lower)


def _lower(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 and lower.isascii() == letter.isascii() else letter


def fold(text: str) -> str:
    """What two spellings of one text in different cases have in common."""
    if text.isascii():
        return text.lower()
    # Folding takes some characters apart, so the composed form comes last.
    return compose(unicodedata.normalize("NFD", _without_long_runs(text)).casefold())


def search_key(text: str) -> str:
    """`fold` for what is searched, without accents: *pena* finds Peña. Apostrophes and quotation
    marks are one, however they are typed. What is indexed was written by this
    (core/people/searching.py): if you change it, have a migration note everybody again."""
    folded = fold(text)
    if folded.isascii():
        return folded
    parted = unicodedata.normalize("NFD", folded.translate(_QUOTES))
    return compose(_ACCENTS.sub("", parted).translate(_PLAIN))


def without_marks(text: str) -> str:
    """`text` without accents and other marks of its letters: é is e. Letters of their own, such as
    ø, stay."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", _without_long_runs(text))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def compose(text: str) -> str:
    """`text` in its composed form (NFC), in time proportional to its length."""
    return unicodedata.normalize("NFC", _without_long_runs(text))


def _without_long_runs(text: str) -> str:
    """`text` without marks beyond the 30 that one letter may carry (UAX 15, Stream-Safe Text):
    putting a run of them in order takes time by the square."""
    if len(text) <= LONGEST_UNCHECKED:
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= LONGEST_RUN:
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str:
    # Not folded before: that would make one of straße.de and strasse.de, which are two domains.
    if len(domain) > LONGEST_EMAIL:
        return _mailbox_key(domain)
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _mailbox_key(domain)
