"""What a page says of a refusal: its sentence, with times as people say them."""

from http import HTTPStatus

from falcon.asgi import Response

from turnout.catalogue.translations import label
from turnout.errors import Failure, Limited
from turnout.formats.local_dates import say_wait
from turnout.http.errors import headers_of
from turnout.web.languages import language, translator


def say_refusal(refusal: Failure, code: str = "") -> str:
    """The sentence of a refusal in the visitor's language, or that of another code; "282 seconds"
    that are to be waited become "5 minutes"."""
    sentence = translator.get()(code or refusal.code, refusal.facts)
    if not isinstance(refusal, Limited):
        return sentence
    wait_s = refusal.retry_after
    spoken = language.get()
    exact = label(spoken, "wait.seconds", count=wait_s)
    return sentence.replace(f" {exact}", f" {say_wait(wait_s, spoken)}")


def answer_limited(resp: Response, limited: Limited) -> None:
    """Make a page 429, with when to try again."""
    resp.status = HTTPStatus.TOO_MANY_REQUESTS
    resp.set_headers(headers_of(limited, HTTPStatus.TOO_MANY_REQUESTS))
