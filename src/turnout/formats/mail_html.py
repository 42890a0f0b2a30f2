"""An organizer's HTML as a mail may hold it: only what mail programs show, with its styles inline.

The HTML may be anybody's. nh3 comes first and takes out what acts (scripts, forms, handlers), and
its result is well-formed. Then css-inline writes the rules of style sheets to the elements, since
many programs drop sheets; rules for kinds of screens (`@media`) stay in one. css-inline goes down
nested elements by recursion, and takes time by rules times elements: what is nested deeper than
DEPTH or dearer than COST keeps its sheet instead. Nothing is ever fetched. Merge fields
(`%%name%%`) stay as they are, also in addresses and styles.
"""

import re
import secrets

from turnout.formats.html_shape import tame

DEPTH = 200
COST = 10_000_000
# Characters of a sheet times elements: what inlining may write at most.
WRITTEN = 50_000_000

_FIELD = re.compile(r"%%[^%<>\"'\r\n]{1,100}%%")
_BODY = re.compile(r"<(/?)body(?=[\s>/])", re.IGNORECASE)
_LANGUAGE = re.compile(r"<html\b[^<>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z-]{2,35})", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_VOID = frozenset({"br", "col", "hr", "img"})
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_UNSAFE_SHEET = re.compile(r"[<\\]|@import|url\(|expression\(", re.IGNORECASE)

_TAGS = frozenset(
    [
        *("a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "cite", "code", "col"),
        *("colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "s", "section", "small"),
        *("span", "strike", "strong", "style", "sub", "sup", "table", "tbody", "td", "tfoot", "th"),
        *("thead", "tr", "tt", "u", "ul"),
    ]
)
_ATTRIBUTES = {
    "*": {
        *("align", "bgcolor", "class", "dir", "height", "id", "lang", "role", "style", "title"),
        *("valign", "width"),
    },
    "a": {"href", "name", "target"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "hr": {"color", "noshade", "size"},
    "img": {"alt", "border", "hspace", "src", "vspace"},
    "li": {"value"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"abbr", "colspan", "nowrap", "rowspan"},
    "th": {"abbr", "colspan", "nowrap", "rowspan", "scope"},
}
# What is merged into addresses is judged by them, too (core/messaging/merged_links.py).
SCHEMES = {"cid", "http", "https", "mailto", "sms", "tel"}


def to_mail_html(source: str) -> str:
    """A whole document; the language is that of the source, if it names one."""
    language = _LANGUAGE.search(source[:5000])
    fields: list[str] = []
    # A letter that no part of the way changes stands for a field.
    mark = f"f{secrets.token_hex(8)}x"

    def keep(field: re.Match[str]) -> str:
        fields.append(field[0])
        return f"{mark}{len(fields) - 1}x"

    cleaned = _clean(_FIELD.sub(keep, tame(source)))
    body, sheet = _split_sheets(cleaned)
    if sheet:
        body, sheet = _inline(body, _COMMENT.sub("", sheet))
    page = _page(body, sheet, language[1] if language else "")
    return re.sub(rf"{mark}(\d+)x", lambda found: fields[int(found[1])], page)


def _split_sheets(cleaned: str) -> tuple[str, str]:
    """The document without its sheets, and these, as one."""
    begin, *others = cleaned.split("<style>")
    parted = [part.partition("</style>") for part in others]
    body = begin + "".join(rest for _, _, rest in parted)
    return body, "\n".join(sheet for sheet, _, _ in parted).strip()


def _clean(source: str) -> str:
    """What may stay of a document; its body is a `div`, which keeps the body's attributes."""
    import nh3

    return nh3.clean(
        _BODY.sub(r"<\1div", source),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        clean_content_tags={"script", "title", "noscript", "template", "textarea", "xmp"},
        url_schemes=SCHEMES,
        link_rel=None,
    )


def _inline(body: str, sheet: str) -> tuple[str, str]:
    """The body with the rules inline, and those that stay in a sheet."""
    if not _is_light(body, sheet):
        return body, "" if _UNSAFE_SHEET.search(sheet) else sheet
    from css_inline import CSSInliner, InlineError

    try:
        inlined = CSSInliner(load_remote_stylesheets=False).inline_fragment(body, sheet)
    except InlineError:
        return body, ""
    return inlined, "\n".join(_media_rules(sheet))


def _is_light(body: str, sheet: str) -> bool:
    elements, deepest, depth = 0, 0, 0
    for closing, name in _TAG.findall(body):
        elements += 1
        depth += -1 if closing else name not in _VOID
        deepest = max(deepest, depth)
    rules = sheet.count("{") + sheet.count(",")
    return (
        deepest <= DEPTH
        and rules * elements <= COST
        and len(sheet) * elements <= WRITTEN
        and ":has(" not in sheet.lower()
    )


def _media_rules(sheet: str) -> list[str]:
    """The `@media` rules of a sheet, whole; one that could fetch or end the sheet is left out."""
    rules, at = [], sheet.find("@media")
    while at >= 0:
        end = _end_of_block(sheet, at)
        rule = sheet[at:end]
        if not _UNSAFE_SHEET.search(rule):
            rules.append(rule)
        at = sheet.find("@media", end)
    return rules


def _end_of_block(sheet: str, at: int) -> int:
    depth = 0
    for found in re.compile("[{}]").finditer(sheet, at):
        depth += 1 if found[0] == "{" else -1
        if depth <= 0:
            return found.end()
    return len(sheet)


def _page(body: str, sheet: str, language: str) -> str:
    lang = f' lang="{language}"' if language else ""
    style = f"<style>\n{sheet}\n</style>\n" if sheet else ""
    return (
        f'<!doctype html>\n<html{lang}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'{style}</head>\n<body style="margin:0">\n{body.strip()}\n</body>\n</html>\n'
    )
