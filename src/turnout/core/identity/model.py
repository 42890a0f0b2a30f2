"""Organizations, users and credentials, and the pure rules about them."""

import enum

import msgspec

from turnout.core.identity.timezones import ZONES
from turnout.core.ids import (
    NO_EVENT,
    NO_USER,
    AgentId,
    CredentialId,
    DistributorId,
    EventId,
    OrgId,
    UserId,
)


class Role(enum.StrEnum):
    """What a user may do: its own account, those of its agent, or the whole distributor."""

    ACCT = "Acct"
    AGENT = "Agent"
    ADMIN = "Admin"


class CredentialKind(enum.StrEnum):
    """Which door a credential opens."""

    API_KEY = "api_key"
    COMPANY_TOKEN = "company_token"
    EVENT_TOKEN = "event_token"
    DEVELOPER_SECRET = "developer_secret"
    CALENDAR_KEY = "calendar_key"
    PASSWORD = "password"


class Organization(msgspec.Struct, frozen=True):
    """One account; everything else belongs to exactly one. Instants in epoch ms.

    `rate_limit` is requests a minute and endpoint: None = the server's default, 0 = no limit.
    """

    org_id: OrgId
    uuid: str
    slug: str
    name: str
    timezone: str
    locale: str
    rate_limit: int | None


class OrganizationProfile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an organization shows of itself, stored as JSON; empty text = not given. `currency` (ISO
    4217) is that of its free tickets too, `logo` the digest of a picture, `colour` `#rrggbb`;
    `sender_name` and `reply_address` are those of the mails about its events; `stop_reply` answers
    somebody who wants no more texts, `-` = nobody does. `payment_text` and `pay_within_days` are
    those of its events that have none of their own; alerts are posted to `alert_url`. A job with
    more than `approval_above` recipients waits for a second person, 0 = none does; with
    `requires_consent` marketing reaches only those who consented. `embedded_on` are the origins
    (`https://www.example.org`) of sites that may show its events in a frame. `call_countries` are
    those it may call and fax, none = its own; `call_agents` the numbers (E.164 without `+`) to
    which its calls may be put through wherever they are; `call_words` are the lines of its words
    that voices say otherwise (formats/spoken/own_words.py)."""

    currency: str = ""
    country_code: str = ""
    logo: str = ""
    colour: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    website: str = ""
    privacy_url: str = ""
    imprint_url: str = ""
    sender_name: str = ""
    reply_address: str = ""
    stop_reply: str = ""
    payment_text: str = ""
    pay_within_days: int = 0
    alert_url: str = ""
    approval_above: int = 0
    requires_consent: bool = False
    embedded_on: tuple[str, ...] = ()
    call_countries: tuple[str, ...] = ()
    call_agents: tuple[str, ...] = ()
    call_words: str = ""


class User(msgspec.Struct, frozen=True):
    """A person who works with Turnout; `user_code` is unique in the installation."""

    org_id: OrgId
    id: UserId
    user_code: str
    role: Role
    name: str
    email: str


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a user has set, stored as JSON; None = not set.

    `monthly_limit` and `credit_limit_for_alert` are in currency units. `timezone_id` is a
    number of timezones.py, None = the company's own zone. `emailed_jobs_*` is about jobs that come
    in by e-mail; it is kept for who reads it, nothing here acts on it.
    """

    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    fax: str | None = None
    mobile: str | None = None
    additional_reports_address: str | None = None
    report_type: str = "Detailed"
    timezone_id: int | None = None
    monthly_limit: int | None = None
    agree_spam_policy: bool = False
    receive_reports: bool = True
    show_recipients_in_email_report: bool = True
    show_recipients_in_online_report: bool = True
    fax_header_text: str | None = None
    call_back_url: str | None = None
    default_tts_voice: str | None = None
    tts_repeat_count: int | None = None
    default_voice_caller_id: str | None = None
    default_sms_sender_id: str | None = None
    emailed_jobs_authentication: str | None = None
    emailed_jobs_address: str | None = None
    emailed_jobs_subject_use: str | None = None
    emailed_jobs_body_is_fax_cover: bool = False
    emailed_jobs_start_mark: str | None = None
    emailed_jobs_start_mark_is_sent: bool = False
    emailed_jobs_end_mark: str | None = None
    emailed_jobs_strip_non_ascii: bool = False
    emailed_jobs_disabled: bool = False
    emailed_jobs_header_code: str | None = None
    emailed_jobs_allowed_ips: str | None = None
    emailed_jobs_ip_alert_address: str | None = None
    email_address_for_inbound_fax: str | None = None
    credit_limit_for_alert: int | float | None = None
    credit_limit_alert_address: str | None = None
    hide_costs_in_reports: bool = False
    hide_accounts: bool = False
    filter_non_ascii_in_sms: bool = False
    tts_max_character_limit: int | None = None
    default_sms_reply_email_address: str | None = None
    tts_message_prefix: str | None = None
    maximum_document_retention_hours: int | None = None
    include_fax_content_in_reports: bool = False

    @property
    def full_name(self) -> str:
        """First and last name, as far as they are known."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


class CompanyDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """A company's address and whom its bills go to, stored as JSON; None = not known."""

    abn: str | None = None
    address: str | None = None
    suburb: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    billing_user_id: UserId | None = None
    billing_contact_title: str | None = None
    billing_contact_surname: str | None = None
    billing_contact_first_name: str | None = None
    billing_contact_phone: str | None = None
    billing_contact_fax: str | None = None
    billing_contact_email: str | None = None


class Company(msgspec.Struct, frozen=True):
    """An organization as its users are shown it; `agent_id` None = under no agent.

    `is_shared` says that its distributor is shared since before organizations got one of their
    own, `is_demo` that a demo made it.
    """

    org_id: OrgId
    distributor_id: DistributorId
    agent_id: AgentId | None
    name: str
    timezone: str
    details: CompanyDetails
    is_shared: bool
    is_demo: bool


class Member(msgspec.Struct, frozen=True):
    """A user with everything that is kept about it, and its company. `added_at` in epoch ms."""

    user: User
    is_live: bool
    added_at: int
    profile: Profile
    company: Company

    @property
    def actor(self) -> str:
        """The user's name in audit entries."""
        return f"user:{self.user.id}"

    @property
    def timezone(self) -> str:
        """The IANA zone in which the user gives dates and is shown them."""
        chosen = self.profile.timezone_id
        return self.company.timezone if chosen is None else ZONES[chosen]


class Principal(msgspec.Struct, frozen=True):
    """Who asks: the credential that was shown, and how far it reaches.

    It speaks for the organization `org_id`, and only for one event of it unless `event_id` is 0.
    `user_id` is 0 unless a user showed a password, or a session that began with one: what that user
    may do is read in each transaction (`require_member`).
    """

    org_id: OrgId
    credential_id: CredentialId
    user_id: UserId = NO_USER
    event_id: EventId = NO_EVENT

    @property
    def actor(self) -> str:
        """The name in audit entries."""
        return f"user:{self.user_id}" if self.user_id else f"credential:{self.credential_id}"


class Credential(msgspec.Struct, frozen=True):
    """A credential as lists show it; the secret itself is never kept. Instants in epoch ms."""

    org_id: OrgId
    id: CredentialId
    kind: CredentialKind
    name: str
    hint: str
    user_id: UserId | None
    event_id: EventId | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    is_demo: bool

    @property
    def principal(self) -> Principal:
        """Who shows this credential's secret."""
        return Principal(self.org_id, self.id, event_id=self.event_id or NO_EVENT)

    def state(self, now: int) -> str:
        """`active`, `expired` or `revoked` at the instant `now` (epoch ms)."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"
