"""Bodies that are sent while they are made."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack


class ClosingBody(AsyncIterator[bytes]):
    """A streamed body; anyone who stops reading it closes what it comes from."""

    def __init__(self, pieces: AsyncIterator[bytes], source: AsyncExitStack) -> None:
        self._pieces = pieces
        self._source = source

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._pieces)

    async def close(self) -> None:
        """Called by the app at the end, and when the client has gone away."""
        await self._source.aclose()
