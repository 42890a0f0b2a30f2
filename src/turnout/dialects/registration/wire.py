"""Requests and answers of the registration API in its own names.

Sizes are maxima in characters, contract sections 2.1.1 and 2.1.2. Members that a client leaves
out, sends empty or sends as null all mean "not given".
"""

from typing import Annotated

import msgspec
from msgspec import Meta

Text5 = Annotated[str, Meta(max_length=5)] | None
Text16 = Annotated[str, Meta(max_length=16)] | None
Text20 = Annotated[str, Meta(max_length=20)] | None
Text30 = Annotated[str, Meta(max_length=30)] | None
Text50 = Annotated[str, Meta(max_length=50)] | None
Text100 = Annotated[str, Meta(max_length=100)] | None
Text200 = Annotated[str, Meta(max_length=200)] | None
Text500 = Annotated[str, Meta(max_length=500)] | None


class Wire(msgspec.Struct, rename="camel", kw_only=True):
    """A JSON object whose members are written in camel case."""


# -- requests ------------------------------------------------------------------------------


class Exact(Wire, forbid_unknown_fields=True):
    """An object of a request. What has other members is read by leniency.py, which passes over
    them."""


class SessionRef(Exact):
    session_pak: Text16 = None


class EventTarget(Exact):
    event_pak: Text16 = None
    sessions: list[SessionRef] | None = None


class ChannelTarget(Exact):
    channel_pak: Text16 = None
    sessions: list[SessionRef] | None = None


class CustomItem(Exact):
    item_desc: Text200 = None
    item_value: Text500 = None


class ContactBody(Exact):
    email: Text100 = None
    title: Text20 = None
    first_name: Text50 = None
    last_name: Text20 = None
    company: Text50 = None
    job_title: Text50 = None
    address_line1: Text30 = msgspec.field(default=None, name="addressLine1")
    address_line2: Text30 = msgspec.field(default=None, name="addressLine2")
    address_line3: Text30 = msgspec.field(default=None, name="addressLine3")
    city: Text20 = None
    county_or_state: Text20 = None
    post_code: Text20 = None
    country_code: Text5 = None
    phone: Text20 = None
    contact_custom_items: list[CustomItem] | None = None


class RegistrationBody(Exact):
    event: EventTarget | None = None
    channel: ChannelTarget | None = None
    contact: ContactBody | None = None


class RegisterBody(Exact):
    """The body of PUT /register."""

    registration: RegistrationBody | None = None


# -- answers -------------------------------------------------------------------------------


class Paging(Wire):
    previous: str | None
    next: str | None


class Envelope(Wire):
    """What every answer carries; alone, it is the answer to a failure."""

    paging: Paging | None = None
    response_code: int = 200
    message: str = "ok"


class SigninAnswer(Wire):
    id_token: str
    expires_in: int
    paging: None = None
    response_code: int = 200
    message: str = "Ok"


class ContactRef(Wire):
    email: str


class QueuedSession(Wire):
    session_pak: str
    queue_id: int
    status: str


class Queued(Wire):
    contact: ContactRef
    sessions: list[QueuedSession]


class RegisterAnswer(Wire):
    registration: Queued
    paging: None = None
    response_code: int = 200
    message: str = "ok"


class CheckResult(Wire, omit_defaults=True):
    queue_id: int
    status: str
    session_pak: str
    email: str
    contact_id: int
    message: str | None = None


class StatusAnswer(Wire):
    total_count: int
    check_results: list[CheckResult]
    paging: Paging | None = None
    response_code: int = 200
    message: str = "ok"
