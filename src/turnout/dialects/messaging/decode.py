"""From the wire to the model: bodies and parameters of the messaging API.

Like Laravel, it trims text and takes empty text for null. Fields are judged in the order of the
tables below, and the first fault is the answer.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from falcon.asgi import Request

from turnout.core.identity.members import NewMember
from turnout.core.identity.model import CompanyDetails, Profile, Role
from turnout.core.ids import JobId, UserId
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.rules import Rule, refuse, required
from turnout.dialects.messaging.wire import PROFILE_NAMES
from turnout.http.forms import Pairs
from turnout.http.members import Limits, read_members, read_query
from turnout.http.readings import Readings, read_over

LIMITS = Limits(262_144)
DEFAULT_PAGE_SIZE = 10
MOST_PAGE_SIZE = 1000
LAST_PAGE = 1_000_000_000
USER_CODE_FILTER_LENGTH = 255

MOST_REPEATS = 10
# What jobs fall back to, judged as a job's own would be.
JOB_DEFAULTS = ("default_sms_sender_id", "default_tts_voice", "tts_repeat_count")

Given = dict[str, Any]

_line, _lines, _count = rules.text(), rules.text(rules.LONG_TEXT_LENGTH), rules.whole()

PROFILE: dict[str, Rule] = {
    "title": _line,
    "first_name": _line,
    "last_name": _line,
    "phone": _line,
    "fax": _line,
    "mobile": _line,
    "additional_reports_address": rules.emails,
    "report_type": rules.text(50),
    "timezone_id": rules.timezone_id,
    "monthly_limit": _count,
    "agree_spam_policy": rules.flag,
    "receive_reports": rules.flag,
    "show_recipients_in_email_report": rules.flag,
    "show_recipients_in_online_report": rules.flag,
    "fax_header_text": _line,
    "call_back_url": rules.url,
    "default_tts_voice": _line,
    "tts_repeat_count": rules.whole(0, MOST_REPEATS),
    "default_voice_caller_id": _line,
    "default_sms_sender_id": rules.sender_id,
    "etob_authentication_type": _line,
    "etob_email_address": rules.emails,
    "etob_subject_behaviour": _line,
    "etob_use_email_body_as_fax_cover": rules.flag,
    "etob_email_message_start_string": _lines,
    "etob_email_message_start_string_include": rules.flag,
    "etob_email_message_end_string": _lines,
    "etob_strip_non_ascii": rules.flag,
    "etob_disabled": rules.flag,
    "etob_xheader_code": _line,
    "etob_ip_whitelist": _lines,
    "etob_ip_whitelist_alert_address": rules.emails,
    "email_address_for_inbound_fax": rules.emails,
    "credit_limit_for_alert": rules.number,
    "credit_limit_alert_address": rules.emails,
    "hide_costs_in_reports": rules.flag,
    "hide_accounts": rules.flag,
    "filter_non_ascii_in_sms": rules.flag,
    "tts_max_character_limit": _count,
    "default_sms_reply_email_address": rules.emails,
    "tts_message_prefix": _lines,
    "maximum_document_retention_hours": _count,
    "include_fax_content_in_reports": rules.flag,
}
COMPANY: dict[str, Rule] = {
    "name": _line,
    "abn": _line,
    "address": _line,
    "suburb": _line,
    "state": _line,
    "postcode": _line,
    "country": _line,
    "billing_user_id": _count,
    "billing_contact_title": _line,
    "billing_contact_surname": _line,
    "billing_contact_first_name": _line,
    "billing_contact_phone": _line,
    "billing_contact_fax": _line,
    "billing_contact_email": rules.emails,
}


class PageQuestion(msgspec.Struct, frozen=True):
    """Which users are asked for, and which page of them; `query` is as the request had it."""

    user_code: str
    page: int
    page_size: int
    query: Pairs


class UserChanges(msgspec.Struct, frozen=True):
    """A change of a user: fields by the model's names, the company's, and a new password."""

    fields: dict[str, Any]
    company: dict[str, Any]
    password: str | None


def decode_page_question(query_string: str) -> PageQuestion:
    """The parameters of GET /users; contract, List users."""
    query = pairs_of(query_string)
    asked = clean(dict(query))
    return PageQuestion(
        rules.text(USER_CODE_FILTER_LENGTH)("user_code", asked.get("user_code") or ""),
        asked_number(asked, "page", 1, LAST_PAGE),
        asked_number(asked, "page_size", DEFAULT_PAGE_SIZE, MOST_PAGE_SIZE),
        query,
    )


async def read_parameters(req: Request) -> Readings[Given]:
    """The members of a body, JSON or a form, over those of the query.

    A password counts in the body alone: addresses end up in logs and histories.
    """
    query = [pair for pair in pairs_of(req.query_string) if pair[0] != "password"]
    return read_over(query, await read_members(req, LIMITS), clean)


def decode_new_user(given: Given, voices: Sequence[str]) -> tuple[NewMember, str]:
    """The user that POST /users is to make, and its password; contract, Add / Edit User."""
    given = _judge_voice(given, voices)
    code = needed(given, "user_code", rules.user_code)
    secret = needed(given, "password", rules.password)
    address = needed(given, "email", rules.email)
    role = one(given, "account_type", rules.account_type, Role.ACCT)
    is_live = one(given, "user_live", rules.flag, True)
    profile = Profile(**_several(PROFILE, given, Profile))
    company_id = one(given, "company_id", _count, None)
    company = {} if company_id is not None else _new_company(given)
    agent_id = one(given, "agent_id", _count, None)
    member = NewMember(code, address, role, profile, is_live, company_id, company, agent_id)
    return member, secret


def decode_changes(given: Given, voices: Sequence[str], kept: Profile) -> UserChanges:
    """The changes of PUT /users/{id}: what is absent stays, null takes the default.

    What jobs fall back to is not judged where it is as it was `kept`: a user can be sent back as it
    was read, whatever older rules let in. Members that nobody can set (`user_id`, `user_added`, …)
    are passed over, and so is an empty password.
    """
    same = {name for name in JOB_DEFAULTS if str(given.get(name)) == str(getattr(kept, name))}
    given = {name: value for name, value in given.items() if name not in same}
    given = _judge_voice(given, voices)
    fields: dict[str, Any] = {}
    if "user_code" in given:
        fields["user_code"] = needed(given, "user_code", rules.user_code)
    if "email" in given:
        fields["email"] = needed(given, "email", rules.email)
    if "account_type" in given:
        fields["role"] = needed(given, "account_type", rules.account_type)
    if "user_live" in given:
        fields["is_live"] = one(given, "user_live", rules.flag, True)
    if given.get("company_id") is not None:
        fields["company_id"] = _count("company_id", given["company_id"])
    fields |= _several(PROFILE, given, Profile)
    company = _members(given)
    changes = _several(COMPANY, company, CompanyDetails, prefix="company.")
    if "name" in company and company["name"] is None:
        required("company.name")
    return UserChanges(fields, changes, one(given, "password", rules.password, None))


def _judge_voice(given: Given, voices: Sequence[str]) -> Given:
    """With the voice as the setting writes it. Raises Invalid for one that nobody has."""
    name = "default_tts_voice"
    if given.get(name) is None:
        return given
    return given | {name: rules.choice(voices)(name, given[name])}


def decode_user_id(text: str) -> UserId:
    """The number of a user in a path; what is not a number, is nobody's."""
    return UserId(_path_number(text))


def decode_job_id(text: str) -> JobId:
    """The number of a job in a path; what is not a number, is no job's."""
    return JobId(_path_number(text))


def _path_number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0


def asked_number(asked: Given, name: str, default: int, limit: int) -> int:
    """A number from 1 to `limit` of a query."""
    value = asked.get(name)
    return default if value is None else int(rules.whole(1, limit)(name, value))


def _new_company(given: Given) -> dict[str, Any]:
    if given.get("company") is None:
        refuse("company", "The {field} field is required when company_id is not present.")
    company = _members(given)
    if company.get("name") is None:
        required("company.name")
    return _several(COMPANY, company, CompanyDetails, prefix="company.")


def _members(given: Given) -> Given:
    company = given.get("company")
    if company is not None and not isinstance(company, dict):
        refuse("company", "The {field} must be an array.")
    return company or {}


def needed(given: Given, name: str, rule: Rule) -> Any:
    """The member `name` as `rule` keeps it. Raises Invalid when it is absent."""
    if given.get(name) is None:
        required(name)
    return rule(name, given[name])


def one(given: Given, name: str, rule: Rule, default: Any) -> Any:
    """The member `name` as `rule` keeps it, `default` when it is absent."""
    value = given.get(name)
    return default if value is None else rule(name, value)


def _several(
    table: dict[str, Rule], given: Given, struct: type[msgspec.Struct], prefix: str = ""
) -> dict[str, Any]:
    """The model's fields of what is given and in the table; null is `struct`'s default."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(struct)}
    fields = {name: PROFILE_NAMES.get(name, name) for name in table if name in given}
    return {
        field: defaults.get(field)
        if given[name] is None
        else table[name](prefix + name, given[name])
        for name, field in fields.items()
    }


def pairs_of(encoded: str) -> Pairs:
    """The parameters of a query or form, in their order."""
    return read_query(encoded)


def clean(given: Given) -> Given:
    """The members with text trimmed, and null for empty text."""
    return {name: _clean_value(name, value) for name, value in given.items()}


def _clean_value(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return clean(value)
    if isinstance(value, str):
        return (value if name == "password" else value.strip()) or None
    return value
