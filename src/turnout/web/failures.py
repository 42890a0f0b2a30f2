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
    Missing: (404, "Page not found"),
    MethodNotAllowed: (405, "This page cannot be used that way"),
    Conflict: (409, "That is not possible now"),
    Gone: (410, "This is over"),
    Limited: (429, "Too many requests"),
    Unexpected: (500, "Something went wrong"),
    Unavailable: (503, "Not available now"),
}
GUEST = "Open the link from your mail again, whole. If that does not help, ask the organizer."
# What to do next; the message says it where a kind has nothing here.
NEXT: dict[type[Failure], str] = {
    Invalid: "Go back, check what you typed, and send it again.",
    Denied: "If you need this page, ask the organizer.",
    CrossSite: "Open the page here, and send its form again.",
    Missing: GUEST,
    MethodNotAllowed: "Open the page from its link.",
    Conflict: "Go back and load the page again: it shows how things stand.",
    Gone: GUEST,
    Limited: "Wait, and then repeat it. Nothing that you did before is lost.",
    Unexpected: "Try again. If it happens once more, tell the organizer the request id.",
    Unavailable: "Try again in a minute.",
}
# What our reading of forms says to programs is said otherwise on a page: by these codes.
PLAIN = {
    **dict.fromkeys(
        ("text.unstorable", "text.unstorable_form", "text.unstorable_query"), "page.unstorable"
    ),
    **dict.fromkeys(
        ("body.charset", "body.not_in_charset", "body.field_charset", "body.not_utf8"),
        "page.not_utf8",
    ),
    **dict.fromkeys(
        ("body.malformed", "body.escapes", "body.parts_cut", "body.part_unnamed"), "page.damaged"
    ),
    "body.fields": "page.many_fields",
    **dict.fromkeys(
        ("body.nesting", "body.field_nesting", "body.field_twice", "body.not_object"),
        "page.other_fields",
    ),
    **dict.fromkeys(
        ("body.encoding", "body.not_encoded", "body.encoding_cut", "body.part_encoding"),
        "page.encoding",
    ),
}


# Not Basic: browsers would keep the password, and send it with what other sites make them send.
CHALLENGE = 'Cookie realm="Turnout pages", form-action="/sign-in"'


def present_failure(failure: Failure) -> Answer:
    """The failure as a page or a line of text, whichever the request asks for."""
    status, title = STATUS[type(failure)]
    headers = headers_of(failure, status, CHALLENGE) | {
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
    }
    if asks_for_html.get():
        page = render(
            "failure.html",
            status=status,
            title=title,
            message=say_refusal(failure, PLAIN.get(failure.code, "")),
            advice=NEXT.get(type(failure), ""),
        )
        return Answer(status, page.encode(), "text/html; charset=utf-8", headers)
    text = f"{say_refusal(failure)}\n"
    return Answer(status, text.encode(), "text/plain; charset=utf-8", headers)
