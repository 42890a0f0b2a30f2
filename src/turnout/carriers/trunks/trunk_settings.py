"""What an operator says about any SIP trunk."""

import re
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

Transport = Literal["tls", "tcp", "udp"]
CallerIdHeader = Literal["from", "p-asserted-identity"]
_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_HOST = re.compile(r"[A-Za-z0-9._\-]+|\[?[0-9A-Fa-f:.]+\]?")
NONE = "none"
_TEXT = re.compile(r"[!#$%&'()*+,\-./:=?\[\]^_`{|}~A-Za-z0-9 @;<>]*")


class TrunkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One trunk. Raises ValueError for what cannot be written into SIP."""

    ports_each: ClassVar[int] = 1
    """Even ports that a call needs; the odd ones behind them are for reports of what is lost."""

    host: Annotated[str, Meta(min_length=1, description="the trunk's address, or its registrar's")]
    port: Annotated[
        int, Meta(ge=0, le=65535, description="its port; 0 = 5061 with TLS, else 5060")
    ] = 0
    transport: Annotated[
        Transport, Meta(description="tls, tcp, or udp where a trunk has nothing else")
    ] = "tls"
    domain: Annotated[
        str, Meta(description="the domain of its addresses, where that is not the host")
    ] = ""
    username: Annotated[str, Meta(description="the account's name; empty = none")] = ""
    password: Annotated[str, Meta(description="the account's password")] = ""
    register: Annotated[
        bool, Meta(description="register there, as trunks want that know no fixed address")
    ] = False
    caller_id: Annotated[
        str, Meta(description="number that calls, for jobs that name no sender (+61…)")
    ] = ""
    caller_id_header: Annotated[
        CallerIdHeader, Meta(description="where the caller's number goes: from, or a header")
    ] = "from"
    dial_prefix: Annotated[
        str, Meta(description="dialled before the digits of an international number, or none")
    ] = "+"
    channels: Annotated[int, Meta(ge=1, le=960, description="calls at once")] = 10
    rate: Annotated[float, Meta(ge=0, description="calls begun a second; 0 = no limit")] = 1.0
    ring_seconds: Annotated[int, Meta(ge=5, le=300, description="time for which a call rings")] = 45
    call_seconds: Annotated[
        int, Meta(ge=10, le=7200, description="longest call, from its answer on")
    ] = 600
    tls_ca_file: Annotated[
        str, Meta(description="authorities to trust (PEM); default: the system's")
    ] = ""
    tls_certificate: Annotated[
        str, Meta(description="our own certificate and its key (PEM), for trunks that want one")
    ] = ""
    rtp_ports: Annotated[str, Meta(description="ports of what is said (UDP)")] = "16384-32767"

    def __post_init__(self) -> None:
        empty_none(self, "dial_prefix")
        for name in ("host", "domain"):
            value = getattr(self, name)
            if value and not _HOST.fullmatch(value):
                raise ValueError(f"{name} is not the name or address of a host: {value!r}")
        for name in ("username", "caller_id", "dial_prefix"):
            if not re.fullmatch(r"[A-Za-z0-9+*#._\-]*", getattr(self, name)):
                raise ValueError(f"{name} may have only letters, digits and + * # . _ -")
        for name in ("password", "tls_ca_file", "tls_certificate"):
            if not _TEXT.fullmatch(getattr(self, name)):
                raise ValueError(
                    f"{name} may have only ASCII characters but quotes and backslashes"
                )
        ports = _PORTS.fullmatch(self.rtp_ports)
        if not ports or not 1024 <= int(ports[1]) < int(ports[2]) <= 65535:
            raise ValueError("rtp_ports is not a range of ports, such as 16384-32767")
        even = int(ports[2]) // 2 - (int(ports[1]) + 1) // 2 + 1
        needed = self.channels * self.ports_each
        if even < needed:
            raise ValueError(
                f"rtp_ports has {even} even ports, and {self.channels} channels need {needed}: "
                f"a range of {2 * needed}"
            )
        if self.register and not self.username:
            raise ValueError("register needs a username")

    @property
    def address(self) -> tuple[str, int]:
        """Where the trunk is reached."""
        return self.host, self.port or (5061 if self.transport == "tls" else 5060)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.username!r} at {self.host}:{self.port})"


def empty_none(settings: "TrunkSettings", name: str) -> None:
    """Where empty text means the default, `none` is no text."""
    if getattr(settings, name) == NONE:
        msgspec.structs.force_setattr(settings, name, "")


def to_worker(settings: TrunkSettings) -> dict[str, Any]:
    """What the worker process is told of the trunk."""
    told: dict[str, Any] = msgspec.structs.asdict(settings)
    told["port"] = settings.address[1]
    told["domain"] = settings.domain or settings.host
    return told
