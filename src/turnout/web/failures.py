"""How the pages answer each kind of failure: a page for browsers, a line of text for others."""

from turnout.errors import (
    Conflict,
    Denied,
    Failure,
    Gone,
    Invalid,
    Limited,
    Missing,
    Unauthenticated,
    Unavailable,
)
from turnout.http.cross_site import CrossSite
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected, headers_of
from turnout.web.policy import asks_for_html
from turnout.web.refusals import say_refusal
from turnout.web.templates import render

STATUS: dict[type[Failure], tuple[int, str]] = {
    Invalid: (400, "That could not be understood"),
    Unauthenticated: (401, "Please sign in"),
    Denied: (403, "That is not allowed"),
    CrossSite: (403, "That came from another site"),
    Missing: (404, "There is no track here"),
    MethodNotAllowed: (405, "Not in this direction"),
    Conflict: (409, "That does not fit"),
    Gone: (410, "That is over"),
    Limited: (429, "Too fast"),
    Unexpected: (500, "Something went wrong"),
    Unavailable: (503, "Not just now"),
}


# Not Basic: browsers would keep the password, and send it with what other sites make them send.
CHALLENGE = 'Cookie realm="Turnout pages", form-action="/sign-in"'


def present_failure(failure: Failure) -> Answer:
    """The failure as a page or a line of text, whichever the request asks for."""
    status, title = STATUS[type(failure)]
    headers = headers_of(failure, status, CHALLENGE) | {
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    if asks_for_html.get():
        page = render("failure.html", status=status, title=title, message=say_refusal(failure))
        return Answer(status, page.encode(), "text/html; charset=utf-8", headers)
    text = f"{say_refusal(failure)}\n"
    return Answer(status, text.encode(), "text/plain; charset=utf-8", headers)
