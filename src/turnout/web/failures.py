"""How the pages answer each kind of failure: a page for browsers, a line of text for others."""

from turnout.catalogue.translations import ENGLISH, label
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
from turnout.web.languages import language
from turnout.web.policy import asks_for_html
from turnout.web.refusals import say_refusal
from turnout.web.templates import render

STATUS: dict[type[Failure], tuple[int, str]] = {
    Invalid: (400, "failure_page.invalid"),
    Unauthenticated: (401, "failure_page.unauthenticated"),
    Denied: (403, "failure_page.denied"),
    CrossSite: (403, "failure_page.cross_site"),
    Missing: (404, "failure_page.missing"),
    MethodNotAllowed: (405, "failure_page.method"),
    Conflict: (409, "failure_page.conflict"),
    Gone: (410, "failure_page.gone"),
    Limited: (429, "failure_page.limited"),
    Unexpected: (500, "failure_page.unexpected"),
    Unavailable: (503, "failure_page.unavailable"),
}
GUEST = "failure_page.guest_next"
# What to do next; the message says it where a kind has nothing here.
NEXT: dict[type[Failure], str] = {
    Invalid: "failure_page.invalid_next",
    Denied: "failure_page.denied_next",
    CrossSite: "failure_page.cross_site_next",
    Missing: GUEST,
    MethodNotAllowed: "failure_page.method_next",
    Conflict: "failure_page.conflict_next",
    Gone: GUEST,
    Limited: "failure_page.limited_next",
    Unexpected: "failure_page.unexpected_next",
    Unavailable: "failure_page.unavailable_next",
}
# What to do next where the address is from no mail, by the failure's code.
NEXT_OF = {
    **dict.fromkeys(("path.missing", "event.missing", "page.no_file"), "failure_page.address_next"),
    "certificate.missing": "failure_page.certificate_next",
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
    **dict.fromkeys(("body.fields", "body.values"), "page.many_fields"),
    **dict.fromkeys(
        (
            *("body.nesting", "body.field_nesting", "body.field_twice", "body.not_object"),
            "member.not_text",
        ),
        "page.other_fields",
    ),
    **dict.fromkeys(
        ("body.encoding", "body.not_encoded", "body.encoding_cut", "body.part_encoding"),
        "page.encoding",
    ),
}


# Not Basic: browsers would keep the password, and send it with what other sites make them send.
CHALLENGE = 'Cookie realm="Turnout pages", form-action="/console/sign-in"'


def present_failure(failure: Failure) -> Answer:
    """The failure as a page or a line of text, whichever the request asks for."""
    status, title = STATUS[type(failure)]
    headers = headers_of(failure, status, CHALLENGE) | {
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
    }
    spoken, advice, plain = language.get(), _advise(failure), PLAIN.get(failure.code, "")
    if asks_for_html.get():
        page = render(
            "failure.html",
            status=status,
            title=label(spoken, title),
            message=say_refusal(failure, plain),
            advice=label(spoken, advice) if advice else "",
        )
        return Answer(status, page.encode(), "text/html; charset=utf-8", headers)
    # What programs are told is in English alone; people's programs ask for another language.
    text = f"{say_refusal(failure, plain if spoken != ENGLISH else '')}\n"
    return Answer(status, text.encode(), "text/plain; charset=utf-8", headers)


def _advise(failure: Failure) -> str:
    """The code of what to do next, empty = the message says it."""
    general = NEXT.get(type(failure), "")
    return NEXT_OF.get(failure.code, general) if isinstance(failure, Missing) else general
