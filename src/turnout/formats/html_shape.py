"""How deep HTML is nested, before a parser reads it.

A parser of HTML looks, at many tags, through all elements that are open, so what is nested without
end takes time by the square. No mail that a person wrote is deeper than DEPTH.
"""

import re
from collections import Counter

DEPTH = 500

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ANY_TAG = re.compile(r"<[^>]*>?")
# Those that have no end, and those that the next of their kind ends.
_NEVER_DEEP = frozenset(
    [
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
        *("wbr", "colgroup", "dd", "dt", "li", "option", "p", "tbody", "td", "tfoot", "th"),
        *("thead", "tr"),
    ]
)


def tame(source: str) -> str:
    """The same HTML; where it is nested too deep, it goes without any tags."""
    bare = _COMMENT.sub("", source)
    open_: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(bare):
        name = name.lower()
        if name in _NEVER_DEEP:
            continue
        if not closing:
            open_[name] += 1
            depth += 1
        elif open_[name]:
            open_[name] -= 1
            depth -= 1
        if depth > DEPTH:
            return _ANY_TAG.sub(" ", bare)
    return source
