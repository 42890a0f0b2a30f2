"""What an operator says about the mail relay, the return path and DKIM."""

import re
import socket
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Tls = Literal["off", "opportunistic", "required", "implicit"]
Seconds = Annotated[float, Meta(gt=0)]

_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.IPv]+\]")
_SHORTEST_SECRET = 16


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One relay (smart host), and how mail from here is named and signed.

    Raises ValueError when settings contradict each other or cannot be written into a command.
    """

    host: Annotated[str, Meta(min_length=1, description="address of the mail relay")]
    port: Annotated[int, Meta(ge=1, le=65535, description="its port")] = 25
    username: Annotated[
        str,
        Meta(description="the account there; empty = no login. Then `tls` should check the relay"),
    ] = ""
    password: Annotated[str, Meta(description="the account's password")] = ""
    tls: Annotated[
        Tls,
        Meta(
            description="off; opportunistic (STARTTLS where offered, any certificate); required "
            "(STARTTLS, certificate checked); implicit (TLS from the start, certificate checked)"
        ),
    ] = "opportunistic"
    tls_ca_file: Annotated[
        str, Meta(description="authorities to trust (PEM); default: the system's")
    ] = ""
    plaintext_login: Annotated[
        bool, Meta(description="log in over an unencrypted connection to another machine, too")
    ] = False
    helo_name: Annotated[
        str, Meta(description="own host name; default: the return path's domain or the machine's")
    ] = ""
    connections: Annotated[int, Meta(ge=1, le=500, description="connections kept at once")] = 10
    domain_connections: Annotated[
        int, Meta(ge=0, description="messages under way at once to one domain; 0 = no limit")
    ] = 0
    rate: Annotated[float, Meta(ge=0, description="mails a second; 0 = no limit")] = 0
    messages_per_connection: Annotated[
        int, Meta(ge=1, description="messages after which a connection is replaced")
    ] = 1000
    return_path_domain: Annotated[
        str,
        Meta(
            description="domain whose mail reaches the bounce listener; empty = bounces go to the "
            "sender's address"
        ),
    ] = ""
    return_path_secret: Annotated[
        str, Meta(description="key that return paths are signed with; the same on every node")
    ] = ""
    dkim_domain: Annotated[str, Meta(description="domain that signs; empty = no DKIM")] = ""
    dkim_keys: Annotated[
        Mapping[str, str],
        Meta(description="selector -> file with a private key (PEM; RSA or Ed25519), each signs"),
    ] = {}
    connect_timeout_s: Annotated[Seconds, Meta(description="time to connect, and for TLS")] = 30.0
    command_timeout_s: Annotated[Seconds, Meta(description="time to answer a command")] = 300.0
    data_timeout_s: Annotated[Seconds, Meta(description="time to take each block of a message")] = (
        180.0
    )
    end_timeout_s: Annotated[
        Seconds, Meta(description="time to answer once a message has been sent")
    ] = 600.0
    idle_timeout_s: Annotated[
        Seconds, Meta(description="time after which an unused connection is closed")
    ] = 30.0
    listen_host: Annotated[str, Meta(description="address on which bounces are received")] = (
        "127.0.0.1"
    )
    listen_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        Meta(description="its port; unset = no bounces are received"),
    ] = None
    listen_connections: Annotated[
        int, Meta(ge=1, description="connections to the bounce listener at once")
    ] = 50
    listen_connections_per_address: Annotated[
        int, Meta(ge=1, description="of these, connections from one address at once")
    ] = 20  # as many as Postfix opens to one destination; what it is refused comes minutes later
    listen_timeout_s: Annotated[
        Seconds, Meta(description="silence after which the bounce listener hangs up")
    ] = 60.0

    def __post_init__(self) -> None:
        for name in ("helo_name", "return_path_domain", "dkim_domain"):
            value = getattr(self, name)
            if value and not _HOST_NAME.fullmatch(value):
                raise ValueError(f"{name} must be a host name in ASCII, not {value!r}")
        if self.return_path_domain and len(self.return_path_secret) < _SHORTEST_SECRET:
            raise ValueError(
                f"return_path_secret needs at least {_SHORTEST_SECRET} characters, "
                "so that nobody can forge bounces"
            )
        if self.listen_port is not None and not self.return_path_domain:
            raise ValueError("listen_port needs return_path_domain: bounces are sent there")
        if bool(self.dkim_domain) != bool(self.dkim_keys):
            raise ValueError("dkim_domain and dkim_keys go together")
        if self.password and not self.username:
            raise ValueError("password needs a username")

    @property
    def own_name(self) -> str:
        """The name for EHLO, and for the listener's greeting."""
        return self.helo_name or self.return_path_domain or socket.gethostname()

    def __repr__(self) -> str:
        return f"SmtpSettings({self.username!r} at {self.host}:{self.port}, tls={self.tls})"
