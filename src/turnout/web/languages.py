"""The language of a page's sentences: chosen once a request, by one function.

Pages alone speak a visitor's language. APIs and commands have contracts and programs as readers,
and use English.
"""

from contextvars import ContextVar

from falcon.asgi import Request

from turnout.catalogue import Translator, say
from turnout.catalogue.translations import translator_for

# How the request at hand is answered; failures are presented without the request.
translator: ContextVar[Translator] = ContextVar("translator", default=say)


def choose_translator(req: Request) -> Translator:
    """The catalogue in the visitor's language, by Accept-Language."""
    return translator_for(req.get_header("Accept-Language") or "")
