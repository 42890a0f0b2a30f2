"""The language of a page: chosen once a request, by one function.

It is what the visitor asks for (`?lang=de` before Accept-Language), else that of the event that the
page shows, else English. Pages alone speak a visitor's language. APIs and commands have contracts
and programs as readers, and use English.
"""

from contextvars import ContextVar

from falcon.asgi import Request

from turnout.catalogue import Translator, say
from turnout.catalogue.translations import ENGLISH, find_locale, translator_in

# How the request at hand is answered; failures are presented without the request.
translator: ContextVar[Translator] = ContextVar("translator", default=say)
language: ContextVar[str] = ContextVar("language", default=ENGLISH)
_is_chosen: ContextVar[bool] = ContextVar("is_chosen", default=False)
PARAMETER = "lang"


def choose_language(req: Request) -> None:
    """Answer the request at hand in the language that its visitor asks for, if any."""
    wanted = asked_language(req) or find_locale(req.get_header("Accept-Language") or "")
    _is_chosen.set(bool(wanted))
    _speak(wanted or ENGLISH)


def asked_language(req: Request) -> str:
    """The language that the address asks for, empty = none that the catalogue has."""
    return find_locale(req.get_param(PARAMETER, default=""))


def settle_language(*tags: str) -> str:
    """The language of the page at hand, which shows something of these languages (the event's,
    the organization's): the visitor's choice goes first."""
    if not _is_chosen.get():
        _speak(next(filter(None, map(find_locale, tags)), ENGLISH))
    return language.get()


def _speak(locale: str) -> None:
    language.set(locale)
    translator.set(translator_in(locale))
