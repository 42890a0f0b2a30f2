"""What broke a call, in words for its user.

An HTTP client's own texts are for programmers, and quote what the other side sent: names of
classes, numbers of lines, raw bytes. Nothing of that is shown to those who read notes.
"""

import errno
import socket
import ssl

import aiohttp

from turnout.http.patience import AnswerTooLong

_CLOSED = "the other side closed the connection before it answered"
_NOT_HTTP = "its answer is not HTTP that can be read"
_OF_NUMBERS = {
    errno.ECONNREFUSED: "nothing listens there",
    errno.ECONNRESET: _CLOSED,
    errno.EPIPE: _CLOSED,
    errno.ECONNABORTED: _CLOSED,
    errno.EHOSTUNREACH: "no route leads there",
    errno.ENETUNREACH: "no route leads there",
    errno.ETIMEDOUT: "it does not answer",
}
# The first that fits.
_OF_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "no connection came about in time"),
    (TimeoutError, "it does not answer"),
    (aiohttp.ServerDisconnectedError, _CLOSED),
    (ConnectionResetError, _CLOSED),
    (aiohttp.ClientPayloadError, "the connection broke in the middle of its answer"),
    (aiohttp.ClientResponseError, _NOT_HTTP),
    (socket.gaierror, "its name is not known"),
    (ssl.SSLError, "no TLS connection came about"),
    (OSError, "the network failed"),
    (ValueError, _NOT_HTTP),
)


def say(error: BaseException) -> str:
    """One plain line; nothing of what the other side sent is in it."""
    if isinstance(error, AnswerTooLong):
        return str(error)
    error = _cause(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.errno in _OF_NUMBERS:
        return _OF_NUMBERS[error.errno]
    return next((words for kind, words in _OF_KINDS if isinstance(error, kind)), "the call failed")


def _cause(error: BaseException) -> BaseException:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    if isinstance(error, aiohttp.ClientOSError) and error.errno is None:
        return error.__cause__ or error
    return error
