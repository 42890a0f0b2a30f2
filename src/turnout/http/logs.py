"""Structured logs on standard error: one JSON object a line, or text for people.

Request lines bypass structlog: they are most of the volume, so msgspec encodes them. Query
strings and bodies are never logged: codes and addresses stand in them. Whatever is logged, by us
or by a library, goes through the masks (masks.py), which hide what is secret.

Nobody waits for the log. A thread of its own writes what `Sink` holds, so that a reader who
stops reading (a full pipe, a stuck terminal) cannot stop the server; what does not fit is
dropped, and how many lines that were is logged once there is room again.
"""

import datetime
import logging
import os
import sys
import threading
import time
from collections import deque
from functools import lru_cache
from typing import Any

import msgspec
import structlog

from turnout.http import request_id
from turnout.http.masks import Masks

HELD_BYTES = 4 << 20
WRITE_EVERY_S = 0.2
LAST_WORDS_S = 2.0
USER_LIMIT = 64

_encode = msgspec.json.Encoder().encode


class Sink:
    """A bounded buffer in front of a file descriptor, emptied by a thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._lines: deque[bytes] = deque()
        self._held = 0
        self._dropped = 0
        self._emptied = threading.Event()
        self._emptied.set()
        self._is_empty = True
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def add(self, line: bytes) -> None:
        """Take one line, or drop it when too much waits already."""
        with self._lock:
            if self._held > HELD_BYTES:
                self._dropped += 1
                return
            self._held += len(line)
            self._lines.append(line)
            if self._is_empty:
                self._is_empty = False
                self._emptied.clear()

    def write(self, text: str) -> None:
        """`add`, as structlog calls it."""
        self.add(text.encode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        """Nothing: the thread writes soon (structlog calls this after every line)."""

    def close(self) -> None:
        """Wait until all is written, but not for long."""
        self._emptied.wait(LAST_WORDS_S)

    def _run(self) -> None:
        while True:
            if lines := self._take():
                self._write_out(lines)
            else:
                time.sleep(WRITE_EVERY_S)

    def _take(self) -> list[bytes]:
        """Some of the lines that wait, and what there is to say of dropped ones."""
        with self._lock:
            lines = [self._lines.popleft() for _ in range(min(len(self._lines), 1000))]
            if self._dropped:
                dropped = {"event": "log lines dropped", "lines": self._dropped}
                moment = {"level": "warning", "timestamp": say_moment(time.time())}
                lines.append(_encode(dropped | moment) + b"\n")
                self._held += len(lines[-1])
                self._dropped = 0
            if not lines:
                self._is_empty = True
                self._emptied.set()
            return lines

    def _write_out(self, lines: list[bytes]) -> None:
        text = memoryview(b"".join(lines))
        while text:
            try:
                text = text[os.write(self._descriptor, text) :]
            except BlockingIOError:
                time.sleep(WRITE_EVERY_S)
            except OSError:
                break  # nobody reads any more
        with self._lock:
            self._held -= sum(map(len, lines))


_sink: Sink | None = None
_masks = Masks()
# How a line is written as text for people; None = as JSON.
_as_text: Any = None


def say_moment(at: float) -> str:
    """A moment (epoch seconds) as every line of the log has it: UTC, to the microsecond."""
    second, micros = divmod(round(at * 1_000_000), 1_000_000)
    return f"{_say_second(second)}.{micros:06d}Z"


@lru_cache(maxsize=4)
def _say_second(second: int) -> str:
    """Kept, since many lines are of one second."""
    moment = datetime.datetime.fromtimestamp(second, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def configure(level: str, format_: str) -> None:
    """Set up structlog and the standard library's logging for the process; once."""
    global _sink, _as_text
    if _sink is None:
        _sink = Sink(sys.stderr.fileno())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        _add_timestamp,
        _add_request_id,
        structlog.processors.format_exc_info,
        _hide_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if format_ == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    _as_text = renderer if format_ != "json" else None
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(_sink),  # type: ignore[arg-type]
    )
    handler = logging.StreamHandler(_sink)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_take_off_record, *shared], processors=[renderer]
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def hide_by(masks: Masks) -> None:
    """From now on hide in every line what `masks` know to be secret."""
    global _masks
    _masks = masks


class RequestLine(msgspec.Struct, tag_field="event", tag="request"):
    """One answered request; `timestamp` in epoch seconds until it is written, `address` the
    client's."""

    timestamp: float | str
    method: str
    path: str
    status: int
    ms: float
    request_id: str
    address: str


class SignInFailure(msgspec.Struct, tag_field="event", tag="sign-in failed"):
    """A wrong password, key or token. Programs such as fail2ban read this line: its members and
    their order are promised in docs/operations.md."""

    address: str
    way: str
    user: str
    timestamp: str
    request_id: str


def log_failed_sign_in(way: str, user: str, address: str) -> None:
    """Note a failed sign-in: which way in, as whom ("" for a key or token), from which address.

    What was typed as user is cut, and freed of everything that a terminal or a line would obey.
    """
    if _sink is None:
        return
    shown = "".join(sign if sign.isprintable() else "?" for sign in user[:USER_LIMIT])
    shown = _masks.hide(shown)
    now = say_moment(time.time())
    line = SignInFailure(address, way, shown, now, request_id.current.get())
    _sink.add(_encode(line) + b"\n")  # in both formats: programs read it


def log_request(line: RequestLine) -> None:
    """Note one answered request."""
    if _sink is not None:
        line.ms = round(line.ms, 2)
        line.timestamp = say_moment(float(line.timestamp))
        # What was asked for may have letters that no line can have.
        line.path = line.path.encode("utf-8", "backslashreplace").decode()
        if _as_text is None:
            _sink.add(_encode(line) + b"\n")
        else:
            _sink.write(
                _as_text(None, "info", msgspec.to_builtins(line) | {"level": "info"}) + "\n"
            )


def close() -> None:
    """Write what waits, before the process ends."""
    if _sink is not None:
        _sink.close()


def _hide_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {name: _hide(value) for name, value in event.items()}


def _hide(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {_hide(key): _hide(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hide(item) for item in value]
    return _masks.hide(value if isinstance(value, str) else repr(value))


def _take_off_record(_logger: Any, _method: str, event: Any) -> Any:
    """A line of another library, without what only structlog wants to know of it."""
    record = event.pop("_record")
    event.pop("_from_structlog", None)
    event["logger"] = record.name
    return event


def _add_timestamp(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    event["timestamp"] = say_moment(time.time())
    return event


def _add_request_id(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if (number := request_id.current.get()) != "-":
        event["request_id"] = number
    return event
