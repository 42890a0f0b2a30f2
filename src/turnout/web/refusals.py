"""What a page says of a refusal: its sentence, with times as people say them."""

import datetime
import re
from http import HTTPStatus

from falcon.asgi import Response

from turnout.catalogue.translations import label
from turnout.errors import Failure, Limited
from turnout.formats.local_dates import say_day_time, say_wait
from turnout.http.errors import headers_of
from turnout.web.languages import language, translator

# What is said to guests instead of what staff are told.
FOR_GUESTS = {
    "session.taken": "guest.session_full",
    "session.cancelled": "guest.session",
    "session.not_in_event": "guest.session",
    "ticket.cancelled": "guest.ticket",
    "ticket.used": "guest.inside",
    "transfer.exam": "guest.exam",
    "registration.no_address": "guest.right",
}

# A time without a zone, as forms send it.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


def say_refusal(refusal: Failure, code: str = "") -> str:
    """The sentence of a refusal in the visitor's language, or that of another code; "282 seconds"
    that are to be waited become "5 minutes", "2027-05-11T17:00" becomes "11 May 2027, 17:00"."""
    spoken = language.get()
    facts = {name: _say_fact(fact, spoken) for name, fact in refusal.facts.items()}
    sentence = translator.get()(code or refusal.code, facts)
    if not isinstance(refusal, Limited):
        return sentence
    wait_s = refusal.retry_after
    exact = label(spoken, "wait.seconds", count=wait_s)
    return sentence.replace(f" {exact}", f" {say_wait(wait_s, spoken)}")


def say_to_guest(refusal: Failure) -> str:
    """The sentence of a refusal on a guest's page, where staff are told another one."""
    return say_refusal(refusal, FOR_GUESTS.get(refusal.code, ""))


def _say_fact(fact: object, spoken: str) -> object:
    if not isinstance(fact, str) or not _LOCAL.fullmatch(fact):
        return fact
    try:
        return say_day_time(datetime.datetime.fromisoformat(fact), spoken)
    except ValueError:
        return fact  # such as the 30th of February, as it was typed


def answer_limited(resp: Response, limited: Limited) -> None:
    """Make a page 429, with when to try again."""
    resp.status = HTTPStatus.TOO_MANY_REQUESTS
    resp.set_headers(headers_of(limited, HTTPStatus.TOO_MANY_REQUESTS))
