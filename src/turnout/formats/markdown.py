"""Markdown as HTML that a page may hold, from any author.

CommonMark with tables and strikethrough; line ends count, and raw HTML is text. What comes out goes
through a list of what is allowed once more, so that a fault of the one is not a hole. Pictures of
other hosts are left out, since loading them would tell that host who reads the page; their text
stays.
"""

import re
from functools import lru_cache
from typing import Any

HEADINGS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}
TAGS = frozenset(
    [
        *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "ol", "ul", "li"),
        *("a", "em", "strong", "s", "del", "code", "img"),
        *("table", "thead", "tbody", "tr", "th", "td", "div"),
    ]
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "div": {"class", "tabindex"},
}
# A wide table scrolls in a box, with keys too.
BOX = {"class": "scroll", "tabindex": "0"}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
OWN_PICTURE = re.compile(r"/media/\d+-[0-9a-f]{64}-(?:800|1600)\.webp")


@lru_cache(maxsize=256)
def to_html(text: str) -> str:
    """`text` as HTML to be put into a page below its `h1`; empty for empty text. Links tell nobody
    where they are from."""
    if not text.strip():
        return ""
    import nh3

    return nh3.clean(
        parser().render(text),
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer nofollow",
        attribute_filter=_keep_attribute,
    ).strip()


def to_plain(text: str) -> str:
    """`text` as a program shows it that knows no Markdown: paragraphs and items in lines of their
    own, addresses of links behind their texts."""
    lines: list[str] = []
    mark = ""
    for token in parser().parse(text):
        if token.type == "list_item_open":
            mark = f"{token.info}. " if token.info else "- "
        elif token.type in ("inline", "fence", "code_block"):
            said = _say_inline(token.children) if token.children else token.content.rstrip()
            # Items and cells follow each other, all else stands apart.
            is_apart = lines and not mark and not token.hidden
            lines += ([""] if is_apart else []) + [f"{mark}{said}"]
            mark = ""
    return "\n".join(lines)


def _say_inline(tokens: list[Any]) -> str:
    parts: list[str] = []
    targets: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "link_open":
            targets.append((str(token.attrGet("href") or ""), len(parts)))
        elif token.type == "link_close":
            target, begin = targets.pop()
            if "".join(parts[begin:]).strip() != target.removeprefix("mailto:"):
                parts.append(f" ({target})")
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)


@lru_cache(maxsize=1)
def parser() -> Any:
    """What reads Markdown here, for all that is made of it."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
        ["table", "strikethrough"]
    )
    renderer: Any = made.renderer
    show = renderer.rules["image"]

    def image(_: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        if OWN_PICTURE.fullmatch(str(token.attrGet("src"))):
            return str(show(tokens, index, options, env))
        text = renderer.renderInlineAsText(token.children or [], options, env)
        return str(text).translate(_ESCAPED)

    def open_table(*_: Any) -> str:
        return f'<div class="{BOX["class"]}" tabindex="{BOX["tabindex"]}"><table>\n'

    def close_table(*_: Any) -> str:
        return "</table></div>\n"

    made.add_render_rule("image", image)
    made.add_render_rule("table_open", open_table)
    made.add_render_rule("table_close", close_table)
    made.core.ruler.push("headings", _lower_headings)
    return made


_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def _lower_headings(state: Any) -> None:
    """A page has one `h1`, its title."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = HEADINGS.get(token.tag, token.tag)


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src" and not OWN_PICTURE.fullmatch(value):
        return None
    if tag == "div" and value != BOX.get(name):
        return None
    return value
