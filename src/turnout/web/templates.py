"""The templates: compiled once, and escaping everything that is put into them."""

import secrets
from functools import partial
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

import turnout
from turnout.catalogue.translations import ENGLISH, label
from turnout.formats.local_dates import (
    say_day,
    say_day_time,
    say_language,
    say_moment,
    say_money,
    say_price,
    say_short_moment,
    say_time,
    say_weekday,
)
from turnout.web.assets import asset_path
from turnout.web.console.figures import (
    say_at,
    say_at_day,
    say_at_time,
    say_local,
    say_local_date,
    say_local_day,
    say_local_month,
    say_local_time,
    say_number,
)
from turnout.web.languages import language, list_languages, stay_in_language

# Pages whose words are labels; the others are English.
TRANSLATED = frozenset(
    f"{name}.html"
    for name in (
        *(
            "event",
            "embed",
            "organization",
            "series",
            "ticket",
            "certificate",
            "waiting",
            "invitation",
        ),
        *("unsubscribe", "failure", "watch", "watch_entry", "watch_live", "sign_in", "start"),
        "second_step",
        *("my/index", "my/part", "my/closed", "my/done", "my/find", "my/kept"),
        *("door/ask", "door/door", "door/pair", "door/scan"),
    )
)


def render(template: str, **values: Any) -> str:
    """The page that the file `template` makes of `values`, in the language of the request at hand
    where it has its words in the catalogue. A template says a label by `t("code", fact=…)`."""
    spoken = language.get() if template in TRANSLATED else ENGLISH
    is_translated = template in TRANSLATED
    known = {
        "account": None,
        "switch_form": "",
        "lang": spoken,
        "t": partial(say_label, spoken),
        "languages": list_languages() if is_translated else [],
    }
    return make_page(template, known | values)


def make_page(template: str, values: dict[str, Any]) -> str:
    """The page that the file `template` makes of exactly these values."""
    return _environment.get_template(template).render(values)


def say_label(spoken: str, code: str, /, **facts: object) -> Markup:
    """A label with its facts; those that are Markup stay it, all else is escaped."""
    marks = {
        name: f"\u2402{name}\u2403" for name, fact in facts.items() if isinstance(fact, Markup)
    }
    said = str(escape(label(spoken, code, **(facts | marks))))
    for name, mark in marks.items():
        said = said.replace(mark, str(facts[name]))
    return Markup(said)  # noqa: S704 - escaped above; what was put in is Markup


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


@jinja2.pass_context
def _stay(_context: Context, address: str) -> str:
    """`stay_in_language`; the context keeps templates from doing it once and for all."""
    return stay_in_language(address)


def _new_mark() -> str:
    """What tells one form that was shown from every other (console/once.py)."""
    return secrets.token_urlsafe(16)


_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("turnout.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.filters.update(
    day=say_day,
    moment=say_moment,
    day_time=say_day_time,
    short_moment=say_short_moment,
    clock=say_time,
    weekday=say_weekday,
    money=say_money,
    stay=_stay,
    language_name=say_language,
    price=say_price,
)
_environment.filters.update(
    number=say_number,
    local=say_local,
    local_date=say_local_date,
    local_day=say_local_day,
    local_month=say_local_month,
    local_time=say_local_time,
    at=say_at,
    at_day=say_at_day,
    at_time=say_at_time,
)
_environment.filters.update(prose=_prose, inline=_inline, breakable=_breakable)
_environment.globals.update(asset=asset_path, version=turnout.__version__, new_mark=_new_mark)
