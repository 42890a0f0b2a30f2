"""What an operator says about an SMPP provider."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

ReceiptIds = Literal["same", "decimal", "hex"]
Seconds = Annotated[float, Meta(gt=0)]


class SmppSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One provider and one account there.

    Raises ValueError when the account's names cannot be written into a bind.
    """

    host: Annotated[str, Meta(min_length=1, description="address of the provider's SMPP server")]
    port: Annotated[int, Meta(ge=1, le=65535, description="its port")] = 2775
    system_id: Annotated[str, Meta(description="the account's name")]
    password: Annotated[str, Meta(description="the account's password")]
    system_type: Annotated[str, Meta(description="what the provider asks for here, or nothing")] = (
        ""
    )
    tls: Annotated[bool, Meta(description="encrypt, and check the provider's certificate")] = False
    tls_ca_file: Annotated[
        str, Meta(description="authorities to trust (PEM); default: the system's")
    ] = ""
    binds: Annotated[int, Meta(ge=1, le=64, description="connections kept at once")] = 1
    window: Annotated[
        int, Meta(ge=1, le=10_000, description="submissions unanswered at once, a connection")
    ] = 100
    rate: Annotated[
        float, Meta(ge=0, description="submissions a second, a connection; 0 = no limit")
    ] = 0
    validity: Annotated[
        bool,
        Meta(
            description="tell the network until when a message may be delivered: the cut-off hour, "
            "the beginning of quiet hours, the end of a two-way job"
        ),
    ] = True
    receipts: Annotated[bool, Meta(description="ask for delivery receipts")] = True
    receipt_ids: Annotated[
        ReceiptIds,
        Meta(
            description="how the text of a receipt writes the id: the same as the answer to the "
            "submission, in decimal (the answer in hex), or in hex (the answer in decimal)"
        ),
    ] = "same"
    receipts_by_text: Annotated[
        bool,
        Meta(
            description="take ordinary messages for receipts whose text begins like one; only for "
            "a provider that marks none, as people could write such texts"
        ),
    ] = False
    connect_timeout_s: Annotated[Seconds, Meta(description="time to connect and bind")] = 10.0
    response_timeout_s: Annotated[Seconds, Meta(description="time to answer a request")] = 30.0
    patience_s: Annotated[
        Seconds, Meta(description="time a message may wait to be submitted before it is put off")
    ] = 30.0
    enquire_link_s: Annotated[Seconds, Meta(description="silence before asking for life")] = 30.0
    reconnect_s: Annotated[
        Seconds,
        Meta(description="longest first pause before connecting again; it doubles up to a minute"),
    ] = 1.0
    reassembly_s: Annotated[
        Seconds, Meta(description="time to wait for the missing parts of a long reply")
    ] = 60.0

    def __post_init__(self) -> None:
        for name in ("system_id", "password", "system_type"):
            value = getattr(self, name)
            if not value.isascii() or "\0" in value:
                raise ValueError(f"{name} may have only ASCII characters")

    def __repr__(self) -> str:
        return f"SmppSettings({self.system_id!r} at {self.host}:{self.port})"
