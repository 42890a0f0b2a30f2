"""How the messaging API answers each kind of failure: a status, and a sentence in `errors`."""

import msgspec

from turnout.core.identity.demo import REFUSED as DEMO_REFUSED
from turnout.dialects.messaging.wire import ErrorBody
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
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected, headers_of, sentence_of

STATUS: dict[type[Failure], int] = {
    Unauthenticated: 401,
    Denied: 403,
    CrossSite: 403,
    Missing: 404,
    Gone: 404,
    MethodNotAllowed: 405,
    Invalid: 422,
    Conflict: 422,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}
VALIDATION = "Validation failed: "
CHALLENGE = 'Basic realm="Turnout", charset="UTF-8"'
# The contract's sentences by code: its own rules, and what the product calls otherwise.
SENTENCES = {
    "code.many_to_client": "{limit} codes were sent to this client_ref in {minutes} minutes. Enter "
    "one of them, or try again in {retry_after} seconds.",
    "fax.broken": "The files cannot be faxed: {name} is damaged, or needs too much to be drawn.",
    "fax.empty": "The files cannot be faxed: there is nothing in {name}.",
    "fax.encrypted": "The files cannot be faxed: {name} asks for a password.",
    "fax.form": "The files must be files of type: jpg, tif, png, gif, doc, docx, xls, xlsx, pdf, "
    "txt, ppt, pptx ({name} is none of them).",
    "fax.large": "The files may not be greater than {limit} megabytes ({name}).",
    "fax.office": "The files cannot be faxed: {name} is of an office, which cannot be drawn here. "
    "Save it as a PDF.",
    "fax.pages": "The files may not have more than {limit} pages.",
    "fax.pixels": "The files may not have more than {limit} megapixels ({name}).",
    "field.invalid": "{sentence}",
    "job.list_unknown": "The selected user_list_ids is invalid.",
    "job.message_long": "The message may not be greater than {limit} characters.",
    "job.nothing_said": "The {name} has nothing that can be read out.",
    "job.unspeakable": "The {name} cannot be read out: no voice speaks {language} (letter "
    "{letter}).",
    "job.scheduled_past": "The scheduled_date must be a date after now.",
    "jobs.busy": "Too many large jobs are being accepted. Try again in a few seconds.",
    "recording.broken": "The audiofile must be a file of type: wav.",
    "recording.form": "The audiofile has more than 8 channels or an odd sampling rate.",
    "recording.long": "The audiofile may not be longer than {limit} minutes.",
    "recording.short": "The audiofile must be at least {least} seconds long.",
    "recording.silent": "The audiofile is silent.",
    "recipient.malformed": "The body is not valid JSON in recipients.{number}: {slip}.",
    "recipient.text_long": "The {name} of recipients.{place} may not be greater than {limit} "
    "characters.",
    "sender.domain_refused": "The selected from_email is invalid.",
    "sender.id_refused": "The selected manual_sender_id is invalid.",
    "user.missing": "User not found.",
    "user.moved": "The selected company_id is invalid.",
    "user.unknown_code": "User not found.",
    "job.missing": "Job not found.",
    "limit.exceeded": "Monthly limit exceeded.",
    "name.taken": "The user_code has already been taken.",
    "company.unknown": "The selected company_id is invalid.",
    "agent.unknown": "The selected agent_id is invalid.",
    "billing_user.unknown": "The selected company.billing_user_id is invalid.",
}


def present_failure(failure: Failure) -> Answer:
    """The failure as the contract has it; table in README.md."""
    status = STATUS[type(failure)]
    body = msgspec.json.encode(ErrorBody(status=status, errors=_sentence(failure)))
    return Answer(status, body, "application/json", headers_of(failure, status, CHALLENGE))


def _sentence(failure: Failure) -> str:
    # Why a sign-in failed is nobody's business: all of them are answered alike.
    # Only those of a demo, which are no secret, are told apart.
    if isinstance(failure, Unauthenticated):
        wrong = "Invalid credentials."
        return f"{wrong} {failure.message}" if failure.code == DEMO_REFUSED else wrong
    if isinstance(failure, Denied):
        return "Permission denied"
    sentence = sentence_of(failure, SENTENCES)
    if failure.code == "limit.exceeded":
        return sentence  # the contract's whole answer
    if isinstance(failure, Invalid | Conflict):
        return VALIDATION + sentence[:1].upper() + sentence[1:]
    return sentence
