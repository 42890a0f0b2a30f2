"""What an operator says about a SIP trunk that carries calls."""

import re
from typing import Annotated, Literal

from msgspec import Meta

from turnout.carriers.trunks.trunk_settings import TrunkSettings, empty_none

Encryption = Literal["off", "optional", "mandatory"]


class SipSettings(TrunkSettings, frozen=True, kw_only=True):
    """One trunk. Raises ValueError for what cannot be written into SIP."""

    detect_machines: Annotated[
        bool, Meta(description="tell machines from people, and leave them the voicemail message")
    ] = True
    opt_out_key: Annotated[
        str,
        Meta(description="key that stops calls of an organization, offered in each, or none"),
    ] = "9"
    srtp: Annotated[
        Encryption, Meta(description="encrypt what is said (SDES): off, optional or mandatory")
    ] = "off"
    prack: Annotated[
        bool, Meta(description="offer to acknowledge answers before the last (100rel, RFC 3262)")
    ] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        empty_none(self, "opt_out_key")
        if not re.fullmatch(r"[0-9*#]?", self.opt_out_key):
            raise ValueError("opt_out_key is not a key of a telephone")
