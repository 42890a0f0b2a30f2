"""The summary of a form's faults, which stands above the form, says which field each is of.

What is missing or cannot be read is said in the same words beside every field; in the summary two
of them could not be told apart. A page is rendered from its top, where the labels below are not
known yet: so they are read from the page, of faults alone.
"""

import re
from collections.abc import Iterable

_TAGS = re.compile(r"<span class=\"optional\">.*?</span>|<[^>]+>", re.DOTALL)


def name_faults(page: str, names: Iterable[str]) -> str:
    """The page with the labels of those fields in the links that lead to them."""
    for name in names:
        label = _find_label(page, name)
        if label:
            link = f'<a href="#f-{name}">'
            sign = "" if label.endswith(("?", ":")) else ":"
            page = page.replace(link, f"{link}{label}{sign} ", 1)
    return page


def _find_label(page: str, name: str) -> str:
    """The words of a field's label, or of the legend of several, as they stand in the page."""
    key = re.escape(name)
    found = re.search(f'<label for="f-{key}"[^>]*>(.*?)</label>', page, re.DOTALL) or re.search(
        f'<fieldset[^>]* id="f-{key}"[^>]*>\\s*<legend>(.*?)</legend>', page, re.DOTALL
    )
    return " ".join(_TAGS.sub("", found[1]).split()) if found else ""
