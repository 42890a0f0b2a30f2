"""A body of which it is known whether any of it was handed over.

An HTTP client says that a connection broke, and not when. Where nothing has reached the socket, a
request is certainly not made and may be made again; afterwards nobody knows. The body is written
in one piece with its head, so there is no third case.
"""

from typing import Any

from aiohttp import ClientConnectionResetError
from aiohttp.payload import BytesPayload


class Body(BytesPayload):
    """The body of one request. `is_handed_over` once any of it may have left."""

    is_handed_over = False

    async def write_with_length(self, writer: Any, content_length: int | None) -> None:
        self.is_handed_over = True
        try:
            await writer.write(self._value[:content_length], drain=False)
        except ClientConnectionResetError:
            # The writer looks before it writes: the connection was closed by then.
            self.is_handed_over = False
            raise
