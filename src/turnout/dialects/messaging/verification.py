"""/api/v1/client_verification: send a code, and check the one that was entered.

Both take GET and POST, and answer failures with a list of sentences, except for a failed sign-in:
so they are an app of their own (routes.py).
"""

import msgspec
from falcon.asgi import Request, Response

from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.model import Channel, JobType
from turnout.core.messaging.numbers import is_deliverable, needs_country, to_address
from turnout.core.verification.codes import (
    DEFAULT_TEMPLATE,
    DEFAULT_WINDOW_MIN,
    LONGEST_WINDOW_MIN,
    PLACE,
    SUBJECT,
    CodeRequest,
    check_code,
    send_code,
)
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.decode import Given, needed, one, read_parameters
from turnout.dialects.messaging.errors import present_failure
from turnout.dialects.messaging.rules import refuse
from turnout.errors import Failure, Invalid, Unauthenticated
from turnout.http.dialect import Resource
from turnout.http.errors import Answer
from turnout.http.logins import Logins
from turnout.http.routing import acts

_JOB_TYPES = {"sms": JobType.SMS, "email": JobType.EMAIL, "tts": JobType.TTS}
_window = rules.whole(1, LONGEST_WINDOW_MIN)


class ErrorList(msgspec.Struct):
    """A failure, as a list of sentences."""

    status: int
    errors: list[str]


class SendCodeResource(Resource):
    """Contract, Send 2FA Code."""

    def __init__(self, logins: Logins, policy: Policy) -> None:
        self._logins = logins
        self._policy = policy

    @acts
    async def on_get(self, req: Request, resp: Response) -> None:
        given = await read_parameters(req)
        try:
            asked = given.judge(decode_code_request)
        except Invalid:
            await self._logins.require(req)  # a stranger is told nothing but that
            raise
        await self._logins.write_first(req, send_code, asked, self._policy)
        resp.data = _present("message sent")

    on_post = on_get


class ValidateCodeResource(Resource):
    """Contract, Validate 2FA Code."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    @acts
    async def on_get(self, req: Request, resp: Response) -> None:
        given = await read_parameters(req)
        try:
            entry = given.judge(decode_entry)
        except Invalid:
            await self._logins.require(req)
            raise
        is_valid = await self._logins.write_first(req, check_code, *entry)
        resp.data = _present("valid" if is_valid else "invalid")

    on_post = on_get


def decode_code_request(given: Given) -> CodeRequest:
    """What sendCode is asked for; contract, Request fields."""
    client_ref = needed(given, "client_ref", rules.text())
    job_type = needed(given, "message_type", _message_type)
    destination = needed(given, "message_destination", rules.text())
    if job_type is JobType.EMAIL:
        rules.email("message_destination", destination)
    elif not _is_number(job_type.channel, destination):
        refuse("message_destination", "The {field} format is invalid.")
    template, company = _template(given)
    return CodeRequest(client_ref, job_type, destination, template, _subject(given), company)


def decode_entry(given: Given) -> tuple[str, str, int]:
    """What validateCode is asked: for whom, the code entered, and its window in minutes."""
    return (
        needed(given, "client_ref", rules.text()),
        needed(given, "entered_code", rules.text()),
        one(given, "validation_window", _window, DEFAULT_WINDOW_MIN),
    )


def present_code_failure(failure: Failure) -> Answer:
    """The failure as these two calls have it: its sentence alone in a list."""
    answer = present_failure(failure)
    if isinstance(failure, Unauthenticated):
        return answer
    sentence = msgspec.json.decode(answer.body)["errors"].removeprefix("Validation failed: ")
    body = msgspec.json.encode(ErrorList(answer.status, [sentence]))
    return answer._replace(body=body)


def _template(given: Given) -> tuple[str, str | None]:
    """The template, and the company that it names: none where it is the caller's own."""
    template = one(given, "message_template", rules.text(rules.LONG_TEXT_LENGTH), None)
    if template is None:
        if given.get("company_name") is None:
            refuse(
                "message_template",
                "The {field} field is required when company_name is not present.",
            )
        company = rules.text()("company_name", given["company_name"])
        return DEFAULT_TEMPLATE, " ".join(company.split())
    if PLACE not in template:
        refuse("message_template", "The {field} format is invalid.")
    return str(template), None


def _subject(given: Given) -> str:
    """An e-mail's subject: with the company's name, where it is given."""
    company = one(given, "company_name", rules.text(), "")
    return f"Your {' '.join(company.split())} verification code" if company else SUBJECT


def _message_type(field: str, value: object) -> JobType:
    job_type = _JOB_TYPES.get(str(value).strip().lower())
    if job_type is None:
        refuse(field, "The selected {field} is invalid.")
    return job_type


def _is_number(channel: Channel, destination: str) -> bool:
    is_national = needs_country(channel, destination)  # the core knows the country
    return is_national or is_deliverable(to_address(channel, destination))


def _present(words: str) -> bytes:
    return msgspec.json.encode({"status": 200, "data": words})
