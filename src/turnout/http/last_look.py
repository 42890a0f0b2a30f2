"""A last look before a request is written: whether it is still to be made.

Between deciding on a request and its first byte there may be a look-up, a connection and a
handshake, and the process may be frozen in any of them. So anyone who holds a lease on what it
sends is asked once more where nothing stands between the answer and the socket.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp

MayGo = Callable[[], bool]


class RequestWithdrawn(Exception):
    """The request was not written: it is not ours to make any more."""


def last_look() -> "aiohttp.TraceConfig":
    """For a session whose requests have a `MayGo`, or None, as their `trace_request_ctx`. Where it
    says no, the request raises NotToBeMade, and its connection is closed with nothing written."""
    import aiohttp

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_look)
    return config


async def _look(_session: Any, context: Any, _params: Any) -> None:
    # Called before the first byte of the head is written, whatever its name says.
    may_go: MayGo | None = context.trace_request_ctx
    if may_go is not None and not may_go():
        raise RequestWithdrawn
