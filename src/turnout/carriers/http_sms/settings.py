"""What an operator says about an HTTP provider."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from turnout.formats import fax

Signature = Literal["sha256", "twilio"]
FaxDocuments = Literal["original", "tiff"]
Seconds = Annotated[float, Meta(gt=0)]


class HttpSmsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One provider and one account there. Raises ValueError for an address that is none."""

    url: Annotated[str, Meta(min_length=1, description="where messages are posted (https://…)")]
    username: Annotated[
        str, Meta(description="the account's name, sent by Basic authentication; empty = none")
    ] = ""
    password: Annotated[str, Meta(description="the account's password or token")] = ""
    webhook_secret: Annotated[
        str,
        Meta(description="key that signs what the provider tells us; empty = it tells nothing"),
    ] = ""
    signature: Annotated[
        Signature,
        Meta(description="how the provider signs: sha256 (X-Timestamp, X-Signature) or twilio"),
    ] = "sha256"
    to_field: Annotated[str, Meta(description="form field of the destination")] = "To"
    from_field: Annotated[str, Meta(description="form field of the sender")] = "From"
    body_field: Annotated[str, Meta(description="form field of the text")] = "Body"
    media_field: Annotated[str, Meta(description="form field of the picture's URL")] = "MediaUrl"
    callback_field: Annotated[
        str, Meta(description="form field of our webhook's address; empty = not sent")
    ] = "StatusCallback"
    reference_field: Annotated[
        str, Meta(description="form field of our own number for the message; empty = not sent")
    ] = ""
    id_member: Annotated[
        str, Meta(description="member of the answer's JSON with the provider's id")
    ] = "sid"
    parts_member: Annotated[
        str, Meta(description="member of the answer's JSON with the number of parts")
    ] = "num_segments"
    connections: Annotated[int, Meta(ge=1, le=512, description="requests at once")] = 32
    rate: Annotated[float, Meta(ge=0, description="messages a second; 0 = no limit")] = 0
    ring_seconds: Annotated[int, Meta(ge=5, le=300, description="time for which a call rings")] = 45
    call_seconds: Annotated[
        int, Meta(ge=10, le=7200, description="longest call, from its answer on")
    ] = 600
    fax_documents: Annotated[
        FaxDocuments,
        Meta(
            description="what a gateway is offered to fax: original files, or tiff (1728 dots, G4)"
        ),
    ] = "original"
    timeout_s: Annotated[Seconds, Meta(description="time to answer a request")] = 30.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is not an http:// or https:// address")
        if self.fax_documents == "tiff" and not fax.is_available():
            raise ValueError("documents become TIFFs where the extra turnout[fax] is installed")
