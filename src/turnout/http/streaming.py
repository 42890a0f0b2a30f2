"""Bodies that are sent while they are made."""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from falcon.asgi import Response

from turnout.store import Batches


async def stream_rows(
    resp: Response,
    rows: AbstractAsyncContextManager[Batches],
    present: Callable[[AsyncIterator[list[tuple[Any, ...]]]], AsyncIterator[bytes]],
) -> None:
    """Answer with what `present` makes of batches of rows (`Database.stream`), while they come.
    What opening them raises is raised here, before anything is sent."""
    source = AsyncExitStack()
    batches = await source.enter_async_context(rows)
    resp.stream = ClosingBody(present(aiter(batches)), source)


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


async def join_pieces(
    batches: AsyncIterator[list[tuple[Any, ...]]], opening: bytes = b""
) -> AsyncIterator[bytes]:
    """What a verb made in pieces, for `stream_rows`; `opening` stands before it."""
    if opening:
        yield opening
    async for batch in batches:
        yield b"".join(piece for (piece,) in batch)


def make_array(batches: Iterator[bytes]) -> Generator[tuple[bytes], None, None]:
    """A JSON array in pieces, from the JSON of some elements at a time (`[…]`, or nothing)."""
    opening = b"["
    for some in batches:
        if len(some) > 2:
            yield (opening + some[1:-1],)
            opening = b","
    yield (b"[]" if opening == b"[" else b"]",)
