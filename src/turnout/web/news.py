"""A page that waits for something asks by htmx whether it is there, and is loaded again when it is.

So nothing on the page moves while somebody reads it, and what is new is read from its beginning.
"""

from http import HTTPStatus

from falcon.asgi import Request, Response

from turnout.web.documents import NO_STORE


def asks_for_news(req: Request) -> bool:
    """Whether a page that waits asks, not somebody who opens it."""
    return req.get_header("HX-Request") == "true"


def answer_news(resp: Response, *, is_new: bool) -> None:
    """Have the page loaded again, or leave it as it is."""
    resp.set_header("Cache-Control", NO_STORE)
    if is_new:
        resp.set_header("HX-Refresh", "true")
    else:
        resp.status = HTTPStatus.NO_CONTENT
