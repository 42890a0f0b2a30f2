"""What the console says: labels of the catalogue, in English for now."""

from typing import Any

from markupsafe import Markup

from turnout.catalogue.translations import ENGLISH
from turnout.web.templates import make_page, say_label


def say(code: str, /, **facts: object) -> Markup:
    """A label with its facts."""
    return say_label(ENGLISH, code, **facts)


def say_count(code: str, count: int, /, **facts: object) -> Markup:
    """The label `code.one` for 1, else `code.many`, with `count` among its facts."""
    form = "one" if count == 1 else "many"
    return say_label(ENGLISH, f"{code}.{form}", count=f"{count:,}", **facts)


def render_console(template: str, **values: Any) -> str:
    """The page that a template of the console makes of `values`. The summary of a form's faults
    stands above the fields, which know what they are called: with such a fault the page is made
    a second time, when they have said it."""
    known: dict[str, Any] = {
        "lang": ENGLISH,
        "t": say,
        "n": say_count,
        "form": None,
        "done": "",
    } | values
    page = make_page(template, known)
    form = known["form"]
    return make_page(template, known) if form and form.has_new_labels else page
