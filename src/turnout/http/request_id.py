"""The number of the request at hand, for logs and answers."""

import itertools
import re
import secrets
from contextvars import ContextVar

current: ContextVar[str] = ContextVar("request_id", default="-")

NAME = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9._\-]{8,64}")
_prefix = secrets.token_hex(4)
_counter = itertools.count(1)


def choose(headers: list[tuple[bytes, bytes]]) -> str:
    """The caller's own `X-Request-ID` where it is a sensible one, else a new one."""
    for name, value in headers:
        if name == NAME and _GIVEN.fullmatch(value):
            return value.decode("ascii")
    return f"{_prefix}{next(_counter):08x}"
