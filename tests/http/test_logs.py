"""The log's sink: it never holds anybody up, keeps the order, and tells what it dropped."""

import datetime
import json
import os
import re
import select
import subprocess
import sys
import threading

import pytest

from turnout.http.logs import HELD_BYTES, Sink, say_moment


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        os.close(descriptor)


def read(reader: int, size: int) -> bytes:
    read = b""
    while len(read) < size:
        read += os.read(reader, 1 << 20)
    return read


def read_all(reader: int) -> bytes:
    """Everything until nothing more comes for a second."""
    text = b""
    while select.select([reader], [], [], 1)[0]:
        text += os.read(reader, 1 << 20)
    return text


def add_often(sink: Sink, line: bytes, times: int) -> None:
    for _ in range(times):
        sink.add(line)


def test_lines_come_out_in_their_order(pipe):
    reader, writer = pipe
    sink = Sink(writer)
    lines = [b"line %d\n" % number for number in range(3000)]
    for line in lines:
        sink.add(line)
    whole = b"".join(lines)
    assert read(reader, len(whole)) == whole


def test_close_waits_until_the_last_line_is_written(pipe):
    reader, writer = pipe
    sink = Sink(writer)
    for number in range(5):
        sink.write(f"last words {number}\n")
        sink.close()
        assert read(reader, 1) == b"last words %d\n" % number


def test_a_reader_that_stops_reading_stops_nobody(pipe):
    """More than fits is dropped, and how many lines that were is told afterwards."""
    reader, writer = pipe
    sink = Sink(writer)
    line = json.dumps({"event": "request", "path": "x" * 1000}).encode() + b"\n"
    sent = 3 * HELD_BYTES // len(line)
    threads = [threading.Thread(target=add_often, args=(sink, line, sent // 4)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    written = [json.loads(text) for text in read_all(reader).splitlines()]
    dropped = sum(told["lines"] for told in written if told["event"] == "log lines dropped")
    kept = sum(told["event"] == "request" for told in written)
    assert kept + dropped == 4 * (sent // 4)
    assert HELD_BYTES // len(line) <= kept < sent // 2
    # There is room again.
    sink.add(b"{}\n")
    assert read(reader, 1) == b"{}\n"


def test_text_that_is_no_unicode_is_written_all_the_same(pipe):
    reader, writer = pipe
    sink = Sink(writer)
    sink.write("half \ud83d pair\n")
    assert read(reader, 1) == b"half \\ud83d pair\n"


SCRIPT = """
import logging, sys, time
import structlog
from turnout.http import logs
logs.configure("info", sys.argv[1])
structlog.get_logger().info("stopping", in_flight=0)
logging.getLogger("a.library").warning("a %s warning", "plain")
path = "/x" + chr(0xD800)
logs.log_request(logs.RequestLine(time.time(), "GET", path, 200, 1.234, "a1b2c3d4", "127.0.0.1"))
logs.close()
"""
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def written(format_: str) -> list[str]:
    command = [sys.executable, "-c", SCRIPT, format_]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()


def test_every_line_of_json_has_its_moment_alike():
    lines = [json.loads(line) for line in written("json")]
    assert [line["event"] for line in lines] == ["stopping", "a plain warning", "request"]
    assert all(re.fullmatch(STAMP, line["timestamp"]) for line in lines)
    assert lines[2]["path"] == "/x\\ud800"  # half a pair, which no line can have
    assert lines[1] | {"timestamp": ""} == {
        "event": "a plain warning",
        "logger": "a.library",
        "level": "warning",
        "timestamp": "",
    }


def test_every_line_of_text_has_its_moment_alike():
    lines = written("text")
    assert len(lines) == 3
    assert all(re.match(rf"{STAMP} \[(info|warning) +\] ", line) for line in lines)
    assert "request" in lines[2]
    assert "path=/x" in lines[2]


@pytest.mark.parametrize(
    "at", [0.0, 0.5, 1_764_350_000.0, 1_764_350_000.123456, 1_764_350_000.999_999_6, 1e9 + 1e-6]
)
def test_a_moment_is_said_in_utc_to_the_microsecond(at: float):
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    assert say_moment(at) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert say_moment(at) == say_moment(at)
