"""The templates: compiled once, and escaping everything that is put into them."""

from typing import Any

import jinja2
from markupsafe import Markup, escape

import turnout
from turnout.web.assets import asset_path


def render(template: str, **values: Any) -> str:
    """The page that the file `template` makes of `values`."""
    return _environment.get_template(template).render({"account": None} | values)


def _prose(text: str) -> Markup:
    """Paragraphs, and `code` in them, from the little of Markdown that our descriptions use."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(_inline(part)) for part in paragraphs)


def _inline(text: str) -> Markup:
    """Text in one line, with `code` in it."""
    parts = " ".join(text.split()).split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _breakable(text: str) -> Markup:
    """A path or dotted name that may be broken after each of its parts."""
    safe = str(escape(text))
    for mark in "/._":
        safe = safe.replace(mark, f"{mark}<wbr>")
    return Markup(safe)  # noqa: S704 - escaped above; only <wbr> was added


_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("turnout.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.filters.update(prose=_prose, inline=_inline, breakable=_breakable)
_environment.globals.update(asset=asset_path, version=turnout.__version__)
