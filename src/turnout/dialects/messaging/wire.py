"""Answers of the messaging API, in the contract's own names and the order of its samples."""

import msgspec

from turnout.core.ids import AgentId, JobId, UserId
from turnout.dialects.messaging.paginator import Link


class CompanyBody(msgspec.Struct, kw_only=True):
    """A company; contract, View User."""

    company_id: int
    dist_id: int
    agent_id: AgentId | None
    name: str
    abn: str | None
    address: str | None
    suburb: str | None
    state: str | None
    postcode: str | None
    country: str | None
    billing_user_id: int | None
    billing_contact_title: str | None
    billing_contact_surname: str | None
    billing_contact_first_name: str | None
    billing_contact_phone: str | None
    billing_contact_fax: str | None
    billing_contact_email: str | None


class UserBody(msgspec.Struct, kw_only=True):
    """A user; contract, View User."""

    user_id: UserId
    company_id: int
    agent_id: AgentId | None
    dist_id: int
    account_type: str
    user_code: str
    title: str | None
    first_name: str | None
    last_name: str | None
    email: str
    phone: str | None
    fax: str | None
    mobile: str | None
    user_live: bool
    additional_reports_address: str | None
    report_type: str
    timezone_id: int | None
    monthly_limit: int | None
    agree_spam_policy: int
    user_added: str
    receive_reports: bool
    show_recipients_in_email_report: bool
    show_recipients_in_online_report: bool
    fax_header_text: str | None
    call_back_url: str | None
    default_tts_voice: str | None
    tts_repeat_count: int | None
    default_voice_caller_id: str | None
    default_sms_sender_id: str | None
    etob_authentication_type: str | None
    etob_email_address: str | None
    etob_subject_behaviour: str | None
    etob_use_email_body_as_fax_cover: bool
    etob_email_message_start_string: str | None
    etob_email_message_start_string_include: bool
    etob_email_message_end_string: str | None
    etob_strip_non_ascii: bool
    etob_disabled: bool
    etob_xheader_code: str | None
    etob_ip_whitelist: str | None
    etob_ip_whitelist_alert_address: str | None
    email_address_for_inbound_fax: str | None
    credit_limit_for_alert: int | float | None
    credit_limit_alert_address: str | None
    hide_costs_in_reports: bool
    hide_accounts: bool
    filter_non_ascii_in_sms: bool
    tts_max_character_limit: int | None
    default_sms_reply_email_address: str | None
    tts_message_prefix: str | None
    maximum_document_retention_hours: int | None
    include_fax_content_in_reports: bool
    company: CompanyBody


PROFILE_NAMES = {
    "etob_authentication_type": "emailed_jobs_authentication",
    "etob_email_address": "emailed_jobs_address",
    "etob_subject_behaviour": "emailed_jobs_subject_use",
    "etob_use_email_body_as_fax_cover": "emailed_jobs_body_is_fax_cover",
    "etob_email_message_start_string": "emailed_jobs_start_mark",
    "etob_email_message_start_string_include": "emailed_jobs_start_mark_is_sent",
    "etob_email_message_end_string": "emailed_jobs_end_mark",
    "etob_strip_non_ascii": "emailed_jobs_strip_non_ascii",
    "etob_disabled": "emailed_jobs_disabled",
    "etob_xheader_code": "emailed_jobs_header_code",
    "etob_ip_whitelist": "emailed_jobs_allowed_ips",
    "etob_ip_whitelist_alert_address": "emailed_jobs_ip_alert_address",
}
"""The fields of a profile that the model names otherwise: the contract's name, and the model's."""


class UserList(msgspec.Struct, kw_only=True):
    """A page of users; contract, List users. `from` is a word of Python's."""

    current_page: int
    data: list[UserBody]
    first_page_url: str
    from_: int | None = msgspec.field(name="from")
    last_page: int
    last_page_url: str
    links: list[Link]
    next_page_url: str | None
    path: str
    per_page: int
    prev_page_url: str | None
    to: int | None
    total: int
    status: int = 200


class OwnUser(msgspec.Struct, kw_only=True):
    """What an Acct user gets for a list of users: itself."""

    data: UserBody
    status: int = 200


class OneUser(msgspec.Struct, kw_only=True):
    """One user; contract, View User."""

    status: int = 200
    data: UserBody


class UserNumber(msgspec.Struct, kw_only=True):
    """The number of the user that was made or changed; contract, Add / Edit User."""

    status: int = 200
    data: int


class JobNumber(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The number of the job that was made; `notes`, an addition, where something is to be said."""

    status: int
    data: int
    notes: list[str] = []


class ErrorBody(msgspec.Struct, kw_only=True):
    """A failure of whatever kind."""

    status: int
    errors: str


class JobBody(msgspec.Struct, kw_only=True):
    """A job in a list; contract, List jobs."""

    job_id: JobId
    user_id: UserId
    user_code: str
    job_type: str
    job_name: str
    start_date: str
    send_date: str | None
    complete_date: str | None
    scheduled_date: str | None
    total_recipients: int
    failed_recipients: int
    sent_recipients: int
    total_amount: float | None
    job_status: str
    details_url: str


class JobList(msgspec.Struct, kw_only=True):
    """A page of jobs; contract, List jobs."""

    current_page: int
    data: list[JobBody]
    first_page_url: str
    from_: int | None = msgspec.field(name="from")
    last_page: int
    last_page_url: str
    links: list[Link]
    next_page_url: str | None
    path: str
    per_page: int
    prev_page_url: str | None
    to: int | None
    total: int
    status: int = 200


class ReportBody(msgspec.Struct, kw_only=True):
    """The outcome of one recipient; contract, Get Job Details."""

    report_id: int
    reference: str | None
    recipient: str | None
    destination: str
    status: str
    duration: int
    message_cost: float | None
    stage: str
    notes: str | None
    send_date_time: str | None
