"""HTML as plain text: what stands beside an HTML mail for programs and people that read text.

The HTML may be anybody's. nh3 makes it well-formed and small first, in linear time (html_shape.py);
what is left are a few kinds of tags, which are turned into line breaks, bullets and addresses.
Merge fields (`%%name%%`) stay as they are, also in links.
"""

import html
import re

from turnout.formats.html_shape import tame

# What stands apart from its neighbours; what begins a line or a cell, and by what.
_APART = {
    **dict.fromkeys(("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"), "\n\n"),
    **dict.fromkeys(("div", "table", "ul", "ol"), "\n"),
}
_BEGUN = {"tr": "\n", "br": "\n", "hr": "\n", "li": "\n- ", "td": " ", "th": " "}
_TAGS = {*_APART, *_BEGUN, "a", "img"}
_ATTRIBUTES = {"a": {"href"}, "img": {"alt"}}
_NO_TEXT = {"script", "style", "title"}
# As nh3 writes them: with the one attribute that is left, or none.
_TAG = re.compile(r'<(/?+)([a-z0-9]{1,10}+)(?: (?:href|alt)="([^"]*+)")?+>')
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINES = re.compile(r" ?\n[ \n]*")


def to_text(source: str) -> str:
    """The text of HTML: paragraphs apart, `- ` before list items, a link's address after its words
    in angle brackets, a picture's alternative text. Scripts and styles are left out."""
    import nh3

    cleaned = nh3.clean(
        tame(source),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_NO_TEXT,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    pieces: list[str] = []
    links: list[tuple[str, int]] = []
    at = 0
    for tag in _TAG.finditer(cleaned):
        pieces.append(_words(cleaned[at : tag.start()]))
        at = tag.end()
        closes, name = tag[1], tag[2]
        told = html.unescape(tag[3] or "")
        if name == "a" and not closes:
            links.append((told, len(pieces)))
        elif name == "a":
            address, start = links.pop() if links else ("", len(pieces))
            pieces.append(_address(address, "".join(pieces[start:])))
        elif name == "img":
            pieces.append(_words(told))
        else:
            pieces.append(_APART.get(name, "" if closes else _BEGUN.get(name, "")))
    pieces.append(_words(cleaned[at:]))
    return _LINES.sub(_line_breaks, "".join(pieces)).strip()


def _words(text: str) -> str:
    return html.unescape(_BLANKS.sub(" ", text))


def _address(address: str, words: str) -> str:
    """What follows the words of a link: nothing where they are its address."""
    bare = address.removeprefix("mailto:").removeprefix("tel:")
    return f" <{bare}>" if bare and bare != words.strip() else ""


def _line_breaks(found: re.Match[str]) -> str:
    return "\n" * min(2, found[0].count("\n"))
