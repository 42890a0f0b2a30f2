"""Reading request bodies without ever holding more than the limit."""

import asyncio
from typing import Any

import falcon.asgi

from turnout.core.text import is_storable
from turnout.errors import Invalid

READ_TIMEOUT_S = 30


async def read_body(req: falcon.asgi.Request, limit: int) -> bytes:
    """The whole body. Raises Invalid, before reading it, when it is over `limit` bytes."""
    length = req.content_length
    if length == 0:
        return b""
    if length is not None and length > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            body = await req.stream.read(limit + 1)
    except TimeoutError as error:
        raise Invalid(
            "body.slow", f"Bad Request: the body did not arrive in {READ_TIMEOUT_S} seconds."
        ) from error
    if len(body) > limit:
        raise too_large(limit)
    return body


def too_large(limit: int) -> Invalid:
    """The refusal of a body that is over `limit` bytes."""
    return Invalid(
        "body.too_large", f"Bad Request: the body is over {limit} bytes. Send less at once."
    )


def check_storable(value: Any, path: str = "body") -> None:
    """Raise Invalid, naming the member, for text that holds NUL or a lone surrogate."""
    if isinstance(value, str):
        if not is_storable(value):
            raise Invalid(
                "text.unstorable",
                f"Bad Request: {path} has a character that cannot be stored (NUL, half a pair).",
                {path: ["unstorable"]},
            )
    elif isinstance(value, dict):
        for name, member in value.items():
            check_storable(name, path)
            check_storable(member, f"{path}.{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            check_storable(member, f"{path}[{number}]")
