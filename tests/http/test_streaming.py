"""Bodies that are made in pieces."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from turnout.http.streaming import join_pieces, make_array


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([], [b"[]"]),
        ([b"[]", b"[]"], [b"[]"]),
        ([b"[1,2]"], [b"[1,2", b"]"]),
        ([b"[]", b"[1]", b"[]", b"[2,3]"], [b"[1", b",2,3", b"]"]),
    ],
)
def test_an_array_is_whole_whatever_its_pieces(batches: list[bytes], expected: list[bytes]) -> None:
    assert [piece for (piece,) in make_array(iter(batches))] == expected


def test_pieces_are_joined_by_the_batch_behind_their_opening() -> None:
    async def make() -> AsyncIterator[list[tuple[bytes]]]:
        yield [(b"a",), (b"b",)]
        yield [(b"c",)]

    async def read(opening: bytes) -> list[bytes]:
        return [piece async for piece in join_pieces(make(), opening)]

    assert asyncio.run(read(b"")) == [b"ab", b"c"]
    assert asyncio.run(read(b"mark")) == [b"mark", b"ab", b"c"]
