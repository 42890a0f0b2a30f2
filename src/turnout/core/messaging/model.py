"""The nouns of messaging that every part of it shares; README.md tells how they work together."""

import enum
from typing import NamedTuple

import msgspec

from turnout.core.ids import JobId, OrgId, UserId


class Channel(enum.StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    MMS = "mms"
    TTS = "tts"
    VOICE = "voice"
    FAX = "fax"


class Status(enum.StrEnum):
    """The outcome of one recipient; the messaging contract's codes."""

    QUEUED = "QUED"
    SENT = "SENT"
    FAILED = "FAIL"
    PATHWAY_ERROR = "SVRE"
    BLOCKED = "BARR"
    INVALID_NUMBER = "INVN"
    BAD_SENDER = "BADS"
    EXPIRED = "EXPD"
    OPTED_OUT = "OPTO"
    INVALID_DESTINATION = "RECE"
    BUSY = "BUSY"
    NO_ANSWER = "NOAN"
    NO_FAX = "NOFX"
    NOT_CONVERTED = "CONV"
    BOUNCED = "BOUN"


class JobType(enum.StrEnum):
    """What a job is, under the name that the contract shows."""

    EMAIL = "Email"
    FAX = "Fax"
    SMS = "SMS"
    TWO_WAY_SMS = "2 Way SMS"
    MMS = "MMS"
    TTS = "Text-to-speech"
    TWO_WAY_TTS = "2 way TTS"
    VOICE = "Voice"

    @property
    def channel(self) -> Channel:
        """How its messages travel."""
        return _CHANNELS[self]

    @property
    def takes_replies(self) -> bool:
        """Whether people can write back to it."""
        return self in (JobType.TWO_WAY_SMS, JobType.MMS)


_CHANNELS = {
    JobType.EMAIL: Channel.EMAIL,
    JobType.FAX: Channel.FAX,
    JobType.SMS: Channel.SMS,
    JobType.TWO_WAY_SMS: Channel.SMS,
    JobType.MMS: Channel.MMS,
    JobType.TTS: Channel.TTS,
    JobType.TWO_WAY_TTS: Channel.TTS,
    JobType.VOICE: Channel.VOICE,
}


class Kind(enum.StrEnum):
    """Why a job exists: somebody posted it, it carries a verification code, or Turnout itself
    writes to a user (reports, forwarded replies, alerts). Only broadcasts are listed; they and
    the codes that a user sends are paid."""

    BROADCAST = "broadcast"
    CODE = "code"
    NOTICE = "notice"


NOBODY = UserId(0)
"""What `jobs.user_id` holds for a job that no user asked for: a ticket's mail, a waiting list's, a
page's code. No user has this number. Only who sees all of an organization's messages sees them."""

URGENT = "urgent"
"""The lane of verification codes, whatever their channel; any other job's lane is its channel."""


class JobState(enum.StrEnum):
    """Where a job stands; see README.md."""

    STAGING = "staging"
    SCHEDULED = "scheduled"
    LISTING = "listing"
    SENDING = "sending"
    CLOSING = "closing"
    COMPLETE = "complete"
    CLOSED = "closed"

    @property
    def is_ended(self) -> bool:
        """Whether nothing of it will be sent any more."""
        return self in (JobState.COMPLETE, JobState.CLOSED)


class Medium(enum.StrEnum):
    """What somebody opts out of: all channels that reach them the same way."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    FAX = "fax"


MEDIA = {
    Channel.EMAIL: Medium.EMAIL,
    Channel.SMS: Medium.SMS,
    Channel.MMS: Medium.SMS,
    Channel.TTS: Medium.CALL,
    Channel.VOICE: Medium.CALL,
    Channel.FAX: Medium.FAX,
}


class Purpose(enum.StrEnum):
    """Why somebody is written to. `service` is about a registration that they have: it has no link
    to unsubscribe, and opting out of mail does not stop it. Everything else is `marketing`."""

    MARKETING = "marketing"
    SERVICE = "service"


class KeyResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happens in a two-way call when a key is pressed."""

    key: str
    message: str = ""
    redirect_to: str = ""


class JobFile(msgspec.Struct, frozen=True):
    """A file of a job; its content is kept under `digest` (SHA-256, hex)."""

    name: str
    content_type: str
    digest: str
    size: int
    source_url: str = ""


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job says, before merging, and how. Which members matter is the type's.

    `text` is the message of an SMS, MMS or call, or the plain part of an e-mail, whose answers go
    to `reply_to` (empty = to the sender); `header` and `voicemail` belong to calls, as do `voice`,
    `repeats` (how often the message is read out) and `keys`; the pages of a fax have a header, too.
    """

    subject: str = ""
    text: str = ""
    html: str = ""
    from_name: str = ""
    reply_to: str = ""
    header: str = ""
    voicemail: str = ""
    voice: str = ""
    repeats: int = 1
    keys: tuple[KeyResponse, ...] = ()
    is_high_resolution: bool = False
    files: tuple[JobFile, ...] = ()


class JobOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a job is carried out and told of.

    `event` is the number of the event for which the job was made, empty = for none.
    `is_consented_only` leaves out of marketing those who did not consent.
    `callback_url` empty = nobody is called back. `has_sms_callbacks` asks for a callback at each
    delivery report of an SMS. `cutoff_hour` is `HH:MM` in the user's zone, or empty.
    `preferred_number` is which number of a list is called: `Phone` or `Mobile`.
    `expires_hours` is how long replies are forwarded; `reply_address` to whom, `batches_replies`
    all at once at the end. `opt_out_code` is the reply that ends it, `reply_number` the number that
    replies reach, in digits. `is_ascii_only` drops all
    other characters from texts. `report_addresses` get the report beside the user's own.
    `submitted` holds the request's own members, for job details.
    """

    purpose: Purpose = Purpose.MARKETING
    event: str = ""
    is_consented_only: bool = False
    callback_url: str = ""
    has_sms_callbacks: bool = False
    cutoff_hour: str = ""
    preferred_number: str = ""
    reply_address: str = ""
    batches_replies: bool = False
    expires_hours: int = 24
    opt_out_code: str = ""
    reply_number: str = ""
    has_custom_sender: bool = False
    is_ascii_only: bool = False
    report_addresses: tuple[str, ...] = ()
    submitted: dict[str, object] = {}


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be accepted. `list_ids` are names of lists (`1234`, `event:1000001:checked`); with
    them the recipients of the request do not count. `scheduled_local` is `YYYY-MM-DDTHH:MM:SS` in
    the user's zone, or empty. `sender` empty = the user's default, else the channel's."""

    job_type: JobType
    name: str
    content: Content
    options: JobOptions = JobOptions()
    sender: str = ""
    list_ids: tuple[str, ...] = ()
    is_deduped: bool = False
    scheduled_local: str = ""


class NewRecipient(msgspec.Struct, frozen=True):
    """Somebody to reach, as the request names them; `fields` are the further members, for
    merging, under their own names."""

    destination: str
    reference: str = ""
    name: str = ""
    fields: dict[str, str] = {}


class JobHead(msgspec.Struct, frozen=True):
    """What a job is, apart from how far it has come. `user_id` None = nobody's (NOBODY).
    `cutoff_at`, after which nobody is sent to, and `expires_at` in epoch ms."""

    org_id: OrgId
    id: JobId
    user_id: UserId | None
    kind: Kind
    job_type: JobType
    lane: str
    name: str
    state: JobState
    is_paused: bool
    sender: str
    content: Content
    options: JobOptions
    timezone: str
    cutoff_at: int | None
    expires_at: int | None
    closing_reason: str

    @property
    def can_be_left(self) -> bool:
        """Whether its mails have a link to unsubscribe: those to many, unless they are service."""
        is_mail = self.job_type.channel is Channel.EMAIL
        is_marketing = self.options.purpose is Purpose.MARKETING
        return is_mail and is_marketing and self.kind is Kind.BROADCAST

    @property
    def honours_opt_outs(self) -> bool:
        """Whether those who opted out of its medium are left out."""
        return self.kind is Kind.BROADCAST and (
            self.can_be_left or self.job_type.channel is not Channel.EMAIL
        )


class Person(NamedTuple):
    """Somebody on a list, with the addresses of every channel; `fields` are for merging."""

    reference: str
    name: str
    email: str
    fax: str
    phone: str
    mobile: str
    fields: dict[str, str]
