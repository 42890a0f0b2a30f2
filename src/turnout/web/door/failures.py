"""How `/door/api` answers each kind of failure: `{"error": code, "message": sentence}`.

The door's page shows the sentence, so it is in the language that the request asks for.
"""

import msgspec
from falcon.asgi import Request, Response

from turnout.errors import Failure
from turnout.http.errors import Answer, headers_of
from turnout.web.failures import STATUS
from turnout.web.languages import choose_language
from turnout.web.refusals import say_refusal

CHALLENGE = 'Door realm="Turnout"'


def present_door_failure(failure: Failure) -> Answer:
    """The failure as JSON; `error` is stable and for programs."""
    status = STATUS[type(failure)][0]
    body = msgspec.json.encode({"error": failure.code, "message": say_refusal(failure)})
    headers = headers_of(failure, status, CHALLENGE) | {"Cache-Control": "no-store"}
    return Answer(status, body, "application/json", headers)


class DoorLanguage:
    """Falcon middleware: the request at hand is answered in the language that it asks for."""

    async def process_request(self, req: Request, resp: Response) -> None:
        choose_language(req)
