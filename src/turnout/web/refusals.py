"""What a page says of a refusal: its sentence, with times as people say them."""

from http import HTTPStatus

from falcon.asgi import Response

from turnout.errors import Failure, Limited
from turnout.http.errors import headers_of
from turnout.web.languages import translator

MINUTE, HOUR, DAY = 60, 3600, 86_400


def say_refusal(refusal: Failure, code: str = "") -> str:
    """The sentence of a refusal in the visitor's language, or that of another code; "282 seconds"
    that are to be waited become "5 minutes"."""
    sentence = translator.get()(code or refusal.code, refusal.facts)
    if not isinstance(refusal, Limited):
        return sentence
    wait_s = refusal.retry_after
    return sentence.replace(f"in {wait_s} seconds", f"in {say_wait(wait_s)}")


def answer_limited(resp: Response, limited: Limited) -> None:
    """Make a page 429, with when to try again."""
    resp.status = HTTPStatus.TOO_MANY_REQUESTS
    resp.set_headers(headers_of(limited, HTTPStatus.TOO_MANY_REQUESTS))


def say_wait(seconds: int) -> str:
    """A time to wait, rounded up: "20 seconds", "a minute", "5 minutes", "an hour", "2 days"."""
    if seconds < MINUTE:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    units = ((DAY, "a day", "days"), (HOUR, "an hour", "hours"), (MINUTE, "a minute", "minutes"))
    minutes = -(-seconds // MINUTE) * MINUTE
    # Not "2 hours" for 75 minutes: a unit is used from twice its length, or when it fits.
    fitting = (unit for unit in units if minutes == unit[0] or minutes >= 2 * unit[0])
    size, one, many = next(fitting, units[-1])
    count = -(-minutes // size)
    return one if count == 1 else f"{count} {many}"
