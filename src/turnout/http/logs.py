"""Structured logs on standard error: one JSON object a line, or text for people.

Request lines bypass structlog: they are most of the volume, so they are encoded by msgspec and
written in groups. Query strings and bodies are never logged: codes and addresses stand in them.
"""

import logging
import sys
from typing import Any

import msgspec
import structlog

from turnout.http import request_id

FLUSH_BYTES = 64 * 1024

_buffer = bytearray()
_encode = msgspec.json.Encoder().encode


def configure(level: str, format_: str) -> None:
    """Set up structlog and the standard library's logging for the process."""
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if format_ == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)


def log_request(**line: Any) -> None:
    """Note one answered request; it is written within half a second."""
    _buffer.extend(_encode(line))
    _buffer.extend(b"\n")
    if len(_buffer) > FLUSH_BYTES:
        flush()


def flush() -> None:
    """Write the request lines that wait."""
    if _buffer:
        text = _buffer.decode()
        _buffer.clear()
        sys.stderr.write(text)
        sys.stderr.flush()


def _add_request_id(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if (number := request_id.current.get()) != "-":
        event["request_id"] = number
    return event
