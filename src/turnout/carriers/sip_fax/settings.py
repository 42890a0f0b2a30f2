"""What an operator says about a SIP trunk that carries faxes."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from turnout.carriers.trunks.trunk_settings import TrunkSettings

T38 = Literal["reinvite", "first", "never"]


class SipFaxSettings(TrunkSettings, frozen=True, kw_only=True):
    """One trunk. Raises ValueError for what cannot be written into SIP."""

    ports_each: ClassVar[int] = 2  # of sound, and of T.38

    channels: Annotated[int, Meta(ge=1, le=100, description="faxes at once")] = 4
    call_seconds: Annotated[
        int, Meta(ge=60, le=7200, description="longest call, from its answer on")
    ] = 1800
    rtp_ports: Annotated[str, Meta(description="ports of sound and of T.38 (UDP)")] = "16384-32767"
    t38: Annotated[
        T38,
        Meta(
            description="how T.38 is agreed on: within the call (reinvite), offered first, or "
            "never, for trunks that have G.711 alone"
        ),
    ] = "reinvite"
    ecm: Annotated[bool, Meta(description="have lost lines sent again (error correction)")] = True
    tries: Annotated[
        int, Meta(ge=1, le=10, description="calls for a fax that breaks off, the first one too")
    ] = 3
    retry_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="pause before what remains of a fax is sent")
    ] = 120

    @property
    def fax_documents(self) -> str:
        """Pages are drawn here, so that a job is refused whose documents cannot be."""
        return "tiff"
