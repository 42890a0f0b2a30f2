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


def is_storable(text: str) -> bool:
    """Whether both databases can keep `text`: no NUL and no lone surrogate."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


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

    Trimmed, NFC, case-folded, the domain in its ASCII form; plus signs and dots are kept.
    """
    email = email.strip()
    if email.isascii():
        return email.lower()
    local, _, domain = email.rpartition("@")
    return f"{fold(local)}@{_ascii_domain(domain)}"


def fold(text: str) -> str:
    """What two spellings of one text in different cases have in common."""
    if text.isascii():
        return text.lower()
    # Folding takes some characters apart, so the composed form comes last.
    return compose(unicodedata.normalize("NFD", _without_long_runs(text)).casefold())


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
        return fold(domain)
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return fold(domain)
