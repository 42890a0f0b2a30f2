"""Whether a trunk answers, as `turnout doctor` asks: OPTIONS, and registering where that is set."""

import asyncio
import secrets
import socket
import ssl
import tempfile
from collections.abc import Sequence

from turnout.carriers import UnfitError
from turnout.carriers.trunks.process import CallProcess
from turnout.carriers.trunks.trunk_settings import TrunkSettings, to_worker
from turnout.carriers.trunks.trust import make_context

ANSWER_S = 5.0
REGISTER_S = 20.0
_MOST = 8_192


def probe_trunk(settings: TrunkSettings, command: Sequence[str]) -> str:
    """What the trunk answered, and that it has registered us; `command` is the worker. Raises
    OSError that says what it did not."""
    said = ask(settings)
    trouble = asyncio.run(_start(settings, command))
    if trouble:
        raise OSError(trouble)
    return f"answers {said}" + (", and has registered the account" if settings.register else "")


def ask(settings: TrunkSettings) -> str:
    """The answer to OPTIONS: `200 OK`. Raises OSError; ssl.SSLError, which is one, for TLS."""
    with _connect(settings) as line:
        line.settimeout(ANSWER_S)
        line.sendall(_options(settings, line.getsockname()))
        first = line.recv(_MOST).partition(b"\r\n")[0].decode("ascii", "replace")
    version, _, answer = first.partition(" ")
    if not version.startswith("SIP/"):
        raise OSError("it does not speak SIP")
    return answer[:100]


def _connect(settings: TrunkSettings) -> socket.socket:
    host, port = settings.address
    context = None
    if settings.transport == "tls":
        context = make_context(settings.tls_ca_file, settings.tls_certificate)
    if settings.transport == "udp":
        line = socket.socket(socket.getaddrinfo(host, port)[0][0], socket.SOCK_DGRAM)
        line.connect((host, port))
        return line
    line = socket.create_connection((host, port), timeout=ANSWER_S)
    if context is None:
        return line
    try:
        return context.wrap_socket(line, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        line.close()
        raise UnfitError(
            f"its certificate is not trusted: {error.verify_message}",
            "Set …_HOST to a name that the certificate has, and …_TLS_CA_FILE to the authority "
            "that signed it.",
        ) from error
    except OSError:
        line.close()
        raise


def _options(settings: TrunkSettings, own: tuple[str, int]) -> bytes:
    domain = settings.domain or settings.host
    tag = secrets.token_hex(8)
    here = f"{own[0]}:{own[1]}"
    lines = (
        f"OPTIONS sip:{domain} SIP/2.0",
        f"Via: SIP/2.0/{settings.transport.upper()} {here};branch=z9hG4bK{tag};rport",
        "Max-Forwards: 10",
        f"From: <sip:{settings.username or 'turnout'}@{domain}>;tag={tag}",
        f"To: <sip:{domain}>",
        f"Call-ID: {tag}@turnout",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:turnout@{here};transport={settings.transport}>",
        "Content-Length: 0",
    )
    return "\r\n".join([*lines, "", ""]).encode()


async def _start(settings: TrunkSettings, command: Sequence[str]) -> str:
    """Why a worker cannot call here; empty = it can."""
    with tempfile.TemporaryDirectory(prefix="turnout-calls-") as spool:
        told = {**to_worker(settings), "spool": spool, "outbound_allow": ""}
        process = CallProcess("doctor", told, command)
        process.start()
        try:
            await process.wait_until_judged(REGISTER_S)
            if process.is_ready:
                return ""
            return process.refusal or process.trouble or "the registrar does not answer"
        finally:
            await process.stop(ANSWER_S)
