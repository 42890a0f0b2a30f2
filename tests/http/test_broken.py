"""What users read of a call that broke."""

import errno
import socket
import ssl
from typing import Any

import aiohttp
import pytest

from turnout.http.broken import say
from turnout.http.patience import AnswerTooLong

CLOSED = "the other side closed the connection before it answered"
KEY: Any = aiohttp.client_reqrep.ConnectionKey("h", 1, True, True, None, None, None, None)
UNTRUSTED = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1)")
UNTRUSTED.verify_message = "self-signed certificate"


UNWRITTEN = aiohttp.ClientOSError(None, "Can not write request body for http://h/")
UNWRITTEN.__cause__ = aiohttp.ClientConnectionResetError("Cannot write to closing transport")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AnswerTooLong("its answer has too much"), "its answer has too much"),
        (aiohttp.ServerDisconnectedError("raw \x00"), CLOSED),
        (aiohttp.ClientOSError(errno.ECONNRESET, "Connection reset by peer"), CLOSED),
        (aiohttp.ClientOSError(errno.EPIPE, "Can not write request body for http://x/"), CLOSED),
        (aiohttp.ClientConnectionResetError("Cannot write to closing transport"), CLOSED),
        (UNWRITTEN, CLOSED),
        (aiohttp.ClientOSError(99, "strange"), "the network failed"),
        (aiohttp.ConnectionTimeoutError("x"), "no connection came about in time"),
        (
            aiohttp.ClientPayloadError("400, message: b'yyy'"),
            "the connection broke in the middle of its answer",
        ),
        (
            aiohttp.ClientResponseError(None, (), status=400, message="Got more: b'yyyy'"),  # type: ignore[arg-type]
            "its answer is not HTTP that can be read",
        ),
        (ValueError("b'yyyy'"), "its answer is not HTTP that can be read"),
        (
            aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "Connect call failed")),
            "nothing listens there",
        ),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "Name or service not known")),
            "its name is not known",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "x")),
            "no TLS connection came about",
        ),
        (
            aiohttp.ClientConnectorCertificateError(KEY, UNTRUSTED),
            "its certificate cannot be trusted: self-signed certificate",
        ),
        (RuntimeError("b'yyyy'"), "the call failed"),
    ],
)
def test_a_broken_call_is_told_in_plain_words(error, words):
    assert say(error) == words
