"""The language of a page: chosen once a request, by one function.

It is what the address asks for (`?lang=de`), else on a personal page the language in which that
person registered, else that of the visitor's browser, else that of the event that the page shows or
its organization, else English. Papers and mails go by the same rule, without a visitor. Pages, and
`/door/api` for the door's page, alone speak a visitor's language. Other APIs and commands have
contracts and programs as readers, and use English.
"""

from contextvars import ContextVar
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from falcon.asgi import Request

from turnout.catalogue import Translator, say
from turnout.catalogue.translations import (
    ENGLISH,
    find_locale,
    label,
    list_locales,
    translator_in,
)

# How the request at hand is answered; failures are presented without the request.
translator: ContextVar[Translator] = ContextVar("translator", default=say)
language: ContextVar[str] = ContextVar("language", default=ENGLISH)
_is_chosen: ContextVar[bool] = ContextVar("is_chosen", default=False)
_asked: ContextVar[str] = ContextVar("asked", default="")
_query: ContextVar[str | None] = ContextVar("query", default=None)
PARAMETER = "lang"
LONGEST_QUERY = 5000


class LanguageLink(NamedTuple):
    """The page at hand in a language, which is named in itself."""

    tag: str
    name: str
    address: str
    is_current: bool


def choose_language(req: Request) -> None:
    """Answer the request at hand in the language that its visitor asks for, if any."""
    wanted = asked_language(req) or find_locale(req.get_header("Accept-Language") or "")
    _is_chosen.set(bool(wanted))
    _asked.set(asked_language(req))
    _query.set(req.query_string)
    _speak(wanted or ENGLISH)


def forget_query() -> None:
    """Have the page at hand lead to its other languages by them alone: it is kept for others."""
    _query.set("")


def asked_language(req: Request) -> str:
    """The language that the address asks for, empty = none that the catalogue has."""
    return find_locale(req.get_param(PARAMETER, default=""))


def list_languages() -> list[LanguageLink]:
    """The page at hand in each language of the catalogue; none where no request is at hand. The
    addresses leave the path out, as it may be a personal link, which a saved page must not have."""
    query = _query.get()
    if query is None:
        return []
    spoken = language.get()
    return [
        LanguageLink(tag, label(tag, "site.own_name"), _address(query, tag), tag == spoken)
        for tag in list_locales()
    ]


def stay_in_language(address: str) -> str:
    """An address of ours, in the language that the address at hand asks for, if it does."""
    asked = _asked.get()
    if not asked:
        return address
    path, mark, part = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{PARAMETER}={asked}{mark}{part}"


def _address(query: str, tag: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True) if len(query) <= LONGEST_QUERY else []
    kept = [(name, value) for name, value in pairs if name != PARAMETER]
    return f"?{urlencode([*kept, (PARAMETER, tag)])}"


def settle_language(*tags: str, own: str = "") -> str:
    """The language of the page at hand, which shows something of these languages (the event's,
    the organization's): the visitor's choice goes first. `own` is the language in which the person
    registered whose page it is, empty = not known."""
    known = find_locale(own)
    if known and not _asked.get():
        _speak(known)
    elif not _is_chosen.get():
        _speak(next(filter(None, map(find_locale, tags)), ENGLISH))
    return language.get()


def _speak(locale: str) -> None:
    language.set(locale)
    translator.set(translator_in(locale))
