"""What is merged into the addresses of links and pictures of HTML (`<a href="%%page%%">`).

Mail programs follow them, so a value must not bring a scheme that acts (`javascript:`). Which
fields stand where a scheme is read is found once, in the text; then only their values are judged.
A scheme ends at the first `:`, so fields behind one of `:/?#` need nothing. The first field of an
address may bring a scheme that is allowed; what stands behind it, no scheme at all.
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
