"""What comes before the first message: connecting, greeting, encryption, login.

Each failure is either Retry (the network, 4yz) or Misconfigured (5yz, certificate, password): in
no case does it say anything about a message. Commands never stand in a reason or a log, so that
no password does.
"""

import asyncio
import base64
import ipaddress
import ssl

from turnout.carriers import Misconfigured, Retry
from turnout.carriers.smtp.connection import Connection, ConnectionFailed
from turnout.carriers.smtp.outcomes import RECONNECT_S, Reply
from turnout.carriers.smtp.settings import SmtpSettings
from turnout.core.counterparts import tidy

Extensions = dict[str, str]
"""What the server can do, in capitals: keyword -> parameters."""


class OpeningFailed(Exception):
    """A connection never came to deliver; `outcome` is what that means for messages."""

    def __init__(self, outcome: Retry | Misconfigured) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class TlsFailed(OpeningFailed):
    """The server offers STARTTLS and cannot do it."""


class Opening:
    """Makes one connection ready."""

    def __init__(
        self, settings: SmtpSettings, connection: Connection, context: ssl.SSLContext | None
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._context = context

    async def run(self) -> Extensions:
        """Do it; the extensions that the server offers. Raises OpeningFailed; whatever is raised,
        the connection is closed then."""
        try:
            return await self._open()
        except ConnectionFailed as error:
            raise self._failed(str(error)) from error
        except BaseException:
            self._connection.abort("given up")
            raise

    async def _open(self) -> Extensions:
        settings, context = self._settings, self._context
        await self._connect()
        extensions = await self._introduce()
        if context and settings.tls in ("opportunistic", "required"):
            if "STARTTLS" in extensions:
                await self._encrypt(context)
                extensions = await self._introduce()
            elif settings.tls == "required":
                raise self._failed("it does not offer STARTTLS, which is required", is_fatal=True)
        if settings.username:
            await self._log_in(extensions)
        if because := self._connection.ended_because:
            raise self._failed(f"connection lost: {because}")
        return extensions

    async def _connect(self) -> None:
        settings = self._settings
        is_implicit = settings.tls == "implicit"
        greeting = self._connection.expect_answer(settings.command_timeout_s)
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                await self._connection.loop.create_connection(
                    lambda: self._connection,
                    settings.host,
                    settings.port,
                    ssl=self._context if is_implicit else None,
                    server_hostname=settings.host if is_implicit else None,
                )
        except ssl.SSLCertVerificationError as error:
            raise self._bad_certificate(error) from error
        except UnicodeError as error:
            raise self._failed(f"not a host name: {error}", is_fatal=True) from error
        except TimeoutError as error:
            raise self._failed("cannot connect: no answer in time") from error
        except OSError as error:
            raise self._failed(f"cannot connect: {error}") from error
        self._check("greeting", await greeting)

    async def _introduce(self) -> Extensions:
        name = self._settings.own_name
        reply = await self._ask(f"EHLO {name}")
        if 500 <= reply.code < 600:
            reply = await self._ask(f"HELO {name}")
        self._check("EHLO", reply)
        words = (line.upper().partition(" ") for line in reply.text.split("\n")[1:])
        return {keyword: parameters for keyword, _, parameters in words}

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        self._check("STARTTLS", await self._ask("STARTTLS"), TlsFailed)
        if self._connection.has_unread or self._connection.ended_because:
            raise self._failed("it sent something before encryption began", is_fatal=True)
        try:
            await self._connection.encrypt(
                context, self._settings.host, self._settings.connect_timeout_s
            )
        except ssl.SSLCertVerificationError as error:
            raise self._bad_certificate(error) from error
        except OSError as error:
            raise self._failed(f"TLS failed: {error}", TlsFailed) from error

    async def _log_in(self, extensions: Extensions) -> None:
        settings = self._settings
        if not (self._is_private() or settings.plaintext_login):
            raise self._failed("the password would travel unencrypted", is_fatal=True)
        mechanisms = extensions.get("AUTH", "").split()
        if "PLAIN" in mechanisms:
            token = _base64(f"\0{settings.username}\0{settings.password}")
            reply = await self._ask(f"AUTH PLAIN {token}")
        elif "LOGIN" in mechanisms:
            reply = await self._ask("AUTH LOGIN")
            for token in (settings.username, settings.password):
                if reply.code == 334:
                    reply = await self._ask(_base64(token))
        else:
            raise self._failed("it offers neither AUTH PLAIN nor AUTH LOGIN", is_fatal=True)
        self._check("login", reply)

    def _is_private(self) -> bool:
        """Whether nobody can listen: TLS, or no network in between."""
        transport = self._connection.transport
        if transport.get_extra_info("sslcontext"):
            return True
        return ipaddress.ip_address(transport.get_extra_info("peername")[0]).is_loopback

    async def _ask(self, command: str) -> Reply:
        return await self._connection.ask(command, self._settings.command_timeout_s)

    def _check(self, what: str, reply: Reply, kind: type[OpeningFailed] = OpeningFailed) -> None:
        if not reply.is_positive:
            is_fatal = 500 <= reply.code < 600
            raise self._failed(f"{what}: {reply.code} {reply.text}", kind, is_fatal=is_fatal)

    def _bad_certificate(self, error: ssl.SSLCertVerificationError) -> OpeningFailed:
        return self._failed(
            f"its certificate is not trusted: {error.verify_message}", is_fatal=True
        )

    def _failed(
        self, what: str, kind: type[OpeningFailed] = OpeningFailed, *, is_fatal: bool = False
    ) -> OpeningFailed:
        reason = tidy(f"{self._settings.host}:{self._settings.port}: {what}")
        return kind(Misconfigured(reason) if is_fatal else Retry(RECONNECT_S, reason))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
