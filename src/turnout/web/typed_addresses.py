"""Addresses that were probably mistyped: asked about once, and taken when they are sent again."""

# Where many people have their mail: what is one slip away from one of these is asked about.
_KNOWN = (
    *("gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com"),
    *("live.com", "web.de", "gmx.de", "gmx.net", "t-online.de", "yahoo.es", "hotmail.es"),
)
# Real domains that are one slip away from those.
_OTHERS = frozenset({"gmx.at", "gmx.ch", "gmx.com", "ymail.com", "mail.com", "email.com", "me.com"})
# Endings that nobody has; beside one of them the name may have a slip of its own.
_SLIPS_OF_COM = (".con", ".cmo", ".ocm", ".vom", ".xom")


def guess_address(email: str) -> str:
    """What was probably meant instead of an address; empty where nothing better is known."""
    name, _, domain = email.strip().rpartition("@")
    written = domain.lower()
    if not name or written in _KNOWN or written in _OTHERS:
        return ""
    if written.endswith(_SLIPS_OF_COM):
        written = f"{written[:-4]}.com"
    if written in _KNOWN:
        return f"{name}@{written}"
    found = next((known for known in _KNOWN if _is_slip(written, known)), "")
    return f"{name}@{found}" if found else ""


def _is_slip(written: str, known: str) -> bool:
    """Whether one letter was left out, doubled, changed or swapped with the next; a changed one
    only in long names, as short ones have real neighbours."""
    if len(known) < 8 or abs(len(written) - len(known)) > 1 or written == known:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(written, known, strict=False)) if a != b),
        min(len(written), len(known)),
    )
    rest, own = written[start:], known[start:]
    if len(rest) < len(own):
        return rest == own[1:]
    if len(rest) > len(own):
        return rest[1:] == own
    return rest[1:] == own[1:] or (rest[:2] == own[1::-1] and rest[2:] == own[2:])
