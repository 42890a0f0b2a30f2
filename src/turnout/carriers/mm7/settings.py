"""What an operator says about an MMSC."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

Signature = Literal["basic", "sha256"]
Seconds = Annotated[float, Meta(gt=0)]


class Mm7Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One account at one MMSC. Raises ValueError for an address that is none."""

    url: Annotated[str, Meta(min_length=1, description="where requests are posted (https://…)")]
    username: Annotated[
        str, Meta(description="the account's name, sent by Basic authentication; empty = none")
    ] = ""
    password: Annotated[str, Meta(description="the account's password")] = ""
    vasp_id: Annotated[str, Meta(description="VASPID that the MMSC knows us by; empty = none")] = ""
    vas_id: Annotated[str, Meta(description="VASID of the service; empty = none")] = ""
    service_code: Annotated[str, Meta(description="ServiceCode for its bills; empty = none")] = ""
    schema: Annotated[
        str,
        Meta(pattern=r"^REL-[0-9]{1,2}-MM7-[0-9]{1,2}-[0-9]{1,2}$", description="schema it speaks"),
    ] = "REL-6-MM7-1-4"
    version: Annotated[
        str, Meta(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}$", description="its MM7Version")
    ] = "6.8.0"
    webhook_name: Annotated[
        str, Meta(description="name by which the MMSC signs in at our webhook (basic)")
    ] = "turnout"
    webhook_secret: Annotated[
        str,
        Meta(
            description="password, or key of signatures, of the MMSC here; empty = it tells nothing"
        ),
    ] = ""
    signature: Annotated[
        Signature,
        Meta(description="how it proves itself: basic, or sha256 (X-Timestamp, X-Signature)"),
    ] = "basic"
    read_replies: Annotated[bool, Meta(description="ask for read replies, too")] = False
    largest_bytes: Annotated[
        int, Meta(ge=30_000, le=15_000_000, description="bytes that a message may have")
    ] = 300_000
    largest_side: Annotated[
        int, Meta(ge=160, le=10_000, description="pixels that a picture may be wide or high")
    ] = 1280
    connections: Annotated[int, Meta(ge=1, le=512, description="requests at once")] = 16
    rate: Annotated[float, Meta(ge=0, description="messages a second; 0 = no limit")] = 0
    timeout_s: Annotated[Seconds, Meta(description="time to answer a request")] = 30.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is not an http:// or https:// address")
