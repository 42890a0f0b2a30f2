"""What is merged into the addresses of links and pictures of HTML (`<a href="%%page%%">`).

Mail programs follow them, so a value must not bring a scheme that acts (`javascript:`). Which
fields stand where a scheme is read is found once, in the text; then only their values are judged.
A scheme ends at the first `:`, so fields behind one of `:/?#` need nothing. The first field of an
address may bring a scheme that is allowed; what stands behind it, no scheme at all.

In the text part of a mail an address may stand anywhere, so there a value is judged as a whole, and
left out if it is an address that acts. Values in mails never bring signs that nobody sees and that
change how the text around them is read: control characters, and those of writing directions.
"""

import re
from collections.abc import Callable, Iterator

from turnout.formats.mail_html import SCHEMES

_ADDRESS = re.compile(
    r"""[\s"'/](?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE
)
_SCHEME_END = re.compile("[:/?#]")
# Programs read an address without them.
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0]")

# What follows a scheme that acts; behind a blank it is a word with a colon: `Data: 5 GB`.
_ACTING = {
    **dict.fromkeys(("javascript", "vbscript", "livescript"), re.compile(r"\S")),
    "data": re.compile("[a-z]{1,40}/|[,;]", re.IGNORECASE),
    "file": re.compile("/"),
}
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")


def without_odd_signs(value: str) -> str:
    """The value as a mail may bring it: without signs that change how others are read."""
    return value if value.isascii() and value.isprintable() else _ODD.sub("", value)


def harmless_text(value: str) -> str:
    """The value as the text part of a mail may bring it, empty if it is an address that acts."""
    seen = without_odd_signs(value)
    scheme, _, rest = seen.partition(":")
    acts = _ACTING.get(_UNSEEN.sub("", scheme).lower()) if rest else None
    return "" if acts and acts.match(rest) else seen


def find_link_fields(
    source: str, field: re.Pattern[str]
) -> Iterator[tuple[int, Callable[[str], str]]]:
    """Where fields begin whose values may bring a scheme, each with what makes a value harmless."""
    for address in _ADDRESS.finditer(source):
        begin, end = address.span(address.lastindex or 0)
        read = begin
        for found in field.finditer(source, begin, end):
            before = source[read : found.start()]
            if _SCHEME_END.search(before):
                break
            is_first = read == begin and not _UNSEEN.sub("", before)
            yield found.start(), allowed_link if is_first else _without_scheme
            read = found.end()


def allowed_link(value: str) -> str:
    """The value, empty if it is an address whose scheme is not allowed."""
    seen = _UNSEEN.sub("", value)
    end = _SCHEME_END.search(seen)
    if end is None or end[0] != ":" or seen[: end.start()].lower() in SCHEMES:
        return value
    return ""


def _without_scheme(value: str) -> str:
    return value.replace(":", "%3A")
