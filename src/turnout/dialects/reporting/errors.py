"""How the reporting API answers each kind of failure; reporting notes, Envelope.

The body is always the envelope: as XML, or as JSON where JSON or CSV was asked for. Only
`/viewer/regserver.jsp` answers in a sentence.
"""

from collections.abc import Callable
from contextvars import ContextVar

from falcon.asgi import Request, Response

from turnout.dialects.reporting.envelope import (
    JSON_TYPE,
    XML_TYPE,
    Element,
    Moment,
    json_envelope,
    xml_envelope,
)
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
from turnout.http.cross_site import CrossSite, fold_path
from turnout.http.errors import (
    Answer,
    MethodNotAllowed,
    Present,
    Unexpected,
    headers_of,
    sentence_of,
)
from turnout.store import Clock

STATUS: dict[type[Failure], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Denied: 403,
    CrossSite: 403,
    Missing: 404,
    Gone: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}
GENERAL, CREDENTIALS, SESSION, PERMISSION, PARAMETER = 0, -1, -2, -3, -4
_CODES: dict[type[Failure], int] = {Denied: PERMISSION, Invalid: PARAMETER}
# The contract's sentences by code: its own rules.
SENTENCES = {
    "event.beyond": "There is no event {text}.",
    "login.reporting": "{why}",
    "login.wrong": "The username or the password is wrong.",
    "parameter.invalid": "{name}: {fault}",
    "regserver.answers": "There are over {limit} registration fields.",
    "regserver.closed": "Registration for this event is not open to this program: check ei and "
    "pass.",
    "regserver.email": "email must be an e-mail address.",
    "regserver.field": "{name} must be printable text of up to {limit} characters.",
    "session.absent": "Send si and ui, as the login gave them.",
    "session.refused": "{why}",
    "regserver.throttled": "Too many wrong passwords. Try again in {retry_after} seconds.",
}
# The codes of failures that are about a name and password.
LOGIN = "login."

# Failures are presented without their request.
wants_json: ContextVar[bool] = ContextVar("reporting_wants_json", default=False)
wants_text: ContextVar[bool] = ContextVar("reporting_wants_text", default=False)
TEXT_TYPE = "text/plain; charset=utf-8"
VIEWER = "/viewer/"


class Format:
    """Falcon middleware: a path that ends with a format other than XML has failures in JSON, in
    any letter case, as paths are. Decided before routing: a path that leads nowhere has a format
    too."""

    async def process_request(self, req: Request, _resp: Response) -> None:
        path = f"{fold_path(req.path).rstrip('/')}/"
        wants_json.set(path.endswith(("/json/", "/csv/", "/xlsx/")))
        wants_text.set(path.startswith(VIEWER))

    async def process_response(
        self, _req: Request, resp: Response, _resource: object, _succeeded: bool
    ) -> None:
        resp.set_header("Cache-Control", "no-store")


# No scheme of HTTP's own: the ids of a login stand in the parameters si and ui.
CHALLENGE = 'Session realm="Turnout"'


def presenter(clock: Clock) -> Present:
    """How failures are answered, with the time of `clock`."""

    def present_failure(failure: Failure) -> Answer:
        status = STATUS[type(failure)]
        if wants_text.get():
            text = sentence_of(failure, SENTENCES).encode()
            return Answer(status, text, TEXT_TYPE, headers_of(failure, status))
        result = [
            Element("returnCode", return_code(failure)),
            Element("error", children=[Element("description", sentence_of(failure, SENTENCES))]),
        ]
        make: Callable[..., bytes] = json_envelope if wants_json.get() else xml_envelope
        content_type = JSON_TYPE if wants_json.get() else XML_TYPE
        body = make(Moment(clock()), result)
        return Answer(status, body, content_type, headers_of(failure, status, CHALLENGE))

    return present_failure


def return_code(failure: Failure) -> int:
    """The number of a failure: 0 for whatever has none of its own."""
    if isinstance(failure, Unauthenticated):
        return CREDENTIALS if failure.code.startswith(LOGIN) else SESSION
    return _CODES.get(type(failure), GENERAL)
