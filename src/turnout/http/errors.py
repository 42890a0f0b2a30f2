"""Failures that only exist on the wire, and how an app turns any failure into an answer."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import falcon
import falcon.asgi
import structlog

from turnout.catalogue import fill, say
from turnout.errors import Failure, Invalid, Limited, Missing, Unavailable
from turnout.http import request_id

log = structlog.get_logger()


class MethodNotAllowed(Failure):
    """The path exists, but not for this method; `allowed` lists those that it has."""

    def __init__(self, method: str, path: str, allowed: list[str]) -> None:
        super().__init__("method.not_allowed", method=method, path=path, allowed=allowed)
        self.allowed = allowed


class Unexpected(Failure):
    """A fault of the server; the caller is told the request id and nothing else."""

    def __init__(self) -> None:
        super().__init__("server.unexpected", request_id=request_id.current.get())


class Answer(NamedTuple):
    """A failure as one dialect answers it."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]


Present = Callable[[Failure], Answer]


def sentence_of(failure: Failure, sentences: Mapping[str, str]) -> str:
    """What a contract says about a failure, by its code; else what the catalogue says."""
    return sentence_of_code(failure.code, failure.facts, sentences)


def sentence_of_code(code: str, facts: Mapping[str, Any], sentences: Mapping[str, str]) -> str:
    """The same where a code and its facts were kept."""
    sentence = sentences.get(code)
    return say(code, facts) if sentence is None else fill(sentence, facts, code)


def headers_of(failure: Failure, status: int, challenge: str = "") -> dict[str, str]:
    """The headers that a failure has in every shape; `challenge` is the `WWW-Authenticate` of a
    401."""
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = challenge
    # One who must not simply ask again is not told when to.
    if isinstance(failure, Limited | Unavailable) and failure.retry_after is not None:
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, MethodNotAllowed):
        headers["Allow"] = ", ".join(failure.allowed)
    return headers


def present_plainly(failure: Failure) -> Answer:
    """A line of text, where no app says how failures look."""
    status = 500 if isinstance(failure, Unexpected) else 400
    body = f"{failure.message}\n".encode()
    return Answer(status, body, "text/plain; charset=utf-8", headers_of(failure, status))


def install(app: "falcon.asgi.App[Any, Any]", present: Present) -> None:
    """Make `app` answer every failure, its own and Falcon's, in the shape that `present` gives."""

    async def answer_failure(
        req: Any, resp: falcon.asgi.Response, failure: Failure, _params: Any
    ) -> None:
        write_answer(resp, present(failure))

    async def answer_http_error(
        req: falcon.asgi.Request, resp: falcon.asgi.Response, error: Any, _params: Any
    ) -> None:
        write_answer(resp, present(translate(error, req)))

    async def answer_unexpected(
        req: falcon.asgi.Request, resp: falcon.asgi.Response, error: Exception, _params: Any
    ) -> None:
        log.error("unexpected failure", route=req.uri_template, exc_info=error)
        write_answer(resp, present(Unexpected()))

    app.add_error_handler(Exception, answer_unexpected)
    app.add_error_handler(falcon.HTTPError, answer_http_error)
    app.add_error_handler(Failure, answer_failure)


def write_answer(resp: falcon.asgi.Response, answer: Answer) -> None:
    """Answer with a failure as it is presented."""
    resp.status = answer.status
    resp.data = answer.body
    resp.content_type = answer.content_type
    resp.set_headers(dict(answer.headers))


def translate(error: falcon.HTTPError, req: falcon.asgi.Request) -> Failure:
    """Falcon's own failure as one of ours."""
    if isinstance(error, falcon.HTTPMethodNotAllowed):
        allowed = dict(error.headers or {}).get("Allow", "").split(", ")
        return MethodNotAllowed(req.method, req.path, [m for m in allowed if m != "OPTIONS"])
    if error.status_code == 404:
        return Missing("path.missing", path=req.path)
    said = error.description or error.title
    return Invalid("request.refused", said=said) if said else Invalid("request.malformed")
